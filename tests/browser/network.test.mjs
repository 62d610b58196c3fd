// @ts-check
// A visitor whose network goes: the browser is in a network namespace, and its link is cut, mended and moved.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canMakeNetworks, startNetwork } from '../system/lib/network.mjs';
import { until } from '../system/lib/programs.mjs';
import { startHouse } from './lib/house.mjs';
import { difference, startBrowser, Visitor } from './lib/visitor.mjs';

/** @typedef {import('../system/lib/programs.mjs').Scope} Scope */

const skip = canMakeNetworks() ? false : 'network namespaces cannot be made here';

/** In another second the network is back, or gone for good. @param {number} seconds */
const pass = seconds => new Promise(settle => setTimeout(settle, seconds * 1000));

/** A visitor in a network of their own who has walked a few steps. @param {Scope} scope @param {object} [settings] */
async function startVisit(scope, settings = {}) {
  const network = startNetwork(scope);
  const wanted = [{ name: 'river-1', rcName: 'River Quarter', scene: 'river' }];
  const house = await startHouse(scope, { wanted, settings, address: '0.0.0.0' });
  const visitor = await Visitor.come(scope, await startBrowser(scope, { network, whole: true }), { viewport: { width: 960, height: 604 } });
  await visitor.open(house.url.replace('127.0.0.1', network.here));
  const code = await visitor.start('River Quarter');
  const day = await visitor.seesStillness();
  await visitor.video.focus();
  await visitor.page.keyboard.press('KeyN');
  await visitor.seesChange(day);
  const night = await visitor.seesStillness();
  const streamer = /** @type {import('../system/lib/streamer.mjs').Streamer} */ (house.streamers.get('river-1'));
  return { network, house, visitor, code, day, night, log: () => streamer.program.log };
}

