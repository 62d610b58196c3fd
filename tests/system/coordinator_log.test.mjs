// @ts-check
// What operators find in the log at the level of the sample: bookings, those who were turned away, and one id for a request
// from the web server to the streamer.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startApache } from './lib/apache.mjs';
import { invoke } from './lib/cgi.mjs';
import { request } from './lib/client.mjs';
import { listed, startCoordinator, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { FastCgi, wholeRequest } from './lib/fastcgi.mjs';
import { HOUR, PlanningFiles, roundTime, written } from './lib/planning.mjs';
import { onEnd, source, until } from './lib/programs.mjs';

/** @typedef {import('node:test').TestContext} T */

const { log_level } = JSON.parse(readFileSync(join(source, 'conf/configuration.json'), 'utf8'));
const quiet = { log_level, access_log: false };

/** A site with one server. @param {T} t @param {object} [settings] @param {number} [limit] */
async function startOne(t, settings, limit = 1) {
  const files = new PlanningFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'a', key: files.key, limit });
  const site = await startSite(t, { files, settings: { ...quiet, slot_minutes: 1, ...settings }, servers: [listed(streamer, 'River')] });
  await site.online(1);
  return { ...site, streamer };
}

test('a booking and its end have a line each, with nothing in it that opens or cancels', async t => {
  const { client, coordinator } = await startOne(t);
  const at = roundTime(2 * HOUR);
  const { answer, headers } = await client.ask('PLAN_SESSION', { rc_name: 'River', ...written(at), name: 'Anna' });
  const [, id] = await coordinator.waitFor(
    new RegExp(` notice: booked request=${headers['x-request-id']} client=127\\.0\\.0\\.1 session=(\\S+) rc=River starts_at=${answer.starts_at} ends_at=${answer.ends_at}\\n`),
  );
  const cancelled = await client.ask('CANCEL_SESSION', { code: answer.code, key: answer.key });
  await coordinator.waitFor(new RegExp(` notice: cancelled request=${cancelled.headers['x-request-id']} client=127\\.0\\.0\\.1 session=${id} rc=River `));
  const lines = coordinator.log.split('\n').filter(line => / notice: (booked|cancelled) /.test(line));
  assert.equal(lines.length, 2);
  for (const secret of [answer.key, 'Anna']) assert.ok(!coordinator.log.includes(secret));
  const told = lines.map(line => line.replace(/^.*? notice: /, '').replace(/(request|session|client)=\S+/g, ''));
  assert.ok(!told.some(line => new RegExp(`(?<![\\d:-])${answer.code}(?![\\d:-])`).test(line)), 'nor the code');
});

test('who is turned away is told: all busy, and a time that is full', async t => {
  const { client, coordinator } = await startOne(t);
  /** @param {string} verb @param {object} fields @param {string} msg @param {string} rc */
  const turnedAway = async (verb, fields, msg, rc) => {
    const { answer, headers } = await client.ask(verb, fields);
    assert.equal(answer.msg, msg);
    await coordinator.waitFor(new RegExp(` notice: turned_away request=${headers['x-request-id']} client=127\\.0\\.0\\.1 verb=${verb} rc=${rc} answer=${msg}\\n`));
  };
  const booking = { rc_name: 'River', ...written(roundTime(2 * HOUR)) };
  assert.equal((await client.ask('PLAN_SESSION', booking)).status, 200);
  await turnedAway('PLAN_SESSION', booking, 'TIME_NOT_AVAILABLE', 'River');
  assert.equal((await client.ask('START_SESSION', { rc_name: 'River' })).status, 200);
  await turnedAway('START_SESSION', { rc_name: 'River' }, 'SERVERS_BUSY', 'River');
});

test('who waits in line is not turned away, and a question is none', async t => {
  const { client, coordinator } = await startOne(t);
  await client.ask('START_SESSION', { rc_name: 'River' });
  assert.equal((await client.ask('START_SESSION', { rc_name: 'River', wait_seconds: 1 })).answer.position, 1);
  assert.equal((await client.ask('GET_SERVERS', { range: 'x' })).status, 400);
  await coordinator.stop();
  assert.doesNotMatch(coordinator.log, /turned_away/);
});

