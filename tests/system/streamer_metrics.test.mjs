// @ts-check
// The streamer's metrics: in Prometheus's format, to this machine alone, and true.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { request } from './lib/client.mjs';
import { checkMetrics, readMetrics } from './lib/metrics.mjs';
import { source, temporaryDirectory, until } from './lib/programs.mjs';
import { offer, startStreamer, windowProgram } from './lib/streamer.mjs';

/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

/** @param {Streamer} streamer */
async function readText(streamer) {
  const { status, headers, text } = await request(streamer.base + 'metrics', { method: 'GET', headers: { Connection: 'close' } });
  assert.equal(status, 200, text);
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  return text;
}

/** @param {Streamer} streamer @returns {Promise<Record<string, number>>} */
const read = async streamer => Object.fromEntries(readMetrics(await readText(streamer)));
const name = (/** @type {string} */ rest) => `vitrina_streamer_${rest}`;

test('promtool finds nothing wrong with them', async t => {
  const streamer = await startStreamer(t, { standby_sessions: 1 });
  checkMetrics(await readText(streamer));
  const { session } = await streamer.startSession();
  await streamer.control('END_SESSION', { session });
  checkMetrics(await readText(streamer));
});

test('the alert rules ask for nothing that there is not', async t => {
  const text = await readText(await startStreamer(t));
  const known = new Set([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, metric, type]) => (type === 'histogram' ? `${metric}_bucket` : metric)));
  const asked = readFileSync(join(source, 'conf/prometheus-alerts.yml'), 'utf8').match(/\bvitrina_streamer_\w+/g) ?? [];
  assert.ok(asked.length >= 5);
  for (const metric of asked) assert.ok(known.has(metric), metric);
});

test('they are answered to this machine alone, and hold no secrets', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession({ session: 'private-1', code: '8631' });
  await streamer.person(session, 'someone').connect();
  const text = await readText(streamer);
  assert.doesNotMatch(text, /private-1|8631|someone/);
  const ask = (/** @type {string} */ method, headers = {}) => request(streamer.base + 'metrics', { method, headers });
  const passedOn = await ask('GET', { 'X-Forwarded-For': '192.0.2.7' });
  assert.deepEqual([passedOn.status, passedOn.answer.msg], [403, 'FORBIDDEN']);
  const posted = await ask('POST', { 'Content-Length': '0' });
  assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET HEAD']);
});

test('with a token they are answered to those alone who show it, and it may be changed', async t => {
  const directory = temporaryDirectory(t, 'vs');
  const file = join(directory, 'token');
  writeFileSync(file, 'the-first-secret\nnot this\n', { mode: 0o600 });
  const streamer = await startStreamer(t, { metrics_token_file: 'token' }, { directory });
  const ask = async (/** @type {string} */ path, /** @type {string | undefined} */ shown) => {
    const { status, headers } = await request(streamer.base + path, {
      method: 'GET',
      headers: { Connection: 'close', ...(shown ? { Authorization: shown } : {}) },
    });
    assert.equal(headers['www-authenticate'], status === 401 ? 'Bearer' : undefined);
    return status;
  };
  const token = streamer.controlToken();
  for (const shown of [undefined, 'Bearer not this', 'Basic the-first-secret', `Bearer ${token}`])
    assert.equal(await ask('metrics', shown), 401, shown);
  assert.equal(await ask('metrics', 'Bearer the-first-secret'), 200);
  assert.equal(await ask('health', undefined), 200, 'health holds nothing of a session');
  writeFileSync(file, 'the-second-secret\n');
  await streamer.reload({});
  assert.equal(await ask('metrics', 'Bearer the-first-secret'), 401);
  assert.equal(await ask('metrics', 'Bearer the-second-secret'), 200);
  assert.doesNotMatch(streamer.program.log, /-secret/);
});

test('they tell what happens: starts, people, players, frames, restarts and ends by their reasons', async t => {
  const streamer = await startStreamer(t, { session_limit: 3, max_restarts: 1 });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const socket = await host.socket(t);
  await streamer.person(session, 'guest').connect();
  assert.equal((await host.whep({ body: offer() })).status, 201);
  process.kill(streamer.processes().app, 'SIGKILL');
  await socket.event('APP_RESTARTED');
  const during = await read(streamer);
  assert.equal(during[name('sessions{state="ready"}')], 1);
  assert.equal(during[name('users')], 2);
  assert.equal(during[name('viewers')], 1);
  assert.equal(during[name('app_restarts_total')], 1);
  assert.equal(during[name('session_limit')], 3);
  assert.equal(during[name('session_starts_total{from="nothing"}')], 1);
  assert.equal(during[name('session_start_seconds_count{from="nothing"}')], 1);
  assert.ok(during[name('session_start_seconds_sum{from="nothing"}')] > 0);
  await until(async () => (await read(streamer))[name('frames_captured_total')] > 0, { what: 'frames', timeout: 15_000 });

  await streamer.control('END_SESSION', { session });
  const other = await streamer.startSession();
  await streamer.control('EXTEND_SESSION', {
    session: other.session,
    ends_at: new Date(Date.now() + 2500).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  await streamer.program.waitFor(/reason=time_over/);
  await streamer.control('DRAIN', { on: true });
  await until(async () => (await read(streamer))[name('sessions{state="ending"}')] === 0);
  const after = await read(streamer);
  for (const [reason, count] of Object.entries({ ended_by_operator: 1, time_over: 1, users_left: 0, inactive: 0, app_failed: 0 }))
    assert.equal(after[name(`session_ends_total{reason="${reason}"}`)], count, reason);
  assert.deepEqual([after[name('users')], after[name('viewers')], after[name('draining')]], [0, 0, 1]);
  assert.equal(after[name('sessions{state="ready"}')], 0);
  assert.ok(after[name('frames_captured_total')] > 0, 'a counter never falls');
});

test('they tell of standbys and of starts that failed', async t => {
  const streamer = await startStreamer(t, { session_limit: 2, standby_sessions: 1 });
  await until(async () => (await read(streamer))[name('standbys{state="ready"}')] === 1);
  await streamer.startSession();
  assert.equal((await read(streamer))[name('session_starts_total{from="standby"}')], 1);
  const broken = await startStreamer(t, { app: [windowProgram, 'fail'], session_limit: 2, standby_sessions: 1 });
  await broken.control('START_SESSION');
  await until(async () => (await read(broken))[name('standby_failures_total')] >= 1);
  const values = await read(broken);
  assert.equal(values[name('session_start_failures_total')], 1);
  assert.equal(values[name('session_ends_total{reason="app_failed"}')], 1);
  await until(async () => (await read(broken))[name('trial_failures_total')] >= 1);
  assert.equal((await read(broken))[name('unusable')], 1);
});

test('they tell of the process what every Prometheus client tells', async t => {
  const streamer = await startStreamer(t);
  const values = await read(streamer);
  assert.ok(values.process_resident_memory_bytes > 1e6);
  assert.ok(values.process_open_fds > 5 && values.process_open_fds < values.process_max_fds);
  assert.ok(Math.abs(values.process_start_time_seconds - Date.now() / 1000) < 60);
  assert.match(await readText(streamer), /vitrina_streamer_build_info\{version="\d[^"]*"\} 1\n/);
});
