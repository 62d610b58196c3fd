// @ts-check
// Address translation on both sides: the host behind a 1:1 NAT, as in every cloud, its visitor behind one that many share.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startDisplay, startEngine, startFlip } from './lib/engine.mjs';
import { canTranslate, startNetwork, startTranslation } from './lib/network.mjs';
import { startBrowser } from './lib/player.mjs';
import { until } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/** An engine and a browser, each behind its NAT. @param {Scope} scope @param {object} settings */
async function startSession(scope, settings) {
  const [server, visitors] = [startNetwork(scope, { links: 0 }), startNetwork(scope)];
  const addresses = startTranslation(scope, server, visitors);
  const { display } = await startDisplay(scope);
  startFlip(scope, display, ['--move']);
  const engine = await startEngine(scope, display, { settings: { framerate: 30, ...settings }, within: server.within });
  return { ...addresses, engine, browser: await startBrowser(scope, visitors) };
}

/** The addresses of an answer's or a fragment's candidates. @param {string} text */
const candidates = text => [...text.matchAll(/a=candidate:(?:\S+ ){4}(\S+) \d+ typ (\w+)/g)].map(([, address, type]) => `${type} ${address}`);

/** Somebody who watches from behind the NAT, and what the engine answered. @param {Awaited<ReturnType<typeof startSession>>} session */
async function watch({ engine, browser }) {
  let answer = '';
  const player = await browser.join(engine, 'host', {}, sdp => (answer = sdp));
  return { player, answer };
}

describe('behind a 1:1 NAT', { concurrency: false, skip: !canTranslate() && 'networks with address translation cannot be made here' }, () => {
  test('nobody outside finds the host by its own address', { timeout: 90_000 }, async t => {
    const session = await startSession(t, {});
    const { player, answer } = await watch(session);
    assert.deepEqual(candidates(answer), ['host 192.168.50.2']);
    await session.engine.said({ msg: 'viewer_gone', viewer: player.viewer, reason: 'ice_failed' }, { timeout: 30_000 });
    assert.equal(await player.get('frames'), 0);
  });

  for (const entry of ['203.0.113.10', '203.0.113.10/192.168.50.2'])
    test(`with the public address ${entry} it is found, also after an ICE restart`, { timeout: 90_000 }, async t => {
      const session = await startSession(t, { public_addresses: [entry] });
      const { player, answer } = await watch(session);
      const told = ['host 192.168.50.2', 'srflx 203.0.113.10'];
      assert.deepEqual([...new Set(candidates(answer))], told);
      await player.until('p.frames > 2', 15_000);
      const { remote } = await player.call('path');
      assert.equal(remote.address, '203.0.113.10');
      session.engine.send({ msg: 'viewer_restart', viewer: player.viewer, sdp: await player.call('restart') });
      const { sdp } = await session.engine.said({ msg: 'viewer_restarted' });
      for (const candidate of told) assert.ok(candidates(sdp).includes(candidate), sdp);
      await player.call('acceptRestart', sdp);
      await until(async () => (await player.call('path')).local.usernameFragment !== undefined && (await player.get('state')) === 'connected', { what: 'a path' });
      const frames = await player.get('frames');
      await player.until(`p.frames > ${frames + 10}`);
    });
});
