// @ts-check
// What those get from the streamer's port who do not say who they are, do not come to an end, or are too many.

import assert from 'node:assert/strict';
import test from 'node:test';
import { request } from './lib/client.mjs';
import { EarlyConnection } from './lib/early.mjs';
import { slowness, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

const DEADLINE_MS = 10_000;
const post = 'POST /session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n';

/** Milliseconds until something is true. @param {() => any} condition @param {string} what */
async function timeUntil(condition, what) {
  const since = performance.now();
  await until(condition, { what, timeout: 2 * DEADLINE_MS });
  return performance.now() - since;
}

/**
 * Does it again and again until the connection has ended.
 * @param {{ closed: unknown }} connection @param {() => void} act
 */
async function goOn(connection, act) {
  while (!connection.closed) {
    act();
    await new Promise(wake => setTimeout(wake, 300));
  }
}

test('a WebSocket has ten seconds to bring a ticket, a body ten seconds to be there', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const known = await streamer.person(session, 'known').socket(t);
  const shown = await WebSocketClient.open(t, streamer.base + 'session');
  const mute = await WebSocketClient.open(t, streamer.base + 'session');
  const talker = await WebSocketClient.open(t, streamer.base + 'session');
  const where = { port: streamer.port, host: '127.0.0.1' };
  const stuck = await EarlyConnection.open(t, where);
  const slow = await EarlyConnection.open(t, where);
  await stuck.send([post]);
  await slow.send([post]);
  /* Neither words without a ticket nor bytes of a body buy time. */
  const talk = goOn(talker, () => talker.stream.writable && talker.ask('SEND_DATA', { data: 1 }).catch(() => {}));
  const drip = goOn(slow, () => slow.socket.writable && slow.socket.write('x'));
  assert.equal((await shown.ask('SEND_DATA', { ticket: streamer.ticket(session, 'absent'), data: 1 })).msg, 'FORBIDDEN', 'a good ticket, of somebody who is not in');
  const times = await Promise.all([
    timeUntil(() => mute.closed, 'the end of a mute WebSocket'),
    timeUntil(() => talker.closed, 'the end of a talking WebSocket'),
    timeUntil(() => stuck.closed, 'the end of a body that stops'),
    timeUntil(() => slow.closed, 'the end of a body that drips'),
  ]);
  await Promise.all([talk, drip]);
  for (const time of times) assert.ok(time > DEADLINE_MS - 1000 && time < DEADLINE_MS + 4000 * slowness, `${time} ms`);
  assert.equal(mute.closed?.code, 1008);
  assert.equal(talker.closed?.code, 1008);
  for (const { received } of [stuck, slow]) assert.match(received, /^HTTP\/1.1 408 [^]*\r\nconnection: close\r\n/);
  assert.equal(known.closed, null);
  assert.equal((await known.ask('KEEP_ALIVE')).msg, 'KEPT_ALIVE');
  assert.equal(shown.closed, null);
});

test('an address has so many connections, and others have theirs', async t => {
  const streamer = await startStreamer(t, { limits: { connections: 3, exempt: ['127.0.0.3', '::1'] } });
  const where = { port: streamer.port, host: '127.0.0.1' };
  const open = (/** @type {string} */ localAddress) => EarlyConnection.open(t, { ...where, localAddress });
  const isHeard = async (/** @type {EarlyConnection} */ connection) => {
    await connection.send(['POST /session HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}']);
    await until(() => connection.received || connection.closed, { what: 'an answer or the end' });
    return connection.received !== '';
  };
  const held = [];
  for (let n = 0; n < 3; n++) held.push(await open('127.0.0.2'));
  for (const connection of held) assert.ok(await isHeard(connection));
  assert.ok(!(await isHeard(await open('127.0.0.2'))), 'one too many');
  await streamer.program.waitFor(/ address_full address=127\.0\.0\.2 connections=3/);
  assert.ok(await isHeard(await open('127.0.0.4')), 'another address');
  for (let n = 0; n < 6; n++) assert.ok(await isHeard(await open('127.0.0.3')), 'an exempt one');
  held[0].socket.destroy();
  await until(async () => isHeard(await open('127.0.0.2')), { what: 'room again' });
  await streamer.reload({ limits: { connections: 5, exempt: [] } });
  assert.ok(await isHeard(await open('127.0.0.2')), 'more since the reload');
  assert.ok(!(await isHeard(await open('127.0.0.3'))), 'exempt no more');
});

test('this machine may have any number, unless the settings say otherwise', async t => {
  const streamer = await startStreamer(t, { limits: { connections: 1 } });
  const all = await Promise.all(Array.from({ length: 20 }, () => EarlyConnection.open(t, { port: streamer.port, host: '127.0.0.1' })));
  assert.equal((await request(streamer.base + 'health')).status, 200);
  assert.ok(all.every(({ closed }) => !closed));
});
