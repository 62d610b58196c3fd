// @ts-check
// What the coordinator tells of itself: metrics as Prometheus reads them, and the access log.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { checkMetrics, readMetrics } from './lib/metrics.mjs';
import { run, source, until } from './lib/programs.mjs';

/** The metrics' text, checked by Prometheus's own tool. @param {import('./lib/nginx.mjs').Nginx} nginx */
async function scrape(nginx) {
  const { status, headers, text } = await request(`${nginx.url}metrics`, { ca: nginx.ca });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  checkMetrics(text);
  return readMetrics(text);
}

const name = (/** @type {string} */ rest) => `vitrina_coordinator_${rest}`;

test('requests are counted by verb and answer, with the time they took', async t => {
  const { client, nginx } = await startSite(t);
  for (let i = 0; i < 3; i++) await client.ask('GET_RCS');
  await client.ask('CONNECT_SESSION_WITH_CODE', { code: '1234' });
  await client.ask('NONE');
  await client.ask('POLL_EVENTS', { wait_seconds: 1 });
  const metrics = await scrape(nginx);
  const requests = (/** @type {string} */ verb, /** @type {string} */ answer) =>
    metrics.get(`${name('requests_total')}{verb="${verb}",answer="${answer}"}`);
  assert.equal(requests('GET_RCS', 'RCS_FOUND'), 3);
  assert.equal(requests('CONNECT_SESSION_WITH_CODE', 'SESSION_NOT_EXIST'), 1);
  assert.equal(requests('none', 'UNKNOWN_VERB'), 1);
  assert.equal(requests('POLL_EVENTS', 'EVENTS'), 1);
  assert.equal(metrics.get(name('ready_answers_total')), 2, 'the second and third list');
  const seconds = (/** @type {string} */ rest) => metrics.get(name(`request_seconds${rest}`)) ?? NaN;
  assert.equal(seconds('_count{verb="GET_RCS"}'), 3);
  assert.equal(seconds('_bucket{verb="POLL_EVENTS",le="0.5"}'), 0);
  assert.equal(seconds('_bucket{verb="POLL_EVENTS",le="+Inf"}'), 1);
  assert.ok(seconds('_sum{verb="POLL_EVENTS"}') >= 1);
  assert.equal((await scrape(nginx)).get(`${name('requests_total')}{verb="none",answer="none"}`), 1, 'the first scrape');
});

test('with a token they are answered to those alone who show it', async t => {
  const files = new CoordinatorFiles(t);
  writeFileSync(join(files.directory, 'token'), 'a-long-secret\n', { mode: 0o600 });
  const { coordinator, nginx } = await startSite(t, { files, settings: { metrics_token_file: 'token' } });
  const ask = (/** @type {string} */ path, headers = {}) => request(nginx.url + path, { ca: nginx.ca, headers });
  for (const shown of [undefined, 'Bearer a-long-secre', 'Basic a-long-secret']) {
    const { status, headers, answer } = await ask('metrics', shown ? { Authorization: shown } : {});
    assert.deepEqual([status, answer.msg, headers['www-authenticate']], [401, 'NOT_AUTHORIZED', 'Bearer'], shown);
  }
  assert.equal((await ask('metrics', { Authorization: 'Bearer a-long-secret' })).status, 200);
  assert.equal((await ask('health')).status, 200, 'health holds no secret');
  assert.doesNotMatch(coordinator.log, /a-long-secret/);
});

test('the present state is told: servers, sessions, reservations, who waits, what the disk takes', async t => {
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'a', key: files.key });
  const { client, nginx, online } = await startSite(t, { files, servers: [listed(streamer, 'R'), listed({ name: 'dead', port: 1 }, 'R')] });
  await online(1);
  assert.equal((await client.ask('START_SESSION', { rc_name: 'R' })).status, 200);
  const metrics = await scrape(nginx);
  const value = (/** @type {string} */ rest) => metrics.get(name(rest));
  assert.equal(value('servers{state="offline"}'), 1);
  assert.equal(value('sessions'), 1);
  assert.equal(value('reservations{state="running"}'), 1);
  assert.equal(value('codes{state="in_use"}'), 1);
  assert.equal(value('codes{state="resting"}'), 0);
  assert.ok(Number(value('capacity_sessions')) >= 1);
  assert.ok(Number(value('store_changes_total{outcome="done"}')) >= 1);
  assert.ok(Number(value('store_seconds_count')) >= 1);
  assert.ok(Number(value('store_writes')) >= 1);
  assert.ok(Number(value('events_total')) >= 1);
  assert.equal(value('guess_budget_ratio'), 0);
  assert.ok(Number(metrics.get('process_resident_memory_bytes')) > 1_000_000);
  assert.ok(Math.abs(Number(metrics.get('process_start_time_seconds')) - Date.now() / 1000) < 600);
  /* A status may just have come from a server; they do not pile up. */
  await until(async () => (await scrape(nginx)).get(name('mailbox_letters')) === 0, { what: 'no letters that wait' });
});

