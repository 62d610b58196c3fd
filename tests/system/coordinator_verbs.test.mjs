// @ts-check
// The wire of the coordinator's verbs, good and bad, through nginx.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { until } from './lib/programs.mjs';

const CODE = /^\d{4}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Two servers of "River", one of "Park", with these limits.
 * @param {import('node:test').TestContext} t @param {{ limits?: number[], settings?: object }} [options]
 */
async function startThree(t, { limits = [1, 1, 1], settings } = {}) {
  const files = new CoordinatorFiles(t);
  const names = ['river-1', 'river-2', 'park-1'];
  const streamers = await Promise.all(
    names.map((name, i) => FakeStreamer.start(t, { name, key: files.key, limit: limits[i] })),
  );
  const servers = streamers.map((streamer, i) => listed(streamer, i < 2 ? 'River' : 'Park'));
  const site = await startSite(t, { files, servers, settings });
  await site.online(3);
  return { ...site, streamers };
}

/** @param {string} ticket @returns {any} its claims */
const claims = ticket => JSON.parse(Buffer.from(ticket.split('.')[1], 'base64url').toString());

test('GET_SERVERS gives both ends of the range, what the file says, and the state', async t => {
  const { client } = await startThree(t);
  const all = await client.ask('GET_SERVERS', { range: '0-19' });
  assert.equal(all.status, 200);
  assert.match(all.headers['content-type'] ?? '', /^application\/json/);
  assert.equal(all.headers['cache-control'], 'no-store');
  assert.equal(all.answer.msg, 'SERVERS_FOUND');
  assert.equal(all.answer.total, 3);
  assert.deepEqual(
    all.answer.servers.map((/** @type {any} */ s) => [s.server_name, s.state, s.sessions, s.session_limit]),
    [['river-1', 'free', 0, 1], ['river-2', 'free', 0, 1], ['park-1', 'free', 0, 1]],
  );
  assert.deepEqual(all.answer.servers[2].rc_info.info.deskription, [{ en: 'About Park' }, { ru: 'О Park' }]);
  const middle = await client.ask('GET_SERVERS', { range: '1-1' });
  assert.deepEqual(middle.answer.servers.map((/** @type {any} */ s) => s.server_name), ['river-2']);
  const beyond = await client.ask('GET_SERVERS', { range: '3-9' });
  assert.equal(beyond.status, 404);
  assert.equal(beyond.answer.msg, 'SERVERS_NOT_FOUND');
});

test('GET_SERVERS refuses what is no range, naming the field', async t => {
  const { client } = await startSite(t);
  for (const range of ['', '5', '5-', '-5', '5-4', '0-1000', 'a-b', '0-9 ', '0x1-2', '0--1', '99999999999-99999999999', 7]) {
    const { status, answer } = await client.ask('GET_SERVERS', { range });
    assert.equal(status, 400, JSON.stringify(range));
    assert.equal(answer.msg, 'BAD_REQUEST');
    assert.equal(answer.field, 'range');
    assert.ok(answer.reason.length > 0);
  }
  assert.equal((await client.ask('GET_SERVERS', { range: '0-999' })).answer.msg, 'SERVERS_NOT_FOUND');
});

test('GET_RCS sums up the copies of an RC, in the order of the file', async t => {
  const { client } = await startThree(t, { limits: [1, 2, 3] });
  const { status, answer } = await client.ask('GET_RCS');
  assert.equal(status, 200);
  assert.equal(answer.msg, 'RCS_FOUND');
  assert.deepEqual(
    answer.rcs.map((/** @type {any} */ rc) => [rc.rc_name, rc.servers, rc.capacity, rc.free]),
    [['River', 2, 3, 3], ['Park', 1, 3, 3]],
  );
  assert.deepEqual(answer.rcs[0].info.deskription, [{ en: 'About River' }, { ru: 'О River' }]);
});

