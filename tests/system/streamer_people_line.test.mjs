// @ts-check
// People's connections: replaced, cut, slow, silent, and changed in the middle; what they hear stays whole.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/** @typedef {import('./lib/streamer.mjs').Person} Person */

const words = (/** @type {any[]} */ events) => events.map(({ msg }) => msg);
const events = (/** @type {WebSocketClient} */ { messages }) => messages.filter(({ id }) => id === undefined);
const data = (/** @type {any[]} */ list) => list.filter(({ msg, id }) => msg === 'DATA' && id === undefined).map(event => event.data);

test('the same ticket again: the older connection is told and closed, the person stays', async t => {
  const streamer = await startStreamer(t, { session_users_limit: 1, reconnect_grace_seconds: 1 });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const first = await person.socket(t);
  assert.equal(first.messages[0].connection, 1);
  const [closed, second] = await Promise.all([first.talksOverClose(), person.socket(t)]);
  assert.equal(second.messages[0].connection, 2);
  assert.deepEqual(closed, { code: 4001 });
  assert.deepEqual(events(first).at(-1), { msg: 'CONNECTION_REPLACED', cursor: second.messages[0].cursor });

  const { answer } = await person.connect(); /* by HTTP */
  assert.equal(answer.connection, 3);
  assert.deepEqual(await second.end(), { code: 4001 });
  const waiting = person.ask('POLL_EVENTS', { cursor: answer.cursor, wait_seconds: 30 });
  await until(async () => (await streamer.status()).sessions[0].users === 1);
  const third = await person.socket(t);
  assert.deepEqual((await waiting).answer.events, [{ msg: 'CONNECTION_REPLACED', cursor: answer.cursor }]);
  const late = await person.ask('POLL_EVENTS', { cursor: answer.cursor, wait_seconds: 30, connection: answer.connection });
  assert.deepEqual(words(late.answer.events), ['CONNECTION_REPLACED']);
  const newest = await person.ask('POLL_EVENTS', { cursor: answer.cursor, connection: third.messages[0].connection });
  assert.deepEqual(newest.answer.events, []);
  await third.ask('SEND_DATA', { data: 'still here' });
  await third.event('DATA');
  assert.equal(third.closed, null);
  assert.deepEqual(words(events(third)), ['DATA']); /* and nobody left or joined */
});

test('CONNECT_TO_SESSION again on the same WebSocket replaces nothing', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p');
  const socket = await person.socket(t);
  const again = await socket.ask('CONNECT_TO_SESSION', { ticket: person.ticket, name: 'P' });
  assert.equal(again.connection, 1);
  await socket.event('USER_CHANGED');
  const from = await socket.ask('CONNECT_TO_SESSION', { ticket: person.ticket, cursor: again.cursor });
  assert.deepEqual([from.connection, from.cursor], [1, again.cursor]);
  await socket.ask('SEND_DATA', { data: 1 });
  await socket.event('DATA');
  assert.deepEqual(words(events(socket)), ['USER_CHANGED', 'DATA']);
  assert.equal(socket.closed, null);
  const other = streamer.person(session, 'q');
  assert.equal((await socket.ask('CONNECT_TO_SESSION', { ticket: other.ticket })).user, 'q');
  assert.equal((await socket.ask('REQUEST_CONTROL')).controller, 'q');
});

test('who comes back with a cursor gets exactly what was missed', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const speaker = await streamer.person(session, 'speaker', { role: 'host' }).socket(t);
  const person = streamer.person(session, 'p');
  const first = await person.socket(t);
  await speaker.ask('SEND_DATA', { data: 'heard' });
  const { cursor } = await first.event('DATA');
  first.stream.destroy();
  await speaker.ask('SEND_DATA', { data: 'missed' });
  await speaker.ask('SEND_DATA', { data: 'for me', to: 'p' });
  await speaker.ask('SEND_DATA', { data: 'not for me', to: 'speaker' });
  const second = await person.socket(t, { cursor });
  assert.equal(second.messages[0].cursor, cursor);
  await speaker.ask('SEND_DATA', { data: 'new' });
  await until(() => data(second.messages).includes('new'));
  assert.deepEqual(data(second.messages), ['missed', 'for me', 'new']);
  assert.equal(second.messages[0].msg, 'SESSION_CONNECTION_ESTABLISHED');
  const third = await person.socket(t, { cursor: 1_000_000 }); /* of another life */
  assert.equal(third.messages[0].cursor, 0);
  await until(() => data(third.messages).includes('new'));
  assert.deepEqual(data(third.messages), ['heard', 'missed', 'for me', 'new']);
});

test('one may change from WebSocket to poll and back in the middle, and hears all once and in order', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const speaker = await streamer.person(session, 'speaker', { role: 'host' }).socket(t);
  const person = streamer.person(session, 'p');
  let { cursor } = (await person.connect()).answer;
  /** @type {any[]} */
  const heard = [];
  const total = 150;
  const speaking = (async () => {
    for (let n = 0; n < total; n++) assert.equal((await speaker.ask('SEND_DATA', { data: n })).msg, 'DATA_SENT');
  })();
  for (let round = 0; data(heard).length < total; round++) {
    if (round % 2) {
      const { answer } = await person.ask('POLL_EVENTS', { cursor, wait_seconds: 10 });
      cursor = answer.cursor;
      heard.push(...answer.events);
    } else {
      const socket = await person.socket(t, { cursor });
      await until(() => events(socket).length > 5 || data(heard).length + data(socket.messages).length === total);
      heard.push(...events(socket));
      cursor = events(socket).at(-1).cursor;
      socket.stream.destroy();
    }
  }
  await speaking;
  assert.deepEqual(data(heard), [...Array(total).keys()]);
});

const memoryKib = (/** @type {number | undefined} */ pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

test('who does not read slows nobody, costs little memory, is closed, and has all when back', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 60, log_level: 'debug' });
  const { session } = await streamer.startSession();
  const speakers = await Promise.all(['a', 'b', 'c', 'd'].map(name => streamer.person(session, name).socket(t)));
  const slow = streamer.person(session, 'slow');
  const socket = await slow.socket(t);
  const { cursor } = await socket.ask('POLL_EVENTS', { cursor: 1_000_000 });
  const before = memoryKib(streamer.program.child.pid);
  socket.stream.pause();
  const begun = Date.now();
  const text = 'x'.repeat(15_000);
  for (let n = 0; n < 12; n++) for (const speaker of speakers) assert.equal((await speaker.ask('SEND_DATA', { data: `${n} ${text}` })).msg, 'DATA_SENT');
  await until(() => speakers.every(({ messages }) => data(messages).length === 48));
  const took = Date.now() - begun;
  const grown = memoryKib(streamer.program.child.pid) - before;
  t.diagnostic(`48 messages of 15 KB to five: ${took} ms, ${grown} KiB more`);
  if (!process.env.SANITIZERS) assert.ok(grown < 8 * 1024, `${grown} KiB`); /* they keep what is freed */
  await streamer.program.waitFor(/user_away .*user="?slow"?/, { timeout: 20_000 });
  t.diagnostic(`its silence was noticed after ${Date.now() - begun} ms`);
  assert.ok(Date.now() - begun < 16_000);
  const back = await slow.socket(t, { cursor });
  await until(() => data(back.messages).length === 48);
  assert.deepEqual(data(back.messages), data(speakers[0].messages));
});
