// @ts-check
// Out of order is not busy: what cannot be reached is told as that, nobody stands in line for it, and a server that is
// switched off in the list lets those who are there stay.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { Database, hasDatabase, startShared } from './lib/database.mjs';
import { startFakeFleet } from './lib/fake_fleet.mjs';
import { HOUR, instant, MINUTE, planned, roundTime, startRiver, usual } from './lib/planning.mjs';
import { slowness, until } from './lib/programs.mjs';

/** @typedef {import('./lib/client.mjs').Client} Client */

/** @param {import('./lib/client.mjs').Reply} reply */
const told = ({ status, answer }) => [status, answer.msg];

/** @param {Client} client */
const river = async client => (await client.ask('GET_RCS')).answer.rcs[0];

/** Waits until so many of River's servers can be reached. @param {Client} client @param {number} count */
const reachable = (client, count) => until(async () => (await river(client)).reachable === count, { what: `${count} can be reached` });

test('GET_RCS and SERVERS_CHANGED tell how many servers can be reached', async t => {
  const { client, streamers } = await startRiver(t, { limits: [1, 1] });
  assert.equal((await river(client)).reachable, 2);
  let { cursor } = (await client.ask('POLL_EVENTS', { wait_seconds: 0 })).answer;
  /* Changes are told gathered: that both are there has to be told before one goes, or neither change is. */
  cursor = (await client.ask('POLL_EVENTS', { cursor, wait_seconds: 2 })).answer.cursor;
  for (const left of [1, 0]) {
    await streamers[left].close();
    const isTold = async () => {
      const { answer } = await client.ask('POLL_EVENTS', { cursor, wait_seconds: 1 });
      cursor = answer.cursor;
      return answer.events.some((/** @type {any} */ event) => event.msg === 'SERVERS_CHANGED' && event.rcs[0].reachable === left);
    };
    await until(isTold, { what: `${left} can be reached, people are told`, timeout: 20_000 });
    assert.equal((await river(client)).reachable, left);
  }
  assert.deepEqual([(await river(client)).capacity, (await river(client)).free], [2, 0]);
});

test('when nothing can be reached a start says so at once, and offers no line', async t => {
  const { client, streamers, walkIn } = await startRiver(t, { limits: [1, 1] });
  for (const streamer of streamers) await streamer.close();
  await reachable(client, 0);
  for (const fields of [{}, { wait_seconds: 0 }, { wait_seconds: 30 }, { wait_seconds: 30, place: 'made-up' }]) {
    const begun = Date.now();
    const reply = await walkIn(fields);
    assert.deepEqual(told(reply), [503, 'SERVERS_UNREACHABLE'], JSON.stringify(fields));
    assert.equal(reply.answer.place, undefined);
    assert.ok(reply.answer.retry_after_seconds > 0);
    assert.ok(Date.now() - begun < 3000 * slowness);
  }
  assert.equal((await river(client)).waiting, 0);
  await streamers[0].listen();
  await reachable(client, 1);
  assert.equal((await walkIn()).status, 200);
});

test('who stands in line is told when nothing can be reached any more', async t => {
  const { client, streamers, walkIn } = await startRiver(t);
  await walkIn();
  const waiting = walkIn({ wait_seconds: 60 });
  await until(async () => (await river(client)).waiting === 1);
  const { place } = (await walkIn({ wait_seconds: 0 })).answer;
  await streamers[0].close();
  const first = await waiting;
  assert.deepEqual([...told(first), first.answer.place], [503, 'SERVERS_UNREACHABLE', undefined]);
  assert.deepEqual(told(await walkIn({ wait_seconds: 60, place })), [503, 'SERVERS_UNREACHABLE'], 'also by their place');
});

test('a streamer that starts again leaves the line as it is', async t => {
  const { client, streamers, walkIn } = await startRiver(t);
  await walkIn();
  const waiting = walkIn({ wait_seconds: 60 });
  await until(async () => (await river(client)).waiting === 1);
  await streamers[0].close();
  await reachable(client, 0);
  await streamers[0].listen();
  assert.deepEqual(told(await waiting), [200, 'SESSION_CONNECTION_DATA']);
});

test('a session whose server is gone cannot be joined just now, nor a booking begun', async t => {
  const booking = planned(-MINUTE, HOUR, { code: '4711' });
  const { client, streamers, walkIn, come } = await startRiver(t, { limits: [2], plan: [booking] });
  const { code } = (await walkIn()).answer;
  await streamers[0].close();
  await reachable(client, 0);
  assert.deepEqual(told(await come(code)), [503, 'SERVERS_UNREACHABLE']);
  assert.deepEqual(told(await come(booking.code)), [503, 'SERVERS_UNREACHABLE']);
  await streamers[0].listen();
  await reachable(client, 1);
  assert.deepEqual(told(await come(booking.code)), [200, 'SESSION_CONNECTION_DATA']);
});

