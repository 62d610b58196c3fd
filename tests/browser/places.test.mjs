// @ts-check
// The page works wherever it is put, over whatever lies between, and comes back to where it was.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import jsqr from 'jsqr';
import { request } from '../system/lib/client.mjs';
import { onEnd, until } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { difference, UNREST, Visitor } from './lib/visitor.mjs';

const { house, browser } = await openHouse({ path: '/sales/show/', embedOrigins: 'http://127.0.0.1:*', settings: { reconnect_grace_seconds: 8, alone_grace_seconds: 180 } });

const readQr = /** @type {any} */ (jsqr).default ?? jsqr;

/** What a camera reads of the invitation's QR code, from a picture of the screen. @param {Visitor} visitor */
async function readsQr(visitor) {
  const box = visitor.site.locator('[data-invite-qr]');
  await box.scrollIntoViewIfNeeded();
  const png = [...(await box.screenshot())];
  const { pixels, width, height } = await visitor.site.evaluate(async bytes => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return { pixels: Array.from(data), width: image.width, height: image.height };
  }, png);
  return readQr(Uint8ClampedArray.from(pixels), width, height)?.data;
}

test('at a sub-path everything works, and the invitation leads there', async t => {
  const host = await Visitor.come(t, browser);
  await host.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await host.open(house.url);
  const code = await host.start('Park Side');
  await host.site.getByRole('button', { name: 'Copy the link' }).click();
  await host.isTold(/Link copied/);
  const link = await host.page.evaluate(() => navigator.clipboard.readText());
  const [page, invitation] = link.split('#');
  assert.equal(page, house.url);
  assert.match(invitation, new RegExp(`^code=${code}&invite=[\\w-]+$`));
  await host.site.locator('[data-panel-button="people"]').click();
  await host.screenshot('qr');
  for (const viewport of [{ width: 1280, height: 800 }, { width: 320, height: 568 }, { width: 844, height: 390 }]) {
    await host.page.setViewportSize(viewport);
    assert.equal(await readsQr(host), link, `as a camera sees it at ${viewport.width} pixels`);
    await host.fitsTheScreen(`the invitation at ${viewport.width} pixels`);
    await host.screenshot(`qr-${viewport.width}`);
  }
  await host.site.locator('[data-panel="people"] [data-panel-close]').click();

  const guest = await Visitor.come(t, browser);
  await guest.open(link);
  await guest.seesPicture();
  await host.leave();
  await guest.leave();
  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});

test('in a frame of another site everything works', async t => {
  const html = `<!doctype html><title>Sales</title><iframe src="${house.url}" title="Walk" width="1200" height="760"
    allow="autoplay; fullscreen; clipboard-write"></iframe>`;
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
  await new Promise(settle => server.listen(0, '127.0.0.1', () => settle(undefined)));
  onEnd(t, () => (server.closeAllConnections(), server.close()));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  const visitor = await Visitor.come(t, browser, { label: 'framed' });
  await visitor.page.goto(`http://127.0.0.1:${port}/`);
  const frame = visitor.page.frames()[1];
  await frame.waitForLoadState();
  visitor.site = frame;
  await visitor.start('Park Side');
  const saw = await visitor.seesStillness();
  await visitor.page.keyboard.down('KeyW');
  await visitor.seesChange(saw, 'a step inside the frame');
  await visitor.page.keyboard.up('KeyW');
  await visitor.screenshot('session');
  await visitor.leave();
  assert.deepEqual(visitor.complaints, []);
});

test('a reload comes back to the same scene, at the same place in it', async t => {
  const visitor = await Visitor.come(t, browser);
  await visitor.open(house.url);
  const code = await visitor.start('Park Side');
  const first = await visitor.seesStillness();
  await visitor.page.keyboard.down('KeyW');
  await visitor.seesChange(first);
  await visitor.page.keyboard.up('KeyW');
  const there = await visitor.seesStillness();
  await visitor.page.reload();
  await visitor.seesPicture();
  assert.equal(await visitor.code(), code);
  const again = await visitor.seesStillness();
  assert.ok(difference(there, again) < 3 * UNREST, 'the same view');
  await visitor.page.keyboard.down('KeyS');
  await visitor.seesChange(again, 'a step after the reload');
  await visitor.page.keyboard.up('KeyS');
  await visitor.leave();
});

test('whoever closes the page instead of leaving gives the place back, a little later', async t => {
  const gone = await Visitor.come(t, browser);
  await gone.open(house.url);
  await gone.start('Park Side');
  const other = await Visitor.come(t, browser);
  await other.open(house.url);
  await other.seesCard('Park Side', /taken right now/);
  await gone.page.close();
  await other.seesCard('Park Side', /Available now/);
});

test('where no WebSocket gets through, the session is held by long polling', async t => {
  const host = await Visitor.come(t, browser);
  const guest = await Visitor.come(t, browser);
  await host.page.addInitScript(() => {
    globalThis.WebSocket = /** @type {any} */ (class {
      constructor() {
        throw new DOMException('blocked', 'SecurityError');
      }
    });
  });
  await host.open(house.url);
  const code = await host.start('Park Side');
  await host.site.getByRole('button', { name: /^1 person here/ }).waitFor();
  await guest.open(`${house.url}#code=${code}`);
  await guest.seesPicture();
  await host.site.getByRole('button', { name: /^2 people here/ }).waitFor();
  await guest.leave();
  await host.site.getByRole('button', { name: /^1 person here/ }).waitFor();
  await host.leave();
  await host.seesCard('Park Side', /Available now/);
});

test('a lost line and a lost picture come back by themselves', async t => {
  const visitor = await Visitor.come(t, browser, { label: 'wide' });
  /** @type {{ url: string, authorization: string }[]} */
  const viewings = [];
  visitor.page.on('response', async response => {
    const { location } = response.headers();
    if (response.status() === 201 && location)
      viewings.push({
        url: new URL(location, response.url()).href,
        authorization: response.request().headers().authorization,
      });
  });
  await visitor.open(house.url);
  const code = await visitor.start('Park Side');
  let { ca } = house.nginx;

  await t.test('when the web server is started anew', async () => {
    await house.nginx.program.stop();
    await visitor.isTold(/Connection lost/);
    await visitor.screenshot('lost');
    ca = (await house.restartNginx()).ca;
    await visitor.isTold(/connected again/);
  });

  await t.test('when the streamer ends the viewing', async () => {
    const [{ url, authorization }] = viewings;
    const { status } = await request(url, { method: 'DELETE', headers: { authorization }, ca });
    assert.equal(status, 200);
    await until(() => viewings.length > 1, { what: 'another viewing', timeout: 30_000 });
    const saw = await visitor.seesStillness();
    await visitor.page.keyboard.down('KeyW');
    await visitor.seesChange(saw, 'a step after the picture came back');
    await visitor.page.keyboard.up('KeyW');
  });

  assert.equal(await visitor.code(), code);
  await visitor.leave();
});
