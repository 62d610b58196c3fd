// @ts-check
// Sessions as real players see them: taken from a standby; whose application ended by itself and was started again; that
// end when nobody does anything.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Player, startBrowser } from '../system/lib/player.mjs';
import { built, until } from '../system/lib/programs.mjs';
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

/** A click of the one who steers, which flips the colour. @param {Player} player */
async function click(player) {
  await player.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
  await player.send({ type: 'pointerup', button: 0, x: 0.5, y: 0.5 });
}

test('a session taken from a standby shows its picture, obeys its host, and another stands ready beside it', async t => {
  const streamer = await startStreamer(t, { app: [built('flip')], webrtc: {}, session_limit: 2, standby_sessions: 1 });
  await until(async () => (await streamer.status()).standbys === 1, { what: 'the standby' });
  const { session } = await streamer.startSession();
  const { page } = await startBrowser(t);
  const { player } = await watch(t, streamer, page, session, 'host', 'host');
  await player.until('p.input.readyState === "open"');
  await click(player);
  await player.until('p.colour === "yellow"');
  await until(async () => (await streamer.status()).standbys === 1, { what: 'the next standby' });
  const next = await streamer.startSession();
  const other = await watch(t, streamer, page, next.session, 'other', 'host'); /* whose picture is its own */
  assert.equal(await player.get('colour'), 'yellow');
  assert.equal(await other.player.get('colour'), 'blue');
});

test('killed twice: the picture comes back to the same players, and the host still steers', async t => {
  const streamer = await startStreamer(t, { app: [built('flip')], webrtc: {}, max_restarts: 2 });
  const { session } = await streamer.startSession();
  const { page } = await startBrowser(t);
  const host = await watch(t, streamer, page, session, 'host', 'host');
  const guest = await watch(t, streamer, page, session, 'guest', 'guest');
  await host.player.until('p.input.readyState === "open"');
  const { engine } = streamer.processes();
  for (const restarts of [1, 2]) {
    await click(host.player);
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