test('a server that the list switches off takes nothing new; what runs there is joined and extended', async t => {
  const { client, streamers, files, walkIn, come, book } = await startRiver(t, { limits: [1, 1] });
  const sessions = [(await walkIn({ duration_minutes: 10 })).answer, (await walkIn({ duration_minutes: 10 })).answer];
  const [off, on] = streamers[0].sessions.has(sessions[0].session) ? sessions : [...sessions].reverse();
  const list = (/** @type {object} */ more) => files.writeServers([listed(streamers[0], 'River', more), listed(streamers[1], 'River')]);
  list({ enabled: false });
  const states = async () => (await client.ask('GET_SERVERS', { range: '0-1' })).answer.servers.map((/** @type {any} */ one) => one.state);
  await until(async () => (await states())[0] === 'draining');
  const { capacity, free, reachable: left } = await river(client);
  assert.deepEqual([capacity, free, left], [1, 0, 1]);
  const guest = await come(off.code);
  assert.deepEqual([...told(guest), guest.answer.session], [200, 'SESSION_CONNECTION_DATA', off.session]);
  const longer = await client.ask('EXTEND_SESSION', { ticket: off.ticket, minutes: 10 });
  assert.deepEqual(told(longer), [200, 'SESSION_EXTENDED']);
  assert.equal(streamers[0].sessions.get(off.session)?.ends_at, longer.answer.ends_at);
  assert.deepEqual(told(await walkIn()), [503, 'SERVERS_BUSY']);
  const at = roundTime(2 * HOUR);
  assert.equal((await book(at, { duration_minutes: 10 })).status, 200);
  assert.equal((await book(at, { duration_minutes: 10 })).answer.msg, 'TIME_NOT_AVAILABLE', 'one place is left');
  streamers[1].end(on.session);
  await until(async () => (await river(client)).free === 1);
  assert.equal((await walkIn()).answer.port, String(streamers[1].port));
  list({ enabled: true });
  await until(async () => (await states())[0] === 'busy');
  streamers[0].end(off.session);
  await until(async () => (await river(client)).free === 1);
});

test('a complex that is switched off as a whole is told as out of reach, while its people go on', async t => {
  const { client, streamers, files, walkIn, come } = await startRiver(t);
  const { code, ticket, ends_at } = (await walkIn({ duration_minutes: 10 })).answer;
  files.writeServers([listed(streamers[0], 'River', { enabled: false })]);
  await reachable(client, 0);
  assert.deepEqual(told(await walkIn({ wait_seconds: 30 })), [503, 'SERVERS_UNREACHABLE']);
  assert.equal((await come(code)).status, 200);
  const wanted = instant(Date.parse(ends_at) + 10 * MINUTE);
  assert.equal((await client.ask('EXTEND_SESSION', { ticket, until: wanted })).answer.ends_at, wanted);
});

test('the table says it by its column', { skip: !hasDatabase && 'no MariaDB here' }, async t => {
  const database = await Database.start(t);
  const settings = { ...usual, time_between_updates_seconds: 1 };
  const { sites, streamers } = await startShared(t, { database, settings });
  const [a, b] = sites;
  const session = (await a.walkIn({ duration_minutes: 10 })).answer;
  database.query("UPDATE servers SET enabled = 0 WHERE server_name = 'river-1'");
  for (const { client } of sites) await reachable(client, 0);
  assert.deepEqual(told(await b.walkIn()), [503, 'SERVERS_UNREACHABLE']);
  assert.equal((await b.come(session.code)).status, 200);
  for (const [site, minutes] of /** @type {[typeof a, number][]} */ ([[a, 10], [b, 20]])) {
    const wanted = instant(Date.parse(session.ends_at) + minutes * MINUTE);
    assert.equal((await site.client.ask('EXTEND_SESSION', { ticket: session.ticket, until: wanted })).answer.ends_at, wanted);
    assert.equal(streamers[0].sessions.get(session.session)?.ends_at, wanted);
  }
  database.query("UPDATE servers SET enabled = 1 WHERE server_name = 'river-1'");
  for (const { client } of sites) await reachable(client, 1);
});

test('dead servers are in nobody\'s way: the living ones behind them are known soon, and a start is as quick', async t => {
  const [dead, living] = [4_000, 200];
  const files = new CoordinatorFiles(t);
  const fleet = await startFakeFleet(t, { count: dead + living, keyFile: join(files.directory, 'vitrina.key') });
  await fleet.misbehave(Array.from({ length: dead }, (_, i) => i), 'silent');
  const settings = { access_log: false, log_level: 'notice', status_wait_seconds: 30, code_digits: 6 };
  const { client, online } = await startSite(t, { files, servers: fleet.servers, settings });
  /* Each of the dead takes 1.5 s, and 256 at a time would be 24 s for all. */
  await online(living, 22_000);
  for (let i = 0; i < 20; i++) {
    const asked = Date.now();
    assert.equal((await client.ask('START_SESSION', { rc_name: 'RC 0' })).status, 200);
    assert.ok(Date.now() - asked < 1_000 * slowness);
  }
});
