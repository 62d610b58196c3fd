// @ts-check
// The picture fits the screen of who steers: vitrina-webrtc with Chromium, driven over descriptor 3 as the streamer does it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDisplay, startEngine, startFlip } from './lib/engine.mjs';
import { openPage, startChromium } from './lib/player.mjs';
import { ownScope, slowness, until } from './lib/programs.mjs';

/**
 * @typedef {import('./lib/programs.mjs').Scope} Scope
 * @typedef {import('./lib/player.mjs').Player} Player
 */

const scope = ownScope();
/** @type {import('./lib/player.mjs').Chromium} */
let chromium;
before(async () => {
  chromium = await startChromium(scope);
});
after(() => scope.end());

const PHONE = { type: 'screen', width: 1170, height: 2100 };
const DESK = { type: 'screen', width: 1280, height: 640 };

/** A large display with the flip picture on it, an engine that host may steer, a page. @param {Scope} t @param {object} [settings] @param {string[]} [flipArguments] */
async function startSession(t, settings = {}, flipArguments = []) {
  const { display } = await startDisplay(t, { width: 1920, height: 1920 });
  const flip = startFlip(t, display, flipArguments);
  const engine = await startEngine(t, display, { settings: { framerate: 30, adaptive: false, ...settings } }); /* no step down on a busy machine */
  engine.send({ msg: 'control', user: 'host' });
  return { display, flip, engine, browser: await openPage(t, chromium) };
}

/** @param {Player} player @param {number} width @param {number} height */
const sees = (player, width, height) => player.until(`p.video.videoWidth === ${width} && p.video.videoHeight === ${height} && p.frames > 0`, 20_000 * slowness);

/** A click of theirs lands at the same place of the application's window, whatever its size is. @param {Player} player @param {import('./lib/programs.mjs').Program} flip @param {number} width @param {number} height */
async function clicksInto(player, flip, width, height) {
  await player.send({ type: 'pointermove', x: 0.1, y: 0.1 });
  await player.send({ type: 'pointerdown', button: 0, x: 0.75, y: 0.25 });
  await player.send({ type: 'pointerup', button: 0, x: 0.75, y: 0.25 });
  const place = `move ${Math.floor(0.75 * width)} ${Math.floor(0.25 * height)}`;
  await until(() => flip.log.includes(`${place}\nbutton 1 down`), { what: `${place} in ${flip.log}` });
}

test('the picture has the shape of the screen of who steers, also when that changes, and input lands where it is meant', async t => {
  const { engine, browser, flip } = await startSession(t, {}, ['--move']);
  const host = await browser.join(engine, 'host');
  const guest = await browser.join(engine, 'guest', { codecs: ['VP8'] });
  await Promise.all([sees(host, 960, 540), sees(guest, 960, 540)]);
  await clicksInto(host, flip, 960, 540);

  await guest.send(DESK); /* who does not steer has no say */
  await host.send(PHONE);
  await Promise.all([sees(host, 716, 1286), sees(guest, 716, 1286)]);
  assert.match(flip.log, /size 716 1286/);
  assert.doesNotMatch(flip.log, /size 1280 /);
  await clicksInto(host, flip, 716, 1286);

  engine.send({ msg: 'control', user: 'guest' });
  await Promise.all([sees(host, 1280, 640), sees(guest, 1280, 640)]);
  await clicksInto(guest, flip, 1280, 640);

  engine.send({ msg: 'control', user: '' });
  await guest.send({ ...DESK, height: 700 }); /* while nobody steers it stays */
  engine.send({ msg: 'control', user: 'host' });
  await sees(host, 716, 1286);
  assert.doesNotMatch(flip.log, /size 1280 700/);
});

test('it changes every two seconds at most, and then to what was said last', async t => {
  const { engine, browser, flip } = await startSession(t);
  const host = await browser.join(engine, 'host');
  await sees(host, 960, 540);
  for (const width of [800, 900, 1000, 1100, 1200]) await host.send({ ...DESK, width });
  await sees(host, 1200, 640);
  const sizes = flip.log.match(/size \d+ \d+/g) ?? [];
  assert.ok(sizes.length <= 3, `${sizes}`); /* the one to begin with is among them */
});

test('a picture of a fixed size stays as it is', async t => {
  const { engine, browser, flip } = await startSession(t, { resolution: 'fixed', width: 1280, height: 720 });
  const host = await browser.join(engine, 'host');
  await sees(host, 1280, 720);
  await host.send(PHONE);
  await host.send({ type: 'keydown', code: 'KeyW' });
  await flip.waitFor(/key 25 down/);
  assert.doesNotMatch(flip.log, /size/);
});

test('an application that keeps its own size is shown in that, and input lands where it is meant', async t => {
  const { engine, browser, flip } = await startSession(t, {}, ['--stubborn']);
  const host = await browser.join(engine, 'host');
  await sees(host, 700, 500);
  await host.send(PHONE);
  await clicksInto(host, flip, 700, 500);
  await host.until('p.colour === "yellow"');
});

test('a further window that would be out of the picture is moved into it', async t => {
  const { flip } = await startSession(t, {}, ['--dialog']);
  await flip.waitFor(/dialog 660 340/); /* it has 300 by 200 pixels of 960 by 540 */
});
