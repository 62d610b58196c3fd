// @ts-check
// People in a session: let in by ticket alone, told what happens by WebSocket or long polling, and when it ends.

import assert from 'node:assert/strict';
import test from 'node:test';
import { request } from './lib/client.mjs';
import { until } from './lib/programs.mjs';
import { signed, startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

const instant = (/** @type {number} */ seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
const words = (/** @type {any[]} */ events) => events.map(({ msg }) => msg);

test('a ticket lets in, and nothing else does', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession({ session: 'door' });
  const now = Math.floor(Date.now() / 1000);
  const good = { aud: 'test-streamer', sid: session, sub: 'u', role: 'host', exp: now + 60 };
  const key = streamer.key;
  /** @type {[string, string | undefined, number, string][]} */
  const cases = [
    ['none', undefined, 401, 'NOT_AUTHORIZED'],
    ['empty', '', 401, 'NOT_AUTHORIZED'],
    ['garbage', 'a.b.c', 401, 'NOT_AUTHORIZED'],
    ['another key', signed('z'.repeat(64), good), 401, 'NOT_AUTHORIZED'],
    ['another audience', signed(key, { ...good, aud: 'other' }), 401, 'NOT_AUTHORIZED'],
    ['expired', signed(key, { ...good, exp: now - 1 }), 401, 'NOT_AUTHORIZED'],
    ['without an end', signed(key, { ...good, exp: undefined }), 401, 'NOT_AUTHORIZED'],
    ['without a session', signed(key, { ...good, sid: undefined }), 401, 'NOT_AUTHORIZED'],
    ['without a user', signed(key, { ...good, sub: undefined }), 401, 'NOT_AUTHORIZED'],
    ['an empty user', signed(key, { ...good, sub: '' }), 401, 'NOT_AUTHORIZED'],
    ['a huge user', signed(key, { ...good, sub: 'u'.repeat(201) }), 401, 'NOT_AUTHORIZED'],
    ["the coordinator's", streamer.controlToken(), 401, 'NOT_AUTHORIZED'],
    ['an unknown role', signed(key, { ...good, role: 'king' }), 401, 'NOT_AUTHORIZED'],
    ['alg none', signed(key, good, { alg: 'none' }), 401, 'NOT_AUTHORIZED'],
    ['another session', signed(key, { ...good, sid: 'elsewhere' }), 404, 'SESSION_NOT_EXIST'],
  ];
  const nobody = streamer.person(session, 'x');
  for (const verb of ['CONNECT_TO_SESSION', 'POLL_EVENTS', 'DISCONNECT'])
    for (const [what, ticket, status, msg] of cases) {
      const reply = await nobody.client.ask(verb, { ticket });
      assert.deepEqual([reply.status, reply.answer.msg], [status, msg], `${verb}, ${what}: ${reply.text}`);
      assert.ok(reply.answer.reason);
    }
  assert.equal((await streamer.status()).sessions[0].users, 0);
  assert.doesNotMatch(streamer.program.log, new RegExp(signed(key, good).split('.')[1]));
});

test('CONNECT_TO_SESSION tells all that a page needs; the same ticket again is the same person', async t => {
  const ice_servers = [{ urls: ['stun:stun.example:3478'] }];
  const streamer = await startStreamer(t, { ice_servers, public_url: 'streamer/one/' });
  const { session, ends_at } = await streamer.startSession();
  const guest = streamer.person(session, 'g1', { name: 'Guest' });
  const host = streamer.person(session, 'h1', { role: 'host', name: 'Анна' });
  assert.equal((await guest.connect()).answer.controller, '');
  const { status, answer } = await host.connect({ name: ' Anna\u0007 ' });
  assert.equal(status, 200);
  const { cursor, newest_cursor, ...rest } = answer;
  assert.equal(newest_cursor, cursor);
  assert.deepEqual(rest, {
    msg: 'SESSION_CONNECTION_ESTABLISHED',
    WebRTC_connection_data: `streamer/one/whep/${session}`,
    engine: 'whep',
    ice_servers,
    user: 'h1',
    role: 'host',
    control: 'host',
    controller: 'h1',
    requests: [],
    knocks: [],
    connection: 1,
    users: [
      { user: 'g1', name: 'Guest', role: 'guest', number: 1 },
      { user: 'h1', name: 'Anna', role: 'host', number: 2 },
    ],
    ends_at,
  });
  assert.equal((await host.connect()).answer.users.length, 2);
  assert.equal((await streamer.status()).sessions[0].users, 2);
  const { answer: events } = await guest.ask('POLL_EVENTS');
  assert.deepEqual(words(events.events), ['APP_READY', 'USER_JOINED', 'USER_JOINED', 'CONTROL_CHANGED']);
  assert.equal(events.cursor, cursor);
});

test('a name is cut to what a list of people can show', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const { answer } = await streamer.person(session, 'long', { name: 'Я'.repeat(190) }).connect();
  assert.equal(answer.users[0].name, 'Я'.repeat(50));
});

