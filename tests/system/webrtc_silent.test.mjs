// @ts-check
// What is held by somebody who has gone silent comes up soon, and by nobody else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startDisplay, startEngine, startFlip } from './lib/engine.mjs';
import { canMakeNetworks, leadTo, startNetwork } from './lib/network.mjs';
import { startBrowser } from './lib/player.mjs';
import { ownScope, slowness, until } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/** From the last word to the keys that are up. */
const SOON_MS = 1500 * slowness;

/** A still picture, which host steers. @param {Scope} scope @param {{ within?: string[] }} [options] */
async function startSession(scope, { within = [] } = {}) {
  const { display } = await startDisplay(scope);
  const flip = startFlip(scope, display);
  const engine = await startEngine(scope, display, { within });
  engine.send({ msg: 'control', user: 'host' });
  return { flip, engine };
}

/** Holds a button, and a key that does not repeat by itself. @param {import('./lib/player.mjs').Player} player @param {import('./lib/programs.mjs').Program} flip */
async function hold(player, flip) {
  await player.until('p.frames > 0 && p.input.readyState === "open"');
  await player.send({ type: 'keydown', code: 'ShiftLeft' });
  await player.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
  await flip.waitFor(/button 1 down/);
}

/** The engine tells how things stand every five seconds. @param {import('./lib/engine.mjs').Engine} engine @param {number} [count] */
async function waitForStats(engine, count = 1) {
  const from = engine.messages.length;
  await until(() => engine.messages.slice(from).filter(({ msg }) => msg === 'stats').length >= count, { timeout: 20_000 });
}

/** @param {import('node:test').TestContext} t @param {import('./lib/engine.mjs').Engine} engine @param {import('./lib/programs.mjs').Program} flip @param {() => void} silence */
async function comesUpSoon(t, engine, flip, silence) {
  await waitForStats(engine); /* the picture is at rest by then */
  const from = flip.log.length;
  const begun = Date.now();
  silence();
  await flip.waitFor(/key 50 up/, { from, timeout: 15_000 });
  await flip.waitFor(/button 1 up/, { from });
  t.diagnostic(`up after ${Date.now() - begun} ms`);
  assert.ok(Date.now() - begun < SOON_MS, `up after ${Date.now() - begun} ms`);
}

describe('keys and buttons that are held', { concurrency: false }, () => {
  test('come up soon after their browser was killed', async t => {
    const { flip, engine } = await startSession(t);
    const doomed = ownScope();
    t.after(() => doomed.end());
    const browser = await startBrowser(doomed);
    await hold(await browser.join(engine, 'host'), flip);
    await comesUpSoon(t, engine, flip, () => browser.kill());
  });

  test('come up soon after the network has gone, and keys go down again with it', { skip: !canMakeNetworks() && 'network namespaces cannot be made here' }, async t => {
    const network = startNetwork(t);
    const { flip, engine } = await startSession(t, network);
    const browser = await startBrowser(t);
    const player = await browser.join(engine, 'host', {}, answer => leadTo(answer, network.there).sdp);
    await hold(player, flip);
    await comesUpSoon(t, engine, flip, () => network.connect(false));
    let from = flip.log.length;
    network.connect(true);
    await flip.waitFor(/key 50 down/, { from });
    assert.doesNotMatch(flip.log.slice(from), /button 1 down/, 'the pointer may be elsewhere');
    from = flip.log.length;
    await player.send({ type: 'keyup', code: 'ShiftLeft' });
    await flip.waitFor(/key 50 up/, { from });
  });

  test('stay down as long as the player is there, whatever it reports', async t => {
    const { flip, engine } = await startSession(t);
    const browser = await startBrowser(t);
    const mute = { answer: (/** @type {string} */ sdp, /** @type {string} */ user) => engine.answer(sdp.replace(/a=.*transport-(cc|wide).*\r\n/g, ''), user) };
    for (const door of [engine, mute]) {
      const from = flip.log.length;
      const player = await browser.join(/** @type {any} */ (door), 'host');
      await hold(player, flip);
      await waitForStats(engine, 2);
      assert.doesNotMatch(flip.log.slice(from), / up$/m);
      await player.send({ type: 'releaseall' });
      await flip.waitFor(/button 1 up/, { from });
      await player.call('close');
    }
  });
});
