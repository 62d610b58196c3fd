// @ts-check
// What one address and one person may ask of a streamer: more is refused, says when it may be tried again, and is nobody else's loss.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, request } from './lib/client.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { offer, startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/* Who tests is not limited, who is tested is. */
const limits = { requests: 1, requests_burst: 5, exempt: ['127.0.0.1/32'] };

/** @param {Scope} t @param {import('./lib/streamer.mjs').Streamer} streamer @param {string} localAddress */
function client(t, streamer, localAddress) {
  const made = new Client(`${streamer.base}session`, { localAddress });
  onEnd(t, () => made.close());
  return made;
}

/** How much of this was refused. @param {import('./lib/streamer.mjs').Streamer} streamer @param {string} what */
async function limited(streamer, what) {
  const { text } = await request(`${streamer.base}metrics`);
  return readMetrics(text).get(`vitrina_streamer_limited_total{what="${what}"}`) ?? 0;
}

test('an address that asks too often is told when it may ask again; others are not in its way', async t => {
  const streamer = await startStreamer(t, { limits });
  const hasty = client(t, streamer, '127.0.0.2');
  for (let i = 0; i < limits.requests_burst; i++) assert.equal((await hasty.ask('KEEP_ALIVE')).status, 401);
  const { status, headers, answer } = await hasty.ask('KEEP_ALIVE');
  assert.deepEqual([status, answer.msg], [429, 'TOO_MANY_ATTEMPTS']);
  assert.equal(headers['retry-after'], String(answer.retry_after_seconds));
  assert.ok(answer.retry_after_seconds >= 1);
  assert.equal((await client(t, streamer, '127.0.0.2').ask('KEEP_ALIVE')).status, 429, 'on another connection, too');
  assert.equal((await client(t, streamer, '127.0.0.3').ask('KEEP_ALIVE')).status, 401);
  for (let i = 0; i < 3 * limits.requests_burst; i++) assert.equal((await client(t, streamer, '127.0.0.1').ask('KEEP_ALIVE')).status, 401);
  assert.ok((await limited(streamer, 'requests')) >= 2);
  await streamer.program.waitFor(/ address_asks_too_often address=127\.0\.0\.2/);
  await until(async () => (await hasty.ask('KEEP_ALIVE')).status === 401, { what: 'it may ask again' });
});

test('a WebSocket is a request, and so is what is said on it before a ticket', async t => {
  const streamer = await startStreamer(t, { limits });
  const options = { localAddress: '127.0.0.2' };
  const socket = await WebSocketClient.open(t, `${streamer.base}session`, options);
  for (let i = 1; i < limits.requests_burst; i++) assert.equal((await socket.ask('KEEP_ALIVE')).msg, 'NOT_AUTHORIZED');
  socket.send(JSON.stringify({ verb: 'KEEP_ALIVE' }));
  await until(() => socket.closed, { what: 'the close' });
  assert.equal(socket.closed?.code, 1008);
  await assert.rejects(WebSocketClient.open(t, `${streamer.base}session`, options), /status 429/);
});

test('who is in says on a WebSocket what they may, however many are behind their address', async t => {
  const streamer = await startStreamer(t, { limits });
  const { session } = await streamer.startSession();
  const socket = await WebSocketClient.open(t, `${streamer.base}session`, { localAddress: '127.0.0.2' });
  await socket.ask('CONNECT_TO_SESSION', { ticket: streamer.ticket(session, 'p', { role: 'host' }) });
  for (let i = 0; i < 4 * limits.requests_burst; i++) assert.equal((await socket.ask('KEEP_ALIVE')).msg, 'KEPT_ALIVE');
});

test('SIGHUP changes the limit', async t => {
  const streamer = await startStreamer(t, { limits: { ...limits, requests: 0 } });
  const hasty = client(t, streamer, '127.0.0.2');
  for (let i = 0; i < 3 * limits.requests_burst; i++) assert.equal((await hasty.ask('KEEP_ALIVE')).status, 401);
  await streamer.reload({ limits });
  await until(async () => (await hasty.ask('KEEP_ALIVE')).status === 429, { what: 'the limit' });
});

test('a person may ask for the picture a few times, and then now and then', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const hasty = streamer.person(session, 'p', { role: 'host' });
  const ask = () => hasty.whep({ body: offer() });
  const replies = await Promise.all(Array.from({ length: 20 }, ask));
  const refused = replies.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 13, `${refused.length} of 20 were refused`);
  for (const { headers, answer } of refused) {
    assert.equal(answer.msg, 'TOO_MANY_ATTEMPTS');
    assert.equal(headers['retry-after'], String(answer.retry_after_seconds));
  }
  assert.ok((await limited(streamer, 'offers')) >= 13);
  assert.equal((await streamer.person(session, 'q').whep({ body: offer() })).status, 201, 'another person');
  await until(async () => (await ask()).status === 201, { what: 'their next picture', timeout: 15_000 });
});
