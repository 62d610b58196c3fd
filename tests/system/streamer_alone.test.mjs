// @ts-check
// Somebody without whom nobody is there, such as a host alone who locks the phone, is waited for longer than others, until somebody
// waits for a server: what the streamer does by itself, and what a coordinator tells it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/**
 * A session of a host and a guest, both on WebSockets, whose connections break at once; the guest has been given up.
 * @param {Scope} t @param {number} aloneSeconds
 */
async function abandoned(t, aloneSeconds) {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 1, alone_grace_seconds: aloneSeconds });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const sockets = [await host.socket(t), await streamer.person(session, 'guest').socket(t)];
  for (const socket of sockets) socket.stream.destroy();
  await streamer.program.waitFor(/user_left session=\S+ user=guest reason=lost/);
  return { streamer, host };
}

test('of several who are away the host is waited for, and finds the session with all that happened', async t => {
  const { streamer, host } = await abandoned(t, 600);
  await until(async () => (await streamer.status()).sessions[0].kept, { what: 'it is there as long as nobody waits' });
  const socket = await host.socket(t);
  assert.equal((await streamer.status()).sessions[0].kept, false);
  assert.equal(socket.messages[0].controller, 'host');
  const { events } = await socket.ask('POLL_EVENTS', { cursor: 0 });
  assert.deepEqual(events.filter((/** @type {any} */ { msg }) => /^USER_/.test(msg)).map((/** @type {any} */ { msg, user }) => `${msg} ${user}`), [
    'USER_JOINED host',
    'USER_JOINED guest',
    'USER_LEFT guest',
  ]);
  assert.doesNotMatch(streamer.program.log, /session_ended/);
});

test('as soon as somebody waits for a server the session is over, and its server is theirs', async t => {
  const { streamer } = await abandoned(t, 600);
  const { answer } = await streamer.control('GET_STATUS', { wanted_seconds: 0 });
  assert.deepEqual([answer.sessions[0].users, answer.sessions[0].kept], [1, true]);
  assert.doesNotMatch(streamer.program.log, /place_wanted/, 'nobody waits');
  await streamer.control('GET_STATUS', { wanted_seconds: 60 });
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 6000 });
});

test('who waits is forgotten with the time that was said', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 2, alone_grace_seconds: 600 });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const guest = streamer.person(session, 'guest');
  await streamer.control('GET_STATUS', { wanted_seconds: 1 });
  const sockets = [await host.socket(t), await guest.socket(t)];
  for (const socket of sockets) socket.stream.destroy();
  await streamer.program.waitFor(/user_left session=\S+ user=guest reason=lost/);
  assert.equal((await host.connect()).answer.msg, 'SESSION_CONNECTION_ESTABLISHED', 'the host is still in');
});

test('whose page goes is waited for no longer than others, unless it comes again', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 1, alone_grace_seconds: 600 });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const first = await host.socket(t);
  assert.equal((await host.ask('DISCONNECT', { returning: true })).answer.msg, 'DISCONNECTED');
  first.stream.destroy();
  const again = await host.socket(t);
  again.stream.destroy();
  await until(async () => (await streamer.status()).sessions[0].kept, { what: 'of the page that came again only the connection broke' });
  await host.socket(t);
  await host.ask('DISCONNECT', { returning: true });
  const last = await host.socket(t);
  await host.ask('DISCONNECT', { returning: true });
  last.stream.destroy();
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 6000 });
});

test('the grace of who is alone ends, too', async t => {
  const { streamer } = await abandoned(t, 2);
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 6000 });
});

test('so many seconds are not believed', async t => {
  const streamer = await startStreamer(t);
  const { status, answer } = await streamer.control('GET_STATUS', { wanted_seconds: 121 });
  assert.deepEqual([status, answer.msg, answer.field], [400, 'BAD_REQUEST', 'wanted_seconds']);
});