test('no more people than session_users_limit', async t => {
  const streamer = await startStreamer(t, { session_users_limit: 1 });
  const { session } = await streamer.startSession();
  assert.equal((await streamer.person(session, 'one').connect()).status, 200);
  const { status, answer } = await streamer.person(session, 'two').connect();
  assert.deepEqual([status, answer.msg], [403, 'FORBIDDEN']);
  assert.equal((await streamer.person(session, 'one').connect()).status, 200);
});

test('bad questions of people are refused', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p');
  /** @type {[string, Record<string, unknown>, number, string, string?][]} */
  const cases = [
    ['NO_SUCH_VERB', {}, 400, 'UNKNOWN_VERB', 'verb'],
    ['START_SESSION', {}, 400, 'UNKNOWN_VERB', 'verb'],
    ['CONNECT_TO_SESSION', { name: 7 }, 400, 'BAD_REQUEST', 'name'],
    ['CONNECT_TO_SESSION', { ticket: 'x'.repeat(5000) }, 400, 'BAD_REQUEST', 'ticket'],
    ['POLL_EVENTS', { cursor: -1 }, 400, 'BAD_REQUEST', 'cursor'],
    ['POLL_EVENTS', { wait_seconds: 61 }, 400, 'BAD_REQUEST', 'wait_seconds'],
    ['POLL_EVENTS', {}, 403, 'FORBIDDEN'],
    ['DISCONNECT', {}, 403, 'FORBIDDEN'],
  ];
  for (const [verb, fields, status, msg, field] of cases) {
    const reply = await person.ask(verb, fields);
    assert.deepEqual([reply.status, reply.answer.msg, reply.answer.field], [status, msg, field], `${verb}: ${reply.text}`);
  }
  for (const body of ['', '[]', '{"verb":"DISCONNECT"', '{"verb":"DISCONNECT","verb":"DISCONNECT"}', '{"verb":"\\u0000"}', '\xff'])
    assert.equal((await person.client.send(Buffer.from(body, 'latin1'))).answer?.msg, 'BAD_REQUEST', body);
});

test('a WebSocket and a long poll see the same events in the same order', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const poller = streamer.person(session, 'poller');
  const socket = await host.socket(t);
  let { cursor } = (await poller.connect()).answer;
  /** @type {any[]} */
  const polled = [];
  const poll = async () => {
    const { answer } = await poller.ask('POLL_EVENTS', { cursor, wait_seconds: 20 });
    assert.equal(answer.msg, 'EVENTS');
    cursor = answer.cursor;
    polled.push(...answer.events);
  };
  const began = Date.now();
  for (const name of ['a', 'b', 'c']) {
    const waiting = poll();
    const guest = streamer.person(session, name, { name });
    await guest.connect();
    await waiting;
    const next = poll();
    await guest.ask('DISCONNECT');
    await next;
  }
  const waiting = poll();
  await streamer.control('EXTEND_SESSION', { session, ends_at: instant(7200) });
  await waiting;
  assert.ok(Date.now() - began < 15_000);
  assert.equal(polled.length, 7);
  await until(() => socket.messages.some(({ msg }) => msg === 'SESSION_EXTENDED'));
  const pushed = socket.messages.filter(({ id, cursor: at }) => id === undefined && at >= polled[0].cursor);
  assert.deepEqual(pushed, polled);
  assert.deepEqual(words(polled).slice(0, 2), ['USER_JOINED', 'USER_LEFT']);
});

test('a WebSocket answers with the id and needs the ticket once', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const socket = await WebSocketClient.open(t, streamer.base + 'session');
  assert.equal((await socket.ask('POLL_EVENTS')).msg, 'NOT_AUTHORIZED');
  socket.send('{"id":"text","verb":"NO"}');
  await until(() => socket.messages.some(({ id, msg }) => id === 'text' && msg === 'UNKNOWN_VERB'));
  socket.send('not json');
  await until(() => socket.messages.some(({ id, msg }) => id === undefined && msg === 'BAD_REQUEST'));
  const { ticket } = streamer.person(session, 'p', { role: 'host' });
  assert.equal((await socket.ask('CONNECT_TO_SESSION', { ticket })).user, 'p');
  const { events } = await socket.ask('POLL_EVENTS', { cursor: 0 });
  assert.deepEqual(words(events), ['APP_READY', 'USER_JOINED', 'CONTROL_CHANGED']);
  assert.equal((await socket.ask('DISCONNECT')).msg, 'DISCONNECTED');
  assert.equal((await socket.end()).code, 1000);
});