test('who waits is told, and who went away', async t => {
  const { client, nginx } = await startSite(t);
  const leaving = new AbortController();
  const poll = client.ask('POLL_EVENTS', { wait_seconds: 60 }, { signal: leaving.signal }).catch(() => {});
  await until(async () => (await scrape(nginx)).get(name('waiting_requests')) === 1);
  leaving.abort();
  await poll;
  await until(async () => (await scrape(nginx)).get(name('clients_gone_total')) === 1);
  assert.equal((await scrape(nginx)).get(name('waiting_requests')), 0);
});

test('refusals of who asks too often are counted by class', async t => {
  const { client, nginx } = await startSite(t, { settings: { limits: { bad_per_minute: 1, bad_burst: 2, exempt: [] } } });
  for (let i = 0; i < 5; i++) await client.ask('NONE');
  const metrics = await scrape(nginx);
  assert.equal(metrics.get(name('limited_total{class="bad"}')), 3);
  assert.equal(metrics.get(`${name('requests_total')}{verb="none",answer="TOO_MANY_ATTEMPTS"}`), 3);
});

test('a request has one line in the access log, by the id that its answer carries, and nothing secret in it', async t => {
  const { client, coordinator } = await startSite(t);
  const asked = [
    await client.ask('GET_RCS'),
    await client.ask('GET_RCS'), // ready by now
    await client.ask('CONNECT_SESSION_WITH_CODE', { code: '7391', name: 'Visitor' }),
    await client.ask('POLL_EVENTS', { wait_seconds: 1 }),
  ];
  for (const { headers } of asked) await coordinator.waitFor(new RegExp(` request request=${headers['x-request-id']} `));
  const lines = coordinator.log.match(/info: request .*/g) ?? [];
  assert.equal(lines.length, asked.length);
  assert.match(lines[2], / client=127\.0\.0\.1 method=POST target=\/api verb=CONNECT_SESSION_WITH_CODE answer=SESSION_NOT_EXIST status=404 bytes=\d+ ms=\d+\.\d$/);
  assert.ok(!/7391|Visitor/.test(lines.join()));
});

test('the access log can be off, and what is gathered is written at the end', async t => {
  const off = await startSite(t, { settings: { access_log: false } });
  await off.client.ask('GET_RCS');
  await off.coordinator.stop();
  assert.doesNotMatch(off.coordinator.log, / request request=/);
  const on = await startSite(t, { settings: { log_level: 'notice' } });
  const { headers } = await on.client.ask('GET_RCS');
  await on.coordinator.stop();
  assert.match(on.coordinator.log, new RegExp(` request request=${headers['x-request-id']} `), 'whatever the level is');
});

test('the dashboard and the alert rules ask for nothing that there is not', async t => {
  const { nginx } = await startSite(t);
  const { text } = await request(`${nginx.url}metrics`, { ca: nginx.ca });
  const known = new Set([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(([, metric, type]) =>
    type === 'histogram' ? [`${metric}_bucket`, `${metric}_sum`, `${metric}_count`] : [metric]));
  const dashboard = JSON.parse(readFileSync(join(source, 'conf/grafana-dashboard.json'), 'utf8'));
  /** @type {string[]} */
  const questions = dashboard.panels.flatMap((/** @type {any} */ panel) => (panel.targets ?? []).map((/** @type {any} */ target) => target.expr));
  const alerts = join(source, 'conf/prometheus-alerts.yml');
  const checked = run('promtool', ['check', 'rules', alerts]);
  assert.equal(checked.status, 0, checked.stderr);
  const rules = [...readFileSync(alerts, 'utf8').matchAll(/^\s+expr: (.*)$/gm)].map(([, expr]) => expr);
  assert.ok(questions.length >= 10 && rules.length >= 5);
  for (const expr of [...questions, ...rules])
    for (const [metric] of expr.matchAll(/\b(vitrina_coordinator|process)_\w+/g)) assert.ok(known.has(metric), `${metric} in ${expr}`);
  for (const metric of [...known].filter(each => each.startsWith('vitrina_') && !/_(bucket|count)$/.test(each)))
    assert.ok(questions.some(expr => expr.includes(metric.replace(/_sum$/, ''))), `${metric} is on the dashboard`);
});