test('START_SESSION gives a host everything to connect; the code lets guests in', async t => {
  const { client, streamers } = await startThree(t);
  const park = streamers[2];
  const started = await client.ask('START_SESSION', { rc_name: 'Park', name: 'Анна' });
  assert.equal(started.status, 200);
  const data = started.answer;
  assert.equal(data.msg, 'SESSION_CONNECTION_DATA');
  assert.equal(data.ip, '127.0.0.1');
  assert.equal(data.port, String(park.port));
  assert.equal(data.url, `http://127.0.0.1:${park.port}/`);
  assert.match(data.code, CODE);
  assert.match(data.starts_at, INSTANT);
  const minutes = (Date.parse(data.ends_at) - Date.parse(data.starts_at)) / 60_000;
  assert.ok(minutes > 59 && minutes <= 60, `${minutes} minutes, from when it is there`);
  assert.equal(data.role, 'host');
  assert.equal(data.rc_name, 'Park');
  const host = claims(data.ticket);
  assert.equal(host.aud, 'park-1');
  assert.equal(host.sid, data.session);
  assert.equal(host.role, 'host');
  assert.equal(host.name, 'Анна');
  assert.ok(host.exp >= Date.parse(data.ends_at) / 1000);
  const [asked] = park.requests.filter(r => r.verb === 'START_SESSION');
  assert.deepEqual([asked.session, asked.code, asked.rc_name, asked.ends_at],
    [data.session, data.code, 'Park', data.ends_at]);

  for (const code of [data.code, ...(data.code[0] === '0' ? [] : [Number(data.code)])]) {
    const joined = await client.ask('CONNECT_SESSION_WITH_CODE', { code });
    assert.equal(joined.status, 200);
    assert.equal(joined.answer.session, data.session);
    assert.equal(joined.answer.role, 'guest');
    assert.equal(joined.answer.ends_at, data.ends_at);
    const guest = claims(joined.answer.ticket);
    assert.equal(guest.role, 'guest');
    assert.notEqual(guest.sub, host.sub);
  }
});

test('CONNECT_SESSION_WITH_CODE refuses codes that nobody has, and what is no code', async t => {
  const { client } = await startSite(t);
  const unknown = await client.ask('CONNECT_SESSION_WITH_CODE', { code: '0000' });
  assert.equal(unknown.status, 404);
  assert.equal(unknown.answer.msg, 'SESSION_NOT_EXIST');
  for (const code of ['12', '12a4', '１２３４', '1234567890', null, 1.5, {}]) {
    const { status, answer } = await client.ask('CONNECT_SESSION_WITH_CODE', { code });
    assert.equal(status, 400, JSON.stringify(code));
    assert.equal(answer.msg, 'BAD_REQUEST');
    assert.equal(answer.field, 'code');
  }
});

test('START_SESSION uses both copies of an RC, then says when to try again', async t => {
  const { client, streamers } = await startThree(t);
  const first = await client.ask('START_SESSION', { rc_name: 'River', duration_minutes: 10 });
  const second = await client.ask('START_SESSION', { rc_name: 'River' });
  assert.deepEqual([first.status, second.status], [200, 200]);
  assert.notEqual(first.answer.port, second.answer.port);
  assert.notEqual(first.answer.code, second.answer.code);
  const third = await client.ask('START_SESSION', { rc_name: 'River' });
  assert.equal(third.status, 503);
  assert.equal(third.answer.msg, 'SERVERS_BUSY');
  assert.equal(third.answer.free_at, first.answer.ends_at);
  assert.ok(third.answer.retry_after_seconds > 0);
  assert.equal(third.headers['retry-after'], String(third.answer.retry_after_seconds));
  assert.equal(streamers[0].count('START_SESSION') + streamers[1].count('START_SESSION'), 2);
});

test('a place is free again as soon as its session has ended', async t => {
  const { client, streamers } = await startThree(t);
  const first = await client.ask('START_SESSION', { rc_name: 'Park' });
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Park' })).status, 503);
  streamers[2].end(first.answer.session);
  await until(async () => (await client.ask('GET_RCS')).answer.rcs[1].free === 1);
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Park' })).status, 200);
  const old = await client.ask('CONNECT_SESSION_WITH_CODE', { code: first.answer.code });
  assert.equal(old.answer.msg, 'SESSION_NOT_EXIST');
});

test('START_SESSION refuses unknown RCs and durations out of range', async t => {
  const { client } = await startThree(t, { settings: { session_minutes: 30, min_session_minutes: 5 } });
  const unknown = await client.ask('START_SESSION', { rc_name: 'Atlantis' });
  assert.equal(unknown.status, 404);
  assert.equal(unknown.answer.msg, 'RC_NOT_FOUND');
  const missing = await client.ask('START_SESSION');
  assert.deepEqual([missing.status, missing.answer.field], [400, 'rc_name']);
  for (const duration_minutes of [0, 4, 31, 1e300, 7.5, '10']) {
    const { status, answer } = await client.ask('START_SESSION', { rc_name: 'Park', duration_minutes });
    assert.deepEqual([status, answer.field], [400, 'duration_minutes'], String(duration_minutes));
  }
});

