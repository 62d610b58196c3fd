// @ts-check
// The list of servers and the plan in a database: what operators change there is live, and two coordinators are as good as one.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client, request } from './lib/client.mjs';
import { LISTENING, startCoordinator } from './lib/coordinator.mjs';
import { administer, Database, hasDatabase, startShared } from './lib/database.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { HOUR, instant, journalLine, MINUTE, planned, PlanningFiles, roundTime, written } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';

/* One server for all but those that stop it; a database for each. */
const server = hasDatabase ? await Database.start({ after: fn => after(fn) }) : null;
const fresh = () => server?.fresh();
const skip = hasDatabase ? false : 'there is no mariadbd on this machine';

test('a site moves into a database and back and loses nothing', { skip }, async t => {
  const database = /** @type {Database} */ (fresh());
  const files = new PlanningFiles(t);
  const servers = [
    { server_name: 'b', ip: '127.0.0.1', port: '7001', rc_info: { rc_name: 'Река «А»', info: { deskription: [{ ru: '🏠' }] }, own: 1 } },
    { server_name1: 'a', ip: '::1', port: 7002, rc_info: { rc_name: 'River' }, url: 'streamer/a/', anything: { else: [1, null] } },
  ];
  const plan = [
    planned(HOUR, 2 * HOUR, { request_id: 'the client\'s own' }),
    planned(-HOUR, HOUR, { state: 'running', server_name: 'b', booked: false }),
    planned(-2 * HOUR, -HOUR, { state: 'ended', reason: 'no_show', ended_at: instant(Date.now() - HOUR) }),
  ];
  files.writeConfiguration({ store: database.store });
  files.writeServers(/** @type {any} */ (servers));
  files.writePlan(plan.slice(0, 2));
  writeFileSync(files.journal, journalLine(1, plan[2]));
  assert.match(administer(files, '--migrate'), /from version 0/);
  assert.match(administer(files, '--migrate'), /up to date/);
  assert.match(administer(files, '--import', files.servers), /2 servers and 3 reservations/);
  assert.match(administer(files, '--import', files.servers), /2 servers and 3 reservations/, 'twice is once');
  const copy = join(files.directory, 'copy.json');
  assert.throws(() => administer(files, '--export', copy), /exists already/);
  rmSync(files.plan);
  assert.throws(() => administer(files, '--export', copy), /sessions_planned\.journal: exists already/);
  rmSync(files.journal);
  administer(files, '--export', copy);
  assert.deepEqual(JSON.parse(readFileSync(copy, 'utf8')), servers);
  const byId = (/** @type {any[]} */ list) => list.map(record => ({ ...record })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const exported = files.readPlan().map(record => ({ ...record, created_at: undefined }));
  for (const [i, record] of byId(exported).entries()) {
    const { created_at: _, ...rest } = record;
    assert.deepEqual(rest, { booked: false, ...byId(plan)[i] });
  }
});

test('what an operator does with an SQL client is live', { skip }, async t => {
  const { database, streamers, sites: [{ client, coordinator }] } = await startShared(t, { coordinators: 1, limits: [1, 1], database: fresh() });
  const names = async () => {
    const { answer } = await client.ask('GET_SERVERS', { range: '0-9' });
    return (answer.servers ?? []).map((/** @type {any} */ { server_name, state }) => `${server_name} ${state}`);
  };
  assert.deepEqual(await names(), ['river-1 free', 'river-2 free']);
  database.query("UPDATE servers SET enabled = 0 WHERE server_name = 'river-1'");
  await until(async () => (await names()).join() === 'river-1 draining,river-2 free', { what: 'a disabled server drains' });
  const add = `INSERT INTO servers (server_name, position, ip, port, rc_name, info)
    SELECT 'by-hand', -1, ip, port, 'River', '{"title":[{"en":"It''s by hand"}]}' FROM servers WHERE server_name = 'river-1'`;
  database.query(add);
  await until(async () => (await names()).join() === 'by-hand offline,river-1 draining,river-2 free', { what: 'an added one comes first; it has another name' });
  const { answer } = await client.ask('GET_SERVERS', { range: '0-0' });
  assert.deepEqual(answer.servers[0].rc_info, { rc_name: 'River', info: { title: [{ en: "It's by hand" }] } });
  database.query("UPDATE servers SET port = 1 WHERE server_name = 'river-2'");
  await until(async () => (await names())[2] === 'river-2 offline', { what: 'a moved one is looked for where it is now' });
  database.query(`UPDATE servers SET port = ${streamers[1].port}, info = 'broken' WHERE server_name = 'river-2'`);
  await coordinator.waitFor(/servers_kept .*river-2: info/);
  assert.equal((await names()).length, 3, 'a broken row changes nothing');
  database.query("UPDATE servers SET info = NULL WHERE server_name = 'river-2'");
  await until(async () => (await names())[2] === 'river-2 free', { what: 'the list is read again when it is whole' });
});

test('a row that breaks a rule is left where it is and told of once; the others are served, and it too when it is mended', { skip }, async t => {
  const { database, sites: [site] } = await startShared(t, { coordinators: 1, database: fresh() });
  const { answer: good } = await site.book(roundTime(HOUR));
  const { answer: bad } = await site.book(roundTime(3 * HOUR));
  const [[id]] = database.query(`SELECT id FROM reservations WHERE code = '${bad.code}'`);
  await site.coordinator.stop();
  const breakRow = () => database.query(`UPDATE reservations SET code = '77', ends_at = starts_at - INTERVAL 1 HOUR WHERE id = '${id}'`);
  breakRow();
  const files = /** @type {PlanningFiles} */ (site.files);
  const coordinator = await startCoordinator(t, files);
  await coordinator.waitFor(new RegExp(` row_rejected table=reservations id=${id} reason="?code: must have at least 4 bytes`));
  assert.equal((await site.come(good.code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await site.come(bad.code)).answer.msg, 'SESSION_NOT_EXIST');
  const rejected = async () => {
    const { text } = await request(`${site.nginx.url}metrics`, { ca: site.nginx.ca });
    return readMetrics(text).get('vitrina_coordinator_rejected_reservations');
  };
  assert.equal(await rejected(), 1);
  assert.equal((await site.book(roundTime(5 * HOUR))).status, 200);
  rmSync(files.plan);
  assert.match(administer(files, '--export', join(files.directory, 'copy.json')), new RegExp(`${id} was left out: code: must have`));
  assert.ok(!files.readPlan().some(record => record.id === id));
  database.query(`UPDATE reservations SET code = '${bad.code}', ends_at = starts_at + INTERVAL 1 HOUR WHERE id = '${id}'`);
  await until(async () => (await rejected()) === 0, { what: 'it is read again' });
  await until(async () => (await site.come(bad.code)).answer.msg === 'SESSION_NOT_STARTED');
  assert.equal(coordinator.log.match(/row_rejected/g)?.length, 1);
});

test('what one coordinator promises, another keeps', { skip }, async t => {
  const { sites: [a, b], streamers } = await startShared(t, { database: fresh() });
  const at = roundTime(HOUR);
  const { answer: booking } = await a.book(at, { request_id: 'the client\'s own' });
  assert.deepEqual((await b.book(at, { request_id: 'the client\'s own' })).answer, booking, 'a repeated request is one booking');
  assert.equal((await b.book(at)).answer.msg, 'TIME_NOT_AVAILABLE');
  await until(async () => (await b.come(booking.code)).answer.msg === 'SESSION_NOT_STARTED', { what: 'the code is known' });
  assert.equal((await b.client.ask('CANCEL_SESSION', booking)).status, 200);
  assert.equal((await b.book(at)).status, 200);

  const { answer: session } = await a.walkIn({ duration_minutes: 20 });
  const guest = await until(async () => {
    const { status, answer } = await b.come(session.code);
    return status === 200 && answer;
  }, { what: 'a session is joined at the other' });
  assert.deepEqual([guest.session, guest.role], [session.session, 'guest']);
  assert.equal((await b.walkIn()).answer.msg, 'SERVERS_BUSY');
  const { status, answer } = await b.client.ask('EXTEND_SESSION', { ticket: session.ticket, minutes: 5 });
  assert.deepEqual([status, answer.ends_at], [200, instant(Date.parse(session.ends_at) + 5 * MINUTE)]);
  streamers[0].end(session.session);
  await until(async () => (await b.walkIn()).status === 200, { what: 'an ended one frees its place at both' });
  for (const { coordinator } of [a, b]) assert.doesNotMatch(coordinator.log, /library_message/);
});

test('a booking whose people come to different coordinators at once is one session', { skip }, async t => {
  const plan = [planned(-1000, HOUR), planned(-1000, HOUR), planned(-1000, HOUR)];
  const { sites: [a, b], streamers } = await startShared(t, { limits: [3], plan, database: fresh() });
  for (const [i, { code }] of plan.entries()) {
    const replies = await Promise.all([a.come(code), b.come(code)]);
    assert.deepEqual(replies.map(({ status }) => status), [200, 200]);
    assert.deepEqual(replies.map(({ answer }) => answer.role).sort(), ['guest', 'host']);
    assert.equal(streamers[0].count('START_SESSION'), i + 1);
  }
});

test('of 200 clients at two coordinators exactly 3 get the last 3 places', { skip }, async t => {
  const { sites } = await startShared(t, { limits: [3], database: fresh() });
  const at = roundTime(HOUR);
  const crowds = sites.map(({ client, nginx }) => new Client(client.url, { ca: nginx.ca, connections: 100 }));
  onEnd(t, () => crowds.forEach(crowd => crowd.close()));
  const wish = { rc_name: 'River', ...written(at) };
  const replies = await Promise.all(Array.from({ length: 200 }, (_, i) => crowds[i % 2].ask('PLAN_SESSION', wish)));
  const got = replies.filter(({ status }) => status === 200);
  assert.equal(got.length, 3);
  assert.equal(replies.filter(({ answer }) => answer.msg === 'TIME_NOT_AVAILABLE').length, 197);
  assert.equal(new Set(got.map(({ answer }) => answer.code)).size, 3);
});

test('a coordinator that is killed loses nothing that another does not have', { skip }, async t => {
  const { sites: [a, b] } = await startShared(t, { limits: [2], database: fresh() });
  const { answer: booking } = await a.book(roundTime(HOUR));
  const { answer: session } = await a.walkIn();
  a.coordinator.kill('SIGKILL');
  await until(async () => (await b.come(session.code)).status === 200, { what: 'the session is joined at the other' });
  assert.equal((await b.come(booking.code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await b.client.ask('CANCEL_SESSION', booking)).status, 200);
  await startCoordinator(t, a.files);
  await until(async () => (await a.come(session.code)).status === 200, { what: 'the killed one is back' });
});

test('without the database nothing is promised, and what runs goes on', { skip }, async t => {
  const { database, sites: [a] } = await startShared(t, { coordinators: 1, limits: [2] });
  const { answer: session } = await a.walkIn();
  await database.stop();
  assert.equal((await a.book(roundTime(HOUR))).answer.msg, 'STORE_UNAVAILABLE');
  assert.equal((await a.walkIn()).answer.msg, 'STORE_UNAVAILABLE');
  assert.equal((await a.come(session.code)).status, 200);
  assert.equal((await a.client.ask('GET_RCS')).answer.rcs[0].capacity, 2);
  await a.coordinator.stop();
  const waiting = await startCoordinator(t, a.files, { ready: LISTENING });
  await waiting.waitFor(/database_unreachable/);
  assert.equal((await a.health()).status, 'no_plan');
  assert.equal((await a.walkIn()).answer.msg, 'STORE_UNAVAILABLE', 'not that there were no such complex');
  await database.start();
  await a.online(1);
  await until(async () => (await a.come(session.code)).status === 200, { what: 'all comes back by itself' });
  assert.equal((await a.book(roundTime(HOUR))).status, 200);
});
