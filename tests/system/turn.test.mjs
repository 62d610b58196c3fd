// @ts-check
// The picture over a real TURN server alone, with credentials that the streamer makes for a time.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startBrowser } from './lib/player.mjs';
import { freePort } from './lib/ports.mjs';
import { built, slowness, temporaryDirectory } from './lib/programs.mjs';
import { processesWith, startStreamer } from './lib/streamer.mjs';
import { startTurn, whyNoTurn } from './lib/turn.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

const SECRET = 'between-the-streamer-and-its-TURN-servers';

/**
 * A session with the flip picture, a person in it, and a browser.
 * @param {Scope} scope @param {string[]} urls of TURN servers @param {object} [webrtc] settings
 */
async function startSession(scope, urls, webrtc = {}) {
  const file = join(temporaryDirectory(scope, 'secret'), 'turn.secret');
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
  const streamer = await startStreamer(scope, {
    app: [built('flip')],
    ice_servers: [{ urls }],
    turn_secret_file: file,
    webrtc: { width: 320, height: 240, ...webrtc },
  });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p1', { role: 'host' });
  const { ice_servers: iceServers } = (await person.connect()).answer;
  const browser = await startBrowser(scope);
  return { streamer, session, person, iceServers, browser };
}

/**
 * Somebody who watches, as WHEP has it.
 * @param {Awaited<ReturnType<typeof startSession>>} session @param {RTCConfiguration} configuration
 */
async function watch({ browser, person }, configuration) {
  const door = {
    /** @param {string} body */
    async answer(body) {
      const { status, text } = await person.whep({ body });
      return { msg: status === 201 ? 'viewer_answer' : 'viewer_failed', sdp: text, reason: text, viewer: 1 };
    },
  };
  return browser.join(/** @type {any} */ (door), 'p1', { configuration });
}

describe('over TURN alone', { concurrency: false, skip: whyNoTurn || false }, () => {
  for (const transport of ['udp', 'tcp'])
    test(`the browser's picture comes by ${transport}`, async t => {
      const turn = await startTurn(t, SECRET);
      const session = await startSession(t, [`turn:${turn.host}?transport=${transport}`]);
      const [{ username, credential }] = session.iceServers;
      const [expiry, user] = username.split(':');
      assert.equal(user, 'p1');
      assert.ok(Number(expiry) > Date.now() / 1000 + 3000 && Number(expiry) < Date.now() / 1000 + 3700, expiry);
      const player = await watch(session, { iceServers: session.iceServers, iceTransportPolicy: 'relay' });
      await player.until('p.frames > 2', 15_000);
      const { local } = await player.call('path');
      assert.deepEqual([local.candidateType, local.relayProtocol], ['relay', transport]);
      assert.match(turn.program.log, new RegExp(`user <${expiry}:p1>`));

      const { streamer } = session;
      const said = [streamer.program.log, ...processesWith(streamer.directory).map(pid => readFileSync(`/proc/${pid}/environ`, 'utf8') + readFileSync(`/proc/${pid}/cmdline`, 'utf8'))];
      for (const text of said) {
        assert.ok(!text.includes(SECRET), 'the secret was told');
        assert.ok(!text.includes(credential), 'a credential was told');
      }
    });

  test("the engine's picture comes, with credentials of its own", async t => {
    const turn = await startTurn(t, SECRET);
    const session = await startSession(t, [`turn:${turn.host}`], { ice_transport_policy: 'relay' });
    // A browser hides its own address; to be let through to the engine it has one at the server, too.
    const player = await watch(session, { iceServers: session.iceServers });
    await player.until('p.frames > 2', 15_000);
    const { remote } = await player.call('path');
    assert.equal(remote.candidateType, 'relay');
    assert.match(turn.program.log, new RegExp(`user <\\d+:${session.session}>`));
  });

  test('credentials of another secret are refused, and there is no picture', async t => {
    const turn = await startTurn(t, 'another-secret');
    const session = await startSession(t, [`turn:${turn.host}`]);
    const player = await watch(session, { iceServers: session.iceServers, iceTransportPolicy: 'relay' });
    await turn.program.waitFor(/401|Unauthorized|check_stun_auth/);
    assert.equal(await player.get('frames'), 0);
  });

  test('a server that is dead delays neither the other one nor those who need none', async t => {
    const turn = await startTurn(t, SECRET);
    const dead = `127.0.0.1:${await freePort()}`;
    const session = await startSession(t, [`stun:${dead}`, `turn:${dead}?transport=udp`, `turn:${dead}?transport=tcp`, `turn:${turn.host}`]);
    const begun = Date.now();
    const direct = await watch(session, {});
    await direct.until('p.frames > 0', 15_000);
    const needed = Date.now() - begun;
    t.diagnostic(`a direct picture after ${needed} ms`);
    assert.ok(needed < 3_000 * slowness, `${needed} ms`);
    const relayed = await watch(session, { iceServers: session.iceServers, iceTransportPolicy: 'relay' });
    await relayed.until('p.frames > 0', 15_000);
  });
});