test('those who are turned away cannot fill the log', async t => {
  const { client, coordinator } = await startOne(t);
  await client.ask('START_SESSION', { rc_name: 'River' });
  for (let i = 0; i < 200; i++) assert.equal((await client.ask('START_SESSION', { rc_name: 'River' })).status, 503);
  await coordinator.stop();
  const lines = coordinator.log.match(/ turned_away request/g) ?? [];
  assert.ok(lines.length >= 60 && lines.length <= 120, `${lines.length} lines, 60 in a minute`);
  assert.match(coordinator.log, / lines_left_out event=turned_away lines=\d+/);
});

test('the web server\'s id of a request is in the answer, the log, and the call to the streamer', async t => {
  const { client, coordinator, streamer, nginx } = await startOne(t);
  const { headers, answer } = await client.ask('START_SESSION', { rc_name: 'River' });
  const id = String(headers['x-request-id']);
  assert.match(id, /^[0-9a-f]{32}$/, 'as nginx makes them');
  await coordinator.waitFor(new RegExp(` session_started .*request=${id} `));
  const idOf = (/** @type {string} */ verb) => streamer.requestIds[streamer.requests.findIndex(each => each.verb === verb)];
  assert.equal(idOf('START_SESSION'), id);
  assert.equal(idOf('GET_STATUS'), undefined);
  const extended = await client.ask('EXTEND_SESSION', { ticket: answer.ticket, minutes: 5 });
  await until(() => streamer.count('EXTEND_SESSION') === 1, { what: 'the extension' });
  assert.equal(idOf('EXTEND_SESSION'), extended.headers['x-request-id']);
  const own = await request(`${nginx.url}api`, { ca: nginx.ca, method: 'POST', headers: { 'X-Request-Id': 'mine' }, body: '{"verb":"GET_RCS"}' });
  assert.match(String(own.headers['x-request-id']), /^[0-9a-f]{32}$/, 'a visitor cannot choose it');
});

test('behind Apache it is that of mod_unique_id', async t => {
  const { files } = await startOne(t);
  const apache = await startApache(t, { coordinatorSocket: files.socket });
  const ask = () => request(`${apache.url}api`, { ca: apache.ca, method: 'POST', headers: { 'X-Request-Id': 'mine' }, body: '{"verb":"GET_RCS"}' });
  const [one, other] = [await ask(), await ask()].map(({ headers }) => String(headers['x-request-id']));
  for (const id of [one, other]) assert.match(id, /^[\w@-]{20,40}$/);
  assert.notEqual(one, other);
});

test('which ids are taken over, and of whom', async t => {
  const files = new PlanningFiles(t);
  files.writeConfiguration({ trusted_proxies: ['10.0.0.0/8'] });
  files.writeServers([]);
  await startCoordinator(t, files);
  const connection = new FastCgi(files.socket);
  onEnd(t, () => connection.close());
  /** @param {Record<string, string>} parameters */
  const idFor = async parameters => {
    connection.write(wholeRequest('{"verb":"GET_RCS"}', parameters));
    return (await connection.answer()).headers['x-request-id'];
  };
  const OURS = /^[0-9a-f]{16}$/;
  const proxy = { REMOTE_ADDR: '10.1.2.3' };
  assert.match(await idFor({}), OURS);
  assert.equal(await idFor({ REQUEST_ID: 'a-B_c.1@x' }), 'a-B_c.1@x');
  assert.equal(await idFor({ UNIQUE_ID: 'Z0-_unique' }), 'Z0-_unique');
  assert.match(await idFor({ HTTP_X_REQUEST_ID: 'anybody' }), OURS, 'any visitor may write a header');
  assert.equal(await idFor({ ...proxy, HTTP_X_REQUEST_ID: 'proxy' }), 'proxy');
  assert.equal(await idFor({ ...proxy, HTTP_X_REQUEST_ID: 'proxy', REQUEST_ID: 'server' }), 'proxy', 'it saw the request first');
  assert.equal(await idFor({ HTTP_X_REQUEST_ID: 'anybody', REQUEST_ID: 'server' }), 'server');
  assert.equal(await idFor({ REQUEST_ID: 'x'.repeat(64) }), 'x'.repeat(64));
  for (const bad of ['x'.repeat(65), 'a b', 'a\r\nSet-Cookie: x', 'a"', 'é', 'a=b', ''])
    assert.match(await idFor({ ...proxy, HTTP_X_REQUEST_ID: bad, REQUEST_ID: bad }), OURS, JSON.stringify(bad));
  const { headers } = await invoke(files, '{"verb":"GET_RCS"}', { REQUEST_ID: 'server' });
  assert.equal(headers['X-Request-Id'], 'server', 'as plain CGI, too');
});