test('a long message in pieces is one; too long or binary ones end the WebSocket', async t => {
  const streamer = await startStreamer(t);
  await streamer.startSession();
  const socket = await WebSocketClient.open(t, streamer.base + 'session');
  const text = Buffer.from(JSON.stringify({ id: 9, verb: 'NO', filler: 'x'.repeat(60_000) }));
  socket.sendFrame(1, text.subarray(0, 30_000), false);
  socket.sendFrame(0, text.subarray(30_000, 30_001), false);
  socket.sendFrame(0, text.subarray(30_001), true);
  await until(() => socket.messages.some(({ id, msg }) => id === 9 && msg === 'UNKNOWN_VERB'));
  socket.sendFrame(1, Buffer.alloc(60_000, 32), false);
  socket.sendFrame(0, Buffer.alloc(60_000, 32), true);
  assert.equal((await socket.end()).code, 1009);
  const binary = await WebSocketClient.open(t, streamer.base + 'session');
  binary.sendFrame(2, Buffer.from('{}'));
  assert.equal((await binary.end()).code, 1003);
});

test('who asks without end and never reads is cut off, and slows nobody', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 1, alone_grace_seconds: 1 });
  const { session } = await streamer.startSession();
  const greedy = await streamer.person(session, 'greedy').socket(t);
  greedy.stream.pause();
  const question = JSON.stringify({ id: 'x'.repeat(100), verb: 'POLL_EVENTS', cursor: 0 });
  const cut = streamer.program.waitFor(/socket_slow/, { timeout: 30_000 });
  let done = false;
  cut.finally(() => (done = true)).catch(() => {});
  while (!done && !greedy.stream.destroyed) {
    for (let i = 0; i < 1000; i++) greedy.send(question);
    await new Promise(wake => setTimeout(wake, 1));
    assert.equal((await streamer.status()).msg, 'STATUS');
  }
  await cut;
  await streamer.program.waitFor(/session_ended .*reason=users_left/);
});

test('who stops answering pings is noticed', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 1 });
  const { session } = await streamer.startSession();
  const alive = await streamer.person(session, 'alive', { role: 'host' }).socket(t);
  const silent = await streamer.person(session, 'silent').socket(t);
  silent.polite = false;
  const begun = Date.now();
  const left = await alive.event('USER_LEFT', { timeout: 20_000 });
  assert.deepEqual([left.user, left.reason], ['silent', 'lost']);
  assert.ok(Date.now() - begun < 16_000, `${Date.now() - begun} ms`); /* 15 s, and the grace */
  assert.ok(alive.pings > 0);
  assert.equal(alive.closed, null);
  assert.equal((await streamer.status()).sessions[0].users, 1);
});

test('a session that nobody joins ends', async t => {
  const streamer = await startStreamer(t, { join_seconds: 1 });
  await streamer.startSession({ session: 'lonely' });
  await streamer.program.waitFor(/session_ended session=lonely reason=users_left/);
  await until(async () => (await streamer.status()).state === 'free');
});

test('when the last one says good-bye the session ends; the others are told who went', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const guest = streamer.person(session, 'guest');
  const socket = await guest.socket(t);
  await host.connect();
  await socket.event('CONTROL_CHANGED');
  assert.equal((await host.ask('DISCONNECT')).answer.msg, 'DISCONNECTED');
  assert.equal((await socket.event('USER_LEFT')).user, 'host');
  const controllers = socket.messages.filter(({ msg }) => msg === 'CONTROL_CHANGED').map(({ controller }) => controller);
  assert.deepEqual(controllers, ['host', '']);
  await socket.ask('DISCONNECT');
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 4000 });
  assert.deepEqual(
    [(await guest.connect()).answer.msg, (await guest.ask('POLL_EVENTS', { cursor: 9 })).answer.events],
    ['SESSION_NOT_EXIST', [{ msg: 'SESSION_ENDED', cursor: 10, reason: 'users_left' }]],
  );
});

