// @ts-check
// A coordinator whose wall clock is set while it runs, wrongly or rightly.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cannotMove, MovableClock } from './lib/clock.mjs';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { DAY, HOUR, instant, MINUTE, planned, roundTime, startRiver } from './lib/planning.mjs';
import { until } from './lib/programs.mjs';

const options = { skip: cannotMove };
const seconds = (/** @type {number} */ ms) => ms / 1000;

/** @param {import('./lib/nginx.mjs').Nginx} nginx */
const scrape = async nginx => readMetrics((await request(`${nginx.url}metrics`, { ca: nginx.ca })).text);

/** Whether the coordinator doubts its clock. @param {{ nginx: any }} site */
const doubts = async ({ nginx }) => (await scrape(nginx)).get('vitrina_clock_doubted') === 1;

/** Long enough for what is due every second: by the coordinator's own time. @param {{ client: import('./lib/client.mjs').Client }} site */
const someTicks = async ({ client }) => {
  const { answer } = await client.ask('POLL_EVENTS', { wait_seconds: 0 });
  await client.ask('POLL_EVENTS', { cursor: answer.cursor, wait_seconds: 2 });
};

/** A site with a booking that may begin, one for later, and a session that runs. */
async function startBusyRiver(/** @type {import('node:test').TestContext} */ t, /** @type {object} */ settings) {
  const clock = new MovableClock(t);
  const due = planned(-MINUTE, 40 * MINUTE, { code: '1111' });
  const later = planned(2 * HOUR, 3 * HOUR, { code: '2222' });
  const site = await startRiver(t, { limits: [3], plan: [due, later], env: clock.env, settings });
  const running = (await site.walkIn({ duration_minutes: 50 })).answer;
  assert.equal(running.msg, 'SESSION_CONNECTION_DATA');
  /** What everybody can see, the same at all times. */
  const allIsWell = async () => {
    const join = await site.come(running.code);
    assert.equal(join.answer.session, running.session, join.text);
    assert.equal(site.files.find(due.code)?.state, 'planned');
    assert.equal((await site.come(later.code)).answer.msg, 'SESSION_NOT_STARTED');
    const [server] = (await site.client.ask('GET_SERVERS', { range: '0-0' })).answer.servers;
    assert.deepEqual([server.state, server.sessions], ['free', 1]);
    assert.equal(site.streamers[0].count('END_SESSION'), 0);
  };
  return { ...site, clock, due, later, running, allIsWell };
}

test('a clock that is wrong for a moment changes nothing', options, async t => {
  const site = await startBusyRiver(t, { clock_steady_seconds: 12 });
  await until(async () => !(await doubts(site)), { timeout: 30_000, what: 'a clock that is believed' });
  for (const by of [3_000, 0, -3_000, HOUR, 0, -HOUR, DAY, 0, -DAY]) {
    site.clock.set(seconds(by));
    await someTicks(site);
    await site.allIsWell();
    assert.ok(Math.abs(Number((await scrape(site.nginx)).get('vitrina_clock_ahead_seconds')) - seconds(by)) < 1);
  }
  site.clock.set(0);
  await until(async () => !(await doubts(site)), { timeout: 30_000, what: 'a clock that is believed' });
  await someTicks(site);
  await site.allIsWell();
  assert.equal((await site.come(site.due.code)).answer.role, 'host');
  /* Told once when it began and once when it was over, however often it jumped meanwhile. */
  const [, first] = await site.coordinator.waitFor(/warning: clock_jumped by_seconds=([-+\d.]+) how=set/);
  assert.ok(Math.abs(Number(first) - 3) < 1);
  assert.equal(site.coordinator.log.match(/clock_jumped/g)?.length, 1);
  assert.match(site.coordinator.log, /notice: clock_steady changed_by_seconds=[-+]0\.0/);
});

test('a clock that jumps about under load changes nothing', options, async t => {
  const site = await startBusyRiver(t, { clock_steady_seconds: 12, code_digits: 6 });
  await until(async () => !(await doubts(site)), { timeout: 30_000, what: 'a clock that is believed' });
  /** @type {string[]} */
  const promised = [];
  let goesOn = true;
  const visitors = Array.from({ length: 8 }, async (_, i) => {
    for (let n = 0; goesOn; n++) {
      assert.equal((await site.come(site.running.code)).answer.session, site.running.session);
      const { answer } = await site.book(roundTime(DAY) + (8 * n + i) * HOUR, { duration_minutes: 30 });
      if (answer.msg === 'CONNECTION_CODE') promised.push(answer.code);
      else assert.equal(answer.field, 'date'); // all of the horizon is booked
    }
  });
  for (const by of [HOUR, 0, -HOUR, DAY, 3_000, -DAY, -3_000, 0]) {
    site.clock.set(seconds(by));
    await someTicks(site);
  }
  goesOn = false;
  await Promise.all(visitors);
  await site.allIsWell();
  assert.ok(promised.length > 20);
  for (const code of promised) assert.equal((await site.come(code)).answer.msg, 'SESSION_NOT_STARTED');
});

