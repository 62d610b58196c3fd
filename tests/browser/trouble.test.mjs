// @ts-check
// A picture that does not come: within 15 seconds the visitor reads why, and what to do; and whoever runs the site can count it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { canTranslate, startNetwork } from '../system/lib/network.mjs';
import { ownScope, slowness, temporaryDirectory, until } from '../system/lib/programs.mjs';
import { startTurn, whyNoTurn } from '../system/lib/turn.mjs';
import { startHouse } from './lib/house.mjs';
import { startBrowser, Visitor } from './lib/visitor.mjs';

/** @typedef {import('../system/lib/programs.mjs').Scope} Scope */

const TOLD_MS = 15_000 * slowness;
const NO_PICTURE_SECONDS = 25 * slowness;
const SECRET = 'between-the-streamer-and-its-TURN-server';

const skip = canTranslate() ? whyNoTurn || false : 'networks that block something cannot be made here';

/** Where nothing answers, at addresses that are nobody's (RFC 5737). */
const nowhere = { plain: 'http://192.0.2.1:8443/', safe: 'https://192.0.2.1:8443/' };

/** The site, a browser in a network whose ways out can be blocked, and a TURN server on the site's side. */
async function open() {
  const scope = ownScope();
  after(() => scope.end());
  const network = startNetwork(scope);
  const turn = await startTurn(scope, SECRET, network.here);
  const file = join(temporaryDirectory(scope, 'secret'), 'turn.secret');
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
  const house = await startHouse(scope, {
    wanted: [
      { name: 'river-1', rcName: 'River Quarter', scene: 'river' },
      { name: 'park-1', rcName: 'Park Side', scene: 'park', url: nowhere.safe },
      { name: 'hill-1', rcName: 'Hill Side', scene: 'park', url: nowhere.plain },
    ],
    settings: {
      no_picture_seconds: NO_PICTURE_SECONDS,
      ice_servers: [{ urls: [`turn:${turn.host}?transport=tcp`] }],
      turn_secret_file: file,
    },
    rules: { log_level: 'notice' },
    address: '0.0.0.0',
  });
  const url = house.url.replace('127.0.0.1', network.here);
  const browser = await startBrowser(scope, { network });
  /** @param {Scope} t @param {() => void} [script] runs before the page's own @param {Parameters<typeof Visitor.come>[2]} [options] */
  const come = async (t, script = () => {}, options = {}) => {
    const visitor = await Visitor.come(t, browser, options);
    await visitor.page.addInitScript(script);
    await visitor.open(url);
    return visitor;
  };
  return { scope, network, turn, house, come };
}

/** Begins without waiting for a picture. @param {Visitor} visitor @param {string} rcName */
async function begin(visitor, rcName) {
  await visitor.card(rcName).locator('[data-state="free"]').waitFor();
  await visitor.card(rcName).click();
  await visitor.action('start').click();
  await visitor.site.locator('[data-view="session"]').waitFor();
}

/** Waits until the visitor, in a session from now on, reads that. @param {Visitor} visitor @param {RegExp} words @returns {Promise<number>} after how long */
async function reads(visitor, words) {
  const begun = Date.now();
  await until(async () => words.test((await visitor.site.locator('[data-trouble]').textContent()) ?? ''), { what: String(words), timeout: 30_000 });
  const tookMs = Date.now() - begun;
  assert.ok(await visitor.site.locator('[data-trouble]').isVisible());
  assert.ok(tookMs < TOLD_MS, `told after ${tookMs} ms`);
  return tookMs;
}

const remedy = (/** @type {Visitor} */ visitor, /** @type {string} */ name) => visitor.site.locator(`[data-remedy="${name}"]`);