test('a lost connection is waited for; who comes back in time finds the session', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 2, alone_grace_seconds: 2 });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const first = await person.socket(t);
  first.stream.destroy();
  const second = await person.socket(t);
  const { events } = await second.ask('POLL_EVENTS', { cursor: 0 });
  assert.deepEqual(words(events), ['APP_READY', 'USER_JOINED', 'CONTROL_CHANGED']);
  const began = Date.now();
  second.stream.destroy();
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 6000 });
  assert.ok(Date.now() - began >= 1900);
});

test('a long poll keeps its person present, and its loss is a loss', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 1, alone_grace_seconds: 1 });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p');
  const { cursor } = (await person.connect()).answer;
  assert.deepEqual((await person.ask('POLL_EVENTS', { cursor, wait_seconds: 3 })).answer.events, []);
  const away = new AbortController();
  const lost = person.ask('POLL_EVENTS', { cursor, wait_seconds: 60 }, { signal: away.signal });
  setTimeout(() => away.abort(), 100);
  await assert.rejects(lost);
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 6000 });
});

test('more waiting polls than one person may have answer the oldest', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p');
  const { cursor } = (await person.connect()).answer;
  const polls = Array.from({ length: 4 }, () => person.ask('POLL_EVENTS', { cursor, wait_seconds: 30 }));
  const first = Promise.race(polls);
  const last = person.ask('POLL_EVENTS', { cursor, wait_seconds: 2 });
  assert.deepEqual((await first).answer.events, []);
  await streamer.control('END_SESSION', { session });
  for (const poll of [...polls.slice(1), last]) await poll;
});

test('time runs out: warnings, the end, and the reason for everybody', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p', { role: 'host' }).socket(t);
  await streamer.control('EXTEND_SESSION', { session, ends_at: instant(63) });
  const early = await socket.event('SESSION_ENDING');
  assert.ok(early.seconds_left > 60 && early.seconds_left < 64, JSON.stringify(early));
  const late = await until(() => socket.messages.filter(({ msg }) => msg === 'SESSION_ENDING')[1]);
  assert.ok(late.seconds_left >= 59 && late.seconds_left <= 60, JSON.stringify(late));
  await streamer.control('EXTEND_SESSION', { session, ends_at: instant(2) });
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'time_over');
  assert.equal((await socket.end()).code, 1000);
  await streamer.program.waitFor(/session_ended .*reason=time_over/);
});

test('SIGTERM ends sessions in order, and people are told', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p').socket(t);
  const poller = streamer.person(session, 'q');
  const { cursor } = (await poller.connect()).answer;
  const polled = poller.ask('POLL_EVENTS', { cursor, wait_seconds: 30 });
  await socket.event('USER_JOINED');
  assert.deepEqual(await streamer.program.stop(), { code: 0, signal: null });
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'server_stopping');
  assert.equal((await polled).answer.events[0].reason, 'server_stopping');
  assert.deepEqual(streamer.sessionDirectories(), []);
});

test('pages of allowed origins may use it, others may not', async t => {
  const streamer = await startStreamer(t, { allowed_origins: ['https://site.example'] });
  await streamer.startSession();
  const ask = (/** @type {string} */ method, /** @type {string} */ path, /** @type {string} */ Origin) =>
    request(streamer.base + path, { method, headers: { Origin, 'Content-Length': '0' } });
  const allowed = await ask('OPTIONS', 'whep/x', 'https://site.example');
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers['access-control-allow-origin'], 'https://site.example');
  assert.equal(allowed.headers['access-control-allow-methods'], 'POST, PATCH, DELETE');
  assert.match(String(allowed.headers['access-control-allow-headers']), /Authorization/);
  assert.equal(allowed.headers.vary, 'Origin');
  const answered = await ask('POST', 'session', 'https://site.example');
  assert.match(String(answered.headers['access-control-expose-headers']), /Location/);
  for (const [method, path, origin] of [
    ['OPTIONS', 'session', 'https://evil.example'],
    ['POST', 'session', 'https://evil.example'],
    ['OPTIONS', 'control', 'https://site.example'],
  ])
    assert.equal((await ask(method, path, origin)).headers['access-control-allow-origin'], undefined);
  const open = (/** @type {string} */ path, /** @type {string} */ Origin) =>
    WebSocketClient.open(t, streamer.base + path, { headers: { Origin } });
  await open('session', 'https://site.example');
  await assert.rejects(open('session', 'https://evil.example'));
  await assert.rejects(open('control', 'https://site.example'));
});