/** Waits for a frame that comes from now on. @param {Visitor} visitor @returns {Promise<number>} how long that took, in milliseconds */
async function nextFrame(visitor) {
  await visitor.video.evaluate((/** @type {HTMLVideoElement} */ video) => {
    /** @type {any} */
    const page = globalThis;
    const fromMs = performance.now();
    page.waitedMs = 0;
    /** @type {VideoFrameRequestCallback} */
    const look = (_, { receiveTime = 0 }) => {
      if (receiveTime > fromMs) page.waitedMs = Math.ceil(performance.now() - fromMs);
      else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
  const waited = await visitor.site.waitForFunction(() => /** @type {any} */ (globalThis).waitedMs, undefined, { polling: 20 });
  return waited.jsonValue();
}

/** From now on what the page asks the streamer for about its viewing is so long under way. @param {Visitor} visitor @param {number} seconds */
async function slowRequests(visitor, seconds) {
  await visitor.page.route('**/whep/**', async route => {
    await pass(seconds);
    // The page may have given it up.
    await route.continue().catch(() => {});
  });
}

/**
 * Waits for the picture of that scene. It may be coarse, as the network is believed to be narrow: so it is held against another one.
 * @param {Visitor} visitor @param {number[]} scene @param {number[]} other
 */
async function isBackAt(visitor, scene, other) {
  let off = Infinity;
  let ofOther = 0;
  await until(async () => {
    const now = await visitor.look();
    off = difference(scene, now);
    ofOther = difference(other, now);
    return off < ofOther / 2;
  }, { timeout: 30_000 }).catch(() => {
    assert.fail(`the scene is another one, by ${off}; the other one is off by ${ofOther}`);
  });
}

/** @param {string} log @param {RegExp} what */
const count = (log, what) => log.match(what)?.length ?? 0;

describe('a network that goes', { concurrency: false, skip }, () => {
  /** @type {[string, (network: ReturnType<typeof startNetwork>, visitor: Visitor) => Promise<void> | void][]} */
  const cases = [
    [
      'for four seconds, as a cable is pulled',
      async network => (network.connect(false), await pass(4), network.connect(true)),
    ],
    [
      'for four seconds, as an interface is turned off',
      async network => (network.turn(false), await pass(4), network.turn(true)),
    ],
    ['and comes with another address', network => network.move()],
    // The browser tries its new address long before the streamer has heard of it.
    [
      'and comes with another address, far away',
      async (network, visitor) => (await slowRequests(visitor, 0.3), network.move()),
    ],
  ];
  for (const [what, happen] of cases)
    test(`${what}, comes back to the same scene and the same viewing`, async t => {
      const { network, visitor, day, night, log } = await startVisit(t);
      await happen(network, visitor);
      t.diagnostic(`a frame again after ${await nextFrame(visitor)} ms`);
      await isBackAt(visitor, night, day);
      await visitor.video.focus();
      await visitor.page.keyboard.press('KeyN');
      await isBackAt(visitor, day, night); // over the network that came back
      assert.equal(count(log(), /viewer_connected session/g), 1, 'one viewing');
      assert.equal(count(log(), /user_left/g), 0);
    });

  test('for longer than a viewing lasts, comes back to the same scene as the same person', async t => {
    const { network, visitor, day, night, log } = await startVisit(t);
    network.connect(false);
    await until(() => /viewer_gone .*reason=silent/.test(log()), { what: 'that the streamer gives the viewing up', timeout: 30_000 });
    network.connect(true);
    t.diagnostic(`a frame again after ${await nextFrame(visitor)} ms`);
    await isBackAt(visitor, night, day);
    assert.equal(count(log(), /user_joined/g), 1);
    assert.equal(count(log(), /user_left/g), 0);
    await until(() => count(log(), /viewer_connected session/g) > 1, { what: 'that the second viewing is in the log' });
  });

  test('for good is noticed within 15 seconds, and the others notice nothing but that', async t => {
    const grace = 2;
    const { network, house, code, log } = await startVisit(t, { reconnect_grace_seconds: grace });
    const other = await Visitor.come(t, await startBrowser(t));
    await other.open(`${house.url}#code=${code}`);
    await other.seesPicture();
    network.connect(false);
    const begun = Date.now();
    await until(() => /user_left .*reason=lost/.test(log()), { what: 'that the streamer notices', timeout: 25_000 });
    const seconds = (Date.now() - begun) / 1000;
    t.diagnostic(`gone after ${seconds.toFixed(1)} s, of which ${grace} s are the grace`);
    assert.ok(seconds - grace < 15, `${seconds} s`);
    await nextFrame(other);
    await until(() => count(log(), /viewer_gone/g) > 0, { what: 'that the viewing is over' });
    assert.equal(count(log(), /user_left/g), 1);
    assert.equal(count(log(), /viewer_gone/g), 1);
  });
});

/** Runs in the page before its own scripts: the browser answers on a path on which it hears nothing. */
function preferAnotherPath() {
  const { getStats } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.getStats = async function () {
    /** @type {any} */
    const report = await getStats.call(this);
    const told = new Map(report);
    for (const entry of report.values()) if (entry.type === 'transport') told.set(entry.id, { ...entry, selectedCandidatePairId: 'silent' });
    return told.set('silent', { id: 'silent', type: 'candidate-pair', bytesReceived: 0 });
  };
}

test('a picture that comes on another path than the one the browser likes best is no loss', async t => {
  const house = await startHouse(t, { wanted: [{ name: 'river-1', rcName: 'River Quarter', scene: 'river' }] });
  const visitor = await Visitor.come(t, await startBrowser(t));
  await visitor.page.addInitScript(preferAnotherPath);
  await visitor.open(house.url);
  await visitor.start('River Quarter');
  // A restart would come after two and a half seconds, again and again.
  await visitor.site.waitForFunction(() => {
    const { frameTimes } = /** @type {any} */ (globalThis);
    return frameTimes.at(-1) - frameTimes[0] > 4_000;
  });
  const log = house.streamers.get('river-1')?.program.log ?? '';
  const longestMs = await visitor.site.evaluate(() => {
    /** @type {number[]} */
    const times = /** @type {any} */ (globalThis).frameTimes;
    return Math.max(...times.slice(1).map((time, at) => time - times[at]));
  });
  assert.equal(count(log, /viewer_connected session/g), 1);
  // On a machine that stood still for as long, something was lost indeed.
  assert.ok(longestMs > 2_000 || count(log, /viewer_restarted/g) === 0);
});