describe('a picture that does not come', { concurrency: false, skip }, async () => {
  const { network, turn, house, come } = skip ? /** @type {Awaited<ReturnType<typeof open>>} */ ({}) : await open();
  const reported = (/** @type {string} */ reason) => house.coordinator.waitFor(new RegExp(`picture_missing .*reason=${reason} browser=chrome`));
  const streamer = () => /** @type {import('../system/lib/streamer.mjs').Streamer} */ (house.streamers.get('river-1'));

  test('without UDP and TURN is told, and the session ends for it', async t => {
    network.block('meta l4proto udp', `tcp dport ${turn.port}`);
    const visitor = await come(t);
    await begin(visitor, 'River Quarter');
    t.diagnostic(`told after ${await reads(visitor, /Your network does not let the view through/)} ms`);
    await visitor.isAccessible('no route');
    await visitor.screenshot('no-route');
    await reported('no_route');
    await visitor.site.locator('[data-view="ended"]').waitFor({ timeout: 2000 * NO_PICTURE_SECONDS });
    await visitor.isTold(/could not reach you/);
    await streamer().program.waitFor(/session_ended .*reason=no_picture/);
  });

  test('without UDP comes over TURN alone', async t => {
    network.block('meta l4proto udp');
    const visitor = await come(t);
    await visitor.start('River Quarter');
    await visitor.page.locator('[data-trouble]').waitFor({ state: 'hidden' });
    assert.match(turn.program.log, /ALLOCATE processed, success/);
    await visitor.leave();
  });

  test('of a streamer that cannot be reached is told, and a time can be booked instead', async t => {
    network.block();
    const visitor = await come(t, undefined, { screen: 'phone', language: 'ru' });
    await begin(visitor, 'Park Side');
    t.diagnostic(`told after ${await reads(visitor, /Наш сервер отсюда не отвечает/)} ms`);
    await visitor.fitsTheScreen('unreachable');
    await visitor.screenshot('unreachable');
    await reported('unreachable');
    await remedy(visitor, 'again').click();
    await remedy(visitor, 'again').waitFor({ state: 'hidden' });
    await reads(visitor, /Наш сервер отсюда не отвечает/);
    await remedy(visitor, 'plan').click();
    await visitor.site.locator('[data-view="plan"]').waitFor();
  });

  test('of a streamer that the browser may not ask is told', async t => {
    const visitor = await come(t);
    await begin(visitor, 'Hill Side');
    await reads(visitor, /does not allow the view on this page/);
    await reported('mixed_content');
    await remedy(visitor, 'leave').click();
    await visitor.site.locator('[data-rc]').first().waitFor();
  });

  test('for want of a codec in common is told, and the offer is made once, and once more when the visitor wishes', async t => {
    const visitor = await come(t, () => {
      const add = RTCPeerConnection.prototype.addTransceiver;
      RTCPeerConnection.prototype.addTransceiver = function (kind, init) {
        const made = add.call(this, kind, init);
        const others = RTCRtpReceiver.getCapabilities('video')?.codecs.filter(({ mimeType }) => /VP9/.test(mimeType));
        if (kind === 'video') made.setCodecPreferences(others ?? []);
        return made;
      };
    });
    /** @type {number[]} */ const answers = [];
    visitor.page.on('response', response => response.request().method() === 'POST' && /whep/.test(response.url()) && answers.push(response.status()));
    await begin(visitor, 'River Quarter');
    await reads(visitor, /could not agree on a picture/);
    await reported('offer_refused');
    await visitor.page.waitForTimeout(3_000); // in which it used to be made again and again
    assert.deepEqual(answers, [400]);
    await remedy(visitor, 'again').click();
    await until(() => answers.length === 2, { what: 'another offer' });
    await visitor.leave();
  });

  test('because the browser wants a press comes with any key', async t => {
    const visitor = await come(t, () => {
      // As a browser does that plays nothing by itself, not even without sound.
      let isPressed = false;
      for (const type of ['keydown', 'pointerdown']) addEventListener(type, () => (isPressed = true), { capture: true });
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        this.autoplay = false;
        return isPressed ? play.call(this) : Promise.reject(new DOMException('play() was refused', 'NotAllowedError'));
      };
    });
    await begin(visitor, 'River Quarter');
    await visitor.page.reload(); // a page that nobody has touched yet
    await remedy(visitor, 'play').waitFor();
    await visitor.isAccessible('a press is wanted');
    await visitor.screenshot('press');
    await reported('play_refused');
    assert.equal(await visitor.video.evaluate((/** @type {HTMLVideoElement} */ video) => video.paused), true);
    await visitor.page.keyboard.press('KeyW');
    await visitor.site.locator('[data-trouble]').waitFor({ state: 'hidden' });
    await visitor.seesPicture();
    await visitor.leave();
  });

  const wide = /** @type {const} */ ({ language: 'en', screen: 'wide', words: /This browser cannot show the tour/, hasQr: true });
  /** To which nobody can point another one. */
  const phone = /** @type {const} */ ({ language: 'ru', screen: 'phone', words: /Этот браузер не сможет показать комплекс/, hasQr: false });
  for (const [what, script, reason, { words, hasQr, ...device }] of /** @type {[string, () => void, string, typeof wide | typeof phone][]} */ ([
    ['WebRTC', () => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection'), 'no_webrtc', wide],
    ['a codec', () => void (RTCRtpReceiver.getCapabilities = () => ({ codecs: [], headerExtensions: [] })), 'no_codec', phone],
  ]))
    test(`in a browser without ${what} is told before anything is started, and the link goes elsewhere`, async t => {
      const visitor = await come(t, script, device);
      await visitor.card('River Quarter').click();
      await visitor.site.locator('[data-elsewhere="copy"]').waitFor();
      assert.equal(await visitor.site.locator('[data-elsewhere-qr] svg').isVisible(), hasQr);
      assert.match((await visitor.site.locator('[data-ways-hint]').textContent()) ?? '', words);
      await visitor.fitsTheScreen(what);
      assert.equal(await visitor.action('start').isVisible(), false);
      await visitor.isAccessible(what);
      await visitor.screenshot(`without-${reason}`);
      await reported(reason);
    });
});
