// @ts-check
// Long polls: events, cursors, many who wait, clients that vanish, and a stop that leaves nobody without an answer.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { startHill } from './lib/hill.mjs';
import { slowness, until } from './lib/programs.mjs';

test('POLL_EVENTS waits for a change and tells the numbers after it', async t => {
  const { client, cursor, streamer } = await startHill(t);
  const waiting = client.ask('POLL_EVENTS', { cursor, wait_seconds: 20 });
  const { answer: session } = await client.ask('START_SESSION', { rc_name: 'Hill' });
  const started = await waiting;
  assert.equal(started.status, 200);
  assert.equal(started.answer.msg, 'EVENTS');
  assert.deepEqual(started.answer.events,
    [{ msg: 'SERVERS_CHANGED', rcs: [{ rc_name: 'Hill', capacity: 2, free: 1, reachable: 1 }] }]);
  assert.notEqual(started.answer.cursor, cursor);

  streamer.end(session.session);
  const ended = await client.ask('POLL_EVENTS', { cursor: started.answer.cursor, wait_seconds: 20 });
  assert.deepEqual(ended.answer.events.at(-1).rcs, [{ rc_name: 'Hill', capacity: 2, free: 2, reachable: 1 }]);

  const missed = await client.ask('POLL_EVENTS', { cursor });
  assert.equal(missed.answer.events.length, 2, 'who comes later gets what happened since its cursor');
});

test('POLL_EVENTS answers with nothing when the time is over, and at once without wait_seconds', async t => {
  const { client, cursor } = await startHill(t);
  const asked = Date.now();
  const { status, answer } = await client.ask('POLL_EVENTS', { cursor, wait_seconds: 1 });
  assert.deepEqual([status, answer.msg, answer.events, answer.cursor], [200, 'EVENTS', [], cursor]);
  assert.ok(Date.now() - asked >= 990);
  const now = await client.ask('POLL_EVENTS', { cursor });
  assert.deepEqual([now.answer.events, now.answer.cursor], [[], cursor]);
  for (const wait_seconds of [-1, 61, 'soon', 1.5])
    assert.equal((await client.ask('POLL_EVENTS', { wait_seconds })).answer.field, 'wait_seconds');
});

test('a cursor of another time gets the present state of everything', async t => {
  const { client } = await startHill(t);
  for (const cursor of ['00000000-5', 'x', '-', '99999999999999999999999']) {
    const { answer } = await client.ask('POLL_EVENTS', { cursor, wait_seconds: 20 });
    assert.deepEqual(answer.events,
      [{ msg: 'SERVERS_CHANGED', rcs: [{ rc_name: 'Hill', capacity: 2, free: 2, reachable: 1 }] }]);
  }
});

test('an RC that leaves the list is told with nothing free', async t => {
  const { client, cursor, files, coordinator } = await startHill(t);
  files.writeServers([]);
  coordinator.signal('SIGHUP');
  const { answer } = await client.ask('POLL_EVENTS', { cursor, wait_seconds: 20 });
  assert.deepEqual(answer.events[0].rcs, [{ rc_name: 'Hill', capacity: 0, free: 0, reachable: 0 }]);
});

test('a thousand waiting polls hold no thread each, and all get the event', async t => {
  const { client, cursor, health, coordinator } = await startHill(t);
  const polls = Array.from({ length: 1000 }, () => client.ask('POLL_EVENTS', { cursor, wait_seconds: 60 }));
  await until(async () => (await health()).waiting === 1000, { what: '1,000 waiting', timeout: 30_000 });
  assert.ok(readdirSync(`/proc/${coordinator.pid}/task`).length < 20, 'threads');
  await client.ask('START_SESSION', { rc_name: 'Hill' });
  const answers = await Promise.all(polls);
  for (const { status, answer } of answers) {
    assert.equal(status, 200);
    assert.deepEqual(answer.events[0].rcs, [{ rc_name: 'Hill', capacity: 2, free: 1, reachable: 1 }]);
  }
  assert.equal((await health()).waiting, 0);
});

test('clients that vanish while they wait are dropped at once', async t => {
  const { client, cursor, health } = await startHill(t);
  const leaving = Array.from({ length: 25 }, () => new AbortController());
  const polls = Promise.allSettled(
    Array.from({ length: 50 }, (_, i) =>
      client.ask('POLL_EVENTS', { cursor, wait_seconds: 60 }, { signal: leaving[i]?.signal }),
    ),
  );
  await until(async () => (await health()).waiting === 50);
  for (const one of leaving) one.abort();
  await until(async () => (await health()).waiting === 25, { what: 'half of them dropped', timeout: 2000 });
  await client.ask('START_SESSION', { rc_name: 'Hill' });
  assert.equal((await polls).filter(s => s.status === 'fulfilled' && s.value.status === 200).length, 25);
});

test('more than max_waiting are refused at once, with a time to come back', async t => {
  const { client, cursor, health } = await startHill(t, { max_waiting: 3 });
  const polls = Array.from({ length: 3 }, () => client.ask('POLL_EVENTS', { cursor, wait_seconds: 30 }));
  await until(async () => (await health()).waiting === 3);
  const refused = await client.ask('POLL_EVENTS', { cursor, wait_seconds: 30 });
  assert.deepEqual([refused.status, refused.answer.msg], [429, 'TOO_MANY_ATTEMPTS']);
  assert.equal(refused.headers['retry-after'], String(refused.answer.retry_after_seconds));
  await client.ask('START_SESSION', { rc_name: 'Hill' });
  await Promise.all(polls);
});

test('an orderly stop answers everybody and is over within two seconds', async t => {
  const { client, quiet, health, coordinator, files, streamer } = await startHill(t);
  streamer.starting = 'hangs';
  const start = client.ask('START_SESSION', { rc_name: 'Hill' });
  await until(() => streamer.count('START_SESSION') === 1);
  const cursor = await quiet();
  const polls = Array.from({ length: 300 }, () => client.ask('POLL_EVENTS', { cursor, wait_seconds: 60 }));
  await until(async () => (await health()).waiting === 301);
  const asked = Date.now();
  const { code } = await coordinator.stop();
  assert.equal(code, 0);
  assert.ok(Date.now() - asked < 2000 * slowness);
  for (const { status, answer } of await Promise.all(polls)) assert.deepEqual([status, answer.msg], [200, 'EVENTS']);
  const refused = await start;
  assert.deepEqual([refused.status, refused.answer.msg], [503, 'SERVERS_BUSY']);
  assert.ok(!existsSync(files.socket), 'the socket is removed');
  const gone = await client.ask('GET_RCS');
  assert.deepEqual([gone.status, gone.answer.msg], [502, 'INTERNAL_ERROR'], "nginx's own answer");
});