test('what is not one good JSON object is a BAD_REQUEST', async t => {
  const { client } = await startSite(t);
  const deep = `{"verb":"GET_RCS","x":${'['.repeat(17)}${']'.repeat(17)}}`;
  const bodies = ['', ' ', 'null', '[]', '"GET_RCS"', '{', '{"verb":"GET_RCS"} x', '{"verb":"GET_RCS"}{"verb":"GET_RCS"}',
    '{"verb":"GET_RCS","verb":"GET_RCS"}', '{"verb":7}', '{}', '{"verb":"GET_RCS\\u0000"}', deep,
    Buffer.from([0x7b, 0x22, 0x76, 0xff, 0x22, 0x7d]), Buffer.from('{"verb":"GET_RCS"}\0')];
  for (const body of bodies) {
    const { status, answer } = await client.send(body);
    assert.deepEqual([status, answer?.msg], [400, 'BAD_REQUEST'], String(body));
    assert.ok(answer.reason.length > 0);
  }
  const unknown = await client.ask('MAKE_COFFEE');
  assert.deepEqual([unknown.status, unknown.answer.msg], [400, 'UNKNOWN_VERB']);
  const extra = await client.ask('GET_RCS', { unheard_of: [1, { a: 2 }] });
  assert.equal(extra.status, 200, 'unknown fields are ignored');
});

test('the answer carries the id of its request, and one of its own in a header', async t => {
  const { client } = await startSite(t);
  assert.equal((await client.ask('GET_RCS', { id: 'a"б' })).answer.id, 'a"б');
  assert.equal((await client.ask('GET_RCS', { id: 7 })).answer.id, 7);
  assert.equal((await client.ask('NONE', { id: 8 })).answer.id, 8);
  assert.equal((await client.ask('GET_RCS', { id: {} })).status, 400);
  const [one, two] = [await client.ask('GET_RCS'), await client.ask('GET_RCS')];
  assert.match(String(one.headers['x-request-id']), /^[0-9a-f]{32}$/);
  assert.notEqual(one.headers['x-request-id'], two.headers['x-request-id']);
});

test('other methods, other addresses and large bodies have their own refusals', async t => {
  const { client, nginx, coordinator } = await startSite(t);
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status, answer, headers } = await request(client.url, { method, ca: nginx.ca });
    assert.deepEqual([status, answer.msg, headers.allow], [405, 'METHOD_NOT_ALLOWED', 'POST'], method);
  }
  const limit = 64 * 1024;
  const padded = (/** @type {number} */ size) => '{"verb":"GET_RCS"}'.padEnd(size);
  assert.equal((await client.send(padded(limit))).status, 200);
  const large = await client.send(padded(limit + 1));
  assert.deepEqual([large.status, large.answer.msg], [413, 'TOO_LARGE']);
  const huge = await client.send(padded(1_000_000));
  assert.deepEqual([huge.status, huge.answer.msg], [413, 'TOO_LARGE']);
  const chunked = await client.send(padded(limit + 1), { headers: { 'Transfer-Encoding': 'chunked' } });
  assert.deepEqual([chunked.status, chunked.answer.msg], [413, 'TOO_LARGE']);
  await coordinator.waitFor(/ request request=[0-9a-f]{32} client=127\.0\.0\.1 method=POST target=\/api verb=GET_RCS answer=RCS_FOUND status=200 /);
});

test('the type of the content does not matter, and neither does the sub-path', async t => {
  const { client, nginx } = await startSite(t, { path: '/demo/show/' });
  assert.match(client.url, /\/demo\/show\/api$/);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', ''])
    assert.equal((await client.send('{"verb":"GET_RCS"}', { headers: { 'Content-Type': type } })).status, 200);
  const health = await request(`${nginx.url}health`, { ca: nginx.ca });
  assert.deepEqual([health.status, health.answer.status, health.answer.servers], [200, 'ok', 0]);
});
