// @ts-check
// vitrina-webrtc over networks that carry less than it would send. Needs root, for network namespaces.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startDisplay, startEngine, startFlip } from './lib/engine.mjs';
import { canMakeNetworks, leadTo, startNetwork } from './lib/network.mjs';
import { startBrowser } from './lib/player.mjs';
import { until } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */
/** @typedef {import('./lib/engine.mjs').Engine} Engine */
/** @typedef {import('./lib/player.mjs').Player} Player */

/** An engine with that many links to here, a picture that moves all the time, a browser. @param {Scope} scope @param {number} links */
async function startSession(scope, links) {
  const network = startNetwork(scope, { links });
  const { display } = await startDisplay(scope);
  const picture = startFlip(scope, display, ['--move']);
  const engine = await startEngine(scope, display, { settings: { framerate: 30 }, within: network.within });
  return { links: network.links, picture, engine, browser: await startBrowser(scope) };
}

/** Waits for the engine's next word on its networks that fits. @param {Engine} engine @param {(stats: any) => boolean} fits @param {string} what */
function stats(engine, fits, what) {
  const from = engine.messages.length;
  const told = () => engine.messages.slice(from).filter(({ msg }) => msg === 'stats');
  return until(() => told().find(fits), { timeout: 40_000, what }).catch(error => {
    error.message += `; told ${JSON.stringify(told())}`;
    throw error;
  });
}

/** Waits until that many more frames were shown. @param {Player} player @param {number} count @param {number} timeout */
async function moreFrames(player, count, timeout) {
  const before = await player.get('frames');
  await player.until(`p.frames > ${before + count}`, timeout);
}

/** That of the last frame that came: from 0, the sharpest, to 51. @param {Player} player */
async function quantizer(player) {
  const before = await player.call('inbound');
  await moreFrames(player, 0, 10_000);
  const after = await player.call('inbound');
  return (after.qpSum - before.qpSum) / (after.framesDecoded - before.framesDecoded);
}

describe('narrow networks', { concurrency: false, skip: !canMakeNetworks() && 'network namespaces cannot be made here' }, () => {
  for (const codec of ['H264', 'VP8'])
    test(`${codec} goes on when the network becomes narrow, with less than that carries`, { timeout: 180_000 }, async t => {
      const { links: [link], engine, browser } = await startSession(t, 1);
      const player = await browser.join(engine, 'host', { codecs: [codec] }, answer => leadTo(answer, link.there).sdp);
      await stats(engine, ({ target_kbps }) => target_kbps >= 2500, 'the rate on a wide network');
      link.limit(1000);
      await stats(engine, ({ bitrate_kbps }) => bitrate_kbps > 0 && bitrate_kbps < 1000, 'less made than a link of 1000 kbit/s carries');
      await moreFrames(player, 40, 20_000);
      /* A picture of this size and rate is too much for VP8, and what comes is what was made for the network. */
      if (codec === 'VP8') await player.until('p.video.videoHeight < 540', 20_000);
      const { bitrate_kbps } = await stats(engine, ({ bitrate_kbps: made }) => made > 0, 'what is made');
      assert.ok(bitrate_kbps < 1100, `${bitrate_kbps} kbit/s into a link of 1000`);
      link.limit(null);
      await stats(engine, ({ bitrate_kbps, target_kbps }) => bitrate_kbps > 1100 && target_kbps > 1500, 'a rate that has recovered');
    });

  test('a picture at rest is whole on a network that stays narrow, until it moves', { timeout: 180_000 }, async t => {
    const { links: [link], picture, engine, browser } = await startSession(t, 1);
    link.limit(250);
    const player = await browser.join(engine, 'host', {}, answer => leadTo(answer, link.there).sdp);
    await player.until('p.video.videoHeight < 540 && p.frames > 0', 30_000);
    picture.child.kill('SIGSTOP');
    await player.until('p.video.videoHeight === 540', 20_000);
    /* It is sharp, too, whatever was coarse while it moved. */
    await until(async () => (await quantizer(player)) < 32, { timeout: 20_000, what: 'a sharp picture' });
    picture.child.kill('SIGCONT');
    await player.until('p.video.videoHeight < 540', 20_000);
  });

  test('one weak viewer gets a low picture and spoils nobody else\'s', { timeout: 180_000 }, async t => {
    const { links, engine, browser } = await startSession(t, 2);
    const [strong, weak] = [
      await browser.join(engine, 'host', {}, answer => leadTo(answer, links[0].there).sdp),
      await browser.join(engine, 'guest', {}, answer => leadTo(answer, links[1].there).sdp),
    ];
    await Promise.all([strong, weak].map(player => player.until('p.frames > 30', 20_000)));
    links[1].limit(400);
    await stats(engine, ({ weak_viewers, target_kbps }) => weak_viewers === 1 && target_kbps < 400, 'a low picture for one');
    await weak.until('p.video.videoHeight < 540', 20_000);
    await Promise.all([moreFrames(strong, 40, 20_000), moreFrames(weak, 20, 20_000)]);
    assert.equal((await strong.call('inbound')).frameHeight, 540);
    links[1].limit(null);
    await stats(engine, message => !message.weak_viewers, 'one picture for both again');
    await weak.until('p.video.videoHeight === 540', 20_000);
  });
});
