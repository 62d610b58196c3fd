// @ts-check
// A streamer whose wall clock is set while sessions run, and one that differs from the coordinator's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cannotMove, MovableClock } from './lib/clock.mjs';
import { request } from './lib/client.mjs';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

const options = { skip: cannotMove };

/** @param {import('node:test').TestContext} t @param {object} [settings] @param {Record<string, string | undefined>} [more] */
async function startMovable(t, settings, more) {
  const clock = new MovableClock(t);
  const env = Object.fromEntries(Object.entries({ ...clock.env, ...more }).filter(([, value]) => value !== undefined));
  const streamer = await startStreamer(t, settings, { env: /** @type {Record<string, string>} */ (env) });
  return { clock, streamer };
}

test('a wrong clock ends no session, and the right one ends it in time', options, async t => {
  const { clock, streamer } = await startMovable(t);
  const { session, ends_at } = await streamer.startSession({ ends_at: new Date(Date.now() + 1800_000).toISOString() });
  const host = streamer.person(session, 'anna', { role: 'host' });
  await host.connect();
  for (const by of [3, -3, 3600, -3600, 86_400, -86_400, 0]) {
    clock.set(by);
    assert.equal((await host.ask('KEEP_ALIVE')).answer.msg, 'KEPT_ALIVE');
    const guest = streamer.person(session, `guest${by}`); // who comes has everything looked at that is due
    assert.equal((await guest.connect()).answer.ends_at, ends_at);
    assert.equal((await guest.ask('DISCONNECT')).answer.msg, 'DISCONNECTED');
    const { answer } = await host.ask('POLL_EVENTS', { cursor: 0, wait_seconds: 0 });
    assert.deepEqual(answer.events.filter((/** @type {any} */ event) => /SESSION_END/.test(event.msg)), []);
  }
  await streamer.program.waitFor(/warning: clock_jumped by_seconds=\+3\.\d how=set/);
  assert.equal(streamer.program.log.match(/clock_jumped/g)?.length, 1);
  await streamer.control('EXTEND_SESSION', { session, ends_at: new Date(Date.now() + 3_000).toISOString() });
  await streamer.program.waitFor(/session_ended session=\S+ reason=time_over/);
});

/* All clocks go on, and the program has not run: so it is for a virtual machine that was stopped. */
test('a streamer that was stopped for an hour takes nobody for inactive, or gone', options, async t => {
  const settings = { inactivity_seconds: 300, reconnect_grace_seconds: 60 };
  const { clock, streamer } = await startMovable(t, settings, { FAKETIME_DONT_FAKE_MONOTONIC: undefined });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'anna', { role: 'host' });
  await host.connect();
  clock.set(3600);
  const { answer } = await host.connect();
  assert.equal(answer.msg, 'SESSION_CONNECTION_ESTABLISHED');
  assert.deepEqual(answer.users.map((/** @type {any} */ user) => user.user), ['anna']);
  assert.equal(answer.inactive_in_seconds, undefined);
  await streamer.program.waitFor(/warning: clock_jumped by_seconds=\S+ how=stopped/);
  assert.doesNotMatch(streamer.program.log, /session_ended/);
});

test('clocks may differ by a minute, either way, and are told when they do by more', options, async t => {
  const { clock, streamer } = await startMovable(t, { clock_steady_seconds: 0 });
  for (const ahead of [11, -11, 50, -50]) {
    clock.set(ahead);
    assert.equal((await streamer.control('GET_STATUS')).status, 200, `${ahead} s`);
  }
  for (const ahead of [75, -75]) {
    clock.set(ahead);
    const { status, answer } = await streamer.control('GET_STATUS');
    assert.equal(status, 401);
    assert.match(answer.reason, ahead > 0 ? /^The clocks differ by 7\d seconds; this server's is ahead\.$/ : /behind\.$/);
    assert.ok(Math.abs(answer.clock_difference_seconds - ahead) <= 2, `${answer.clock_difference_seconds}`);
  }
  await until(() => /warning: clocks_differ seconds=\+7\d/.test(streamer.program.log), { what: 'a line in the log' });
  assert.equal(streamer.program.log.match(/clocks_differ/g)?.length, 1); // at most one a minute
  clock.set(0);
  assert.equal((await streamer.control('GET_STATUS')).status, 200);
});

test('what the clock is like is shown to Prometheus', options, async t => {
  const { clock, streamer } = await startMovable(t, { clock_steady_seconds: 600 });
  clock.set(-3600);
  await streamer.program.waitFor(/clock_jumped by_seconds=-3\d\d\d\.\d how=set steady_seconds=600/);
  const { text } = await request(`${streamer.base}metrics`);
  assert.match(text, /^vitrina_clock_doubted 1$/m);
  assert.match(text, /^vitrina_clock_ahead_seconds -3(600|599)/m);
  assert.match(text, /^vitrina_clock_jumps 1$/m);
});