test('a clock that was believed though it was wrong gives back what it took', options, async t => {
  const site = await startBusyRiver(t, { clock_steady_seconds: 2 });
  site.clock.set(seconds(HOUR));
  await until(() => !site.files.find(site.due.code), { what: 'the booking that nobody came for' });
  site.clock.set(0);
  await until(() => site.files.find(site.due.code)?.state === 'planned', { what: 'the booking again' });
  await until(() => site.files.find(site.running.code)?.state === 'running', { what: 'the session again' });
  await site.allIsWell();
  assert.equal((await site.come(site.due.code)).answer.role, 'host');
  assert.match(site.coordinator.log, /notice: clock_steady changed_by_seconds=\+3600\.0/);
});

test('wrong codes that were counted a month ahead are forgotten in a day', options, async t => {
  const clock = new MovableClock(t);
  const settings = { clock_steady_seconds: 0, trusted_proxies: ['127.0.0.1'] };
  const far = { starts_at: instant(Date.now() + 40 * DAY), ends_at: instant(Date.now() + 41 * DAY) };
  const plan = Array.from({ length: 50 }, (_, i) => planned(0, HOUR, { code: `00${i + 10}`, ...far }));
  const site = await startRiver(t, { env: clock.env, settings, plan });
  let people = 0;
  /** Somebody new guesses at a code. @param {string} code */
  const stranger = code =>
    site.client.send(JSON.stringify({ verb: 'CANCEL_SESSION', code, key: 'guessed' }), { headers: { 'X-Forwarded-For': `192.0.${people++}.1` } });
  clock.set(seconds(30 * DAY));
  await until(async () => (await stranger('9999')).status === 429, { what: 'strangers who are refused' });
  clock.set(0);
  const { status, answer } = await stranger('0010');
  assert.equal(status, 429); // a day's guesses are a day's
  assert.ok(answer.retry_after_seconds <= seconds(25 * HOUR), `${answer.retry_after_seconds}`);
});

/* All clocks go on, and the program has not run: so it is for a virtual machine that was stopped. */
test('who was stopped for an hour gives people the time to come back', options, async t => {
  const clock = new MovableClock(t);
  const due = planned(-MINUTE, 40 * MINUTE);
  const { FAKETIME_DONT_FAKE_MONOTONIC: _, ...env } = clock.env;
  const site = await startRiver(t, { limits: [2], plan: [due], env, settings: { clock_steady_seconds: 60 } });
  const running = (await site.walkIn({ duration_minutes: 50 })).answer;
  const waiting = (await site.walkIn({ wait_seconds: 0 })).answer;
  assert.equal(waiting.position, 1);
  clock.set(3600);
  await someTicks(site);
  await site.online(1);
  assert.equal(site.files.find(due.code)?.state, 'planned');
  assert.equal((await site.come(running.code)).answer.session, running.session);
  const again = (await site.walkIn({ wait_seconds: 0, place: waiting.place })).answer;
  assert.deepEqual([again.place, again.position], [waiting.place, 1]);
  assert.equal((await site.come(due.code)).answer.role, 'host');
  await site.coordinator.waitFor(/warning: clock_jumped by_seconds=\+3\d\d\d\.\d how=stopped/);
});

test('a coordinator whose clock is too far from a server says by how much', options, async t => {
  const clock = new MovableClock(t, 75);
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'river-1', key: files.key });
  const site = await startSite(t, { files, servers: [listed(streamer, 'River')], env: clock.env, settings: { clock_steady_seconds: 0 } });
  const state = async () => (await site.client.ask('GET_SERVERS', { range: '0-0' })).answer.servers[0];
  const told = await until(async () => (await state()).clock_difference_seconds, { what: 'the difference' });
  assert.ok(told >= -76 && told <= -69, `${told}`);
  assert.equal((await state()).state, 'offline');
  const asked = streamer.requests.length;
  await until(() => streamer.requests.length > asked + 1, { what: 'other questions' });
  assert.equal(site.coordinator.log.match(/server_offline .*why=clocks_differ detail="The clocks differ by 7\d seconds/g)?.length, 1);
  clock.set(0);
  await site.online(1);
  assert.equal((await state()).clock_difference_seconds, undefined);
});
