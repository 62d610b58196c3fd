// @ts-check
// What ends a session, and what does not, with real players: an application that ends by itself is started again and the
// same players go on; input keeps a session from ending for inactivity.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Player, startBrowser } from '../system/lib/player.mjs';
import { built } from '../system/lib/programs.mjs';
import { startStreamer } from '../system/lib/streamer.mjs';

/**
 * Somebody in the session who sees the picture.
 * @param {import('../system/lib/programs.mjs').Scope} t
 * @param {import('../system/lib/streamer.mjs').Streamer} streamer
 * @param {import('playwright-core').Page} page
 * @param {string} session @param {string} user @param {'host' | 'guest'} role
 */
async function watch(t, streamer, page, session, user, role) {
  const person = streamer.person(session, user, { role });
  const socket = await person.socket(t);
  const sdp = await page.evaluate(name => {
    const { Player: Made, players } = /** @type {any} */ (globalThis);
    return (players[name] = new Made({})).offer();
  }, user);
  const { status, text } = await person.whep({ body: sdp });
  assert.equal(status, 201, text);
  const player = new Player(page, user, 0);
  await player.call('accept', text);
  await player.until('p.frames > 0 && p.colour === "blue"');
  return { player, socket };
}

test('killed twice: the picture comes back to the same players, and the host still steers', async t => {
  const streamer = await startStreamer(t, { app: [built('flip')], webrtc: {}, max_restarts: 2 });
  const { session } = await streamer.startSession();
  const { page } = await startBrowser(t);
  const host = await watch(t, streamer, page, session, 'host', 'host');
  const guest = await watch(t, streamer, page, session, 'guest', 'guest');
  await host.player.until('p.input.readyState === "open"');
  const { engine } = streamer.processes();
  for (const restarts of [1, 2]) {
    await host.player.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
    await host.player.send({ type: 'pointerup', button: 0, x: 0.5, y: 0.5 });
    await guest.player.until('p.colour === "yellow"');
    process.kill(streamer.processes().app, 'SIGKILL');
    await streamer.program.waitFor(new RegExp(`app_restarted .*restarts=${restarts}`));
    /* A fresh application is blue again. */
    await Promise.all([host.player.until('p.colour === "blue"'), guest.player.until('p.colour === "blue"')]);
    for (const { player } of [host, guest]) assert.equal(await player.get('state'), 'connected');
  }
  const told = guest.socket.messages.map(({ msg }) => msg).filter(msg => msg?.startsWith('APP_') || msg?.startsWith('USER_LEFT'));
  assert.deepEqual(told, ['APP_RESTARTED', 'APP_RESTARTED']);
  assert.equal(streamer.processes().engine, engine);
  assert.equal((streamer.program.log.match(/viewer_gone/g) ?? []).length, 0);
  process.kill(streamer.processes().app, 'SIGKILL');
  assert.equal((await guest.socket.event('SESSION_ENDED')).reason, 'app_failed');
});

test('input of a player stops the countdown; without it the session ends', async t => {
  const streamer = await startStreamer(t, {
    app: [built('flip')],
    webrtc: {},
    inactivity_seconds: 4,
    inactivity_warning_seconds: 2,
  });
  const { session } = await streamer.startSession();
  const { page } = await startBrowser(t);
  const { player, socket } = await watch(t, streamer, page, session, 'host', 'host');
  await player.until('p.input.readyState === "open"');
  await socket.event('INACTIVITY_WARNING');
  await player.send({ type: 'pointermove', x: 0.5, y: 0.5 });
  await socket.event('INACTIVITY_ENDED');
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'inactive');
});
