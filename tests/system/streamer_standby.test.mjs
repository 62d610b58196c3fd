// @ts-check
// Sessions, and displays for them, that are kept ready: taken by a start, made anew, never beyond the limit, and never counted as sessions.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { built, run, until } from './lib/programs.mjs';
import { runs, startStreamer, windowProgram } from './lib/streamer.mjs';

/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

/** Waits until so many are ready. @param {Streamer} streamer @param {number} count @param {string} [what] */
const ready = (streamer, count, what = `${count} standbys`) =>
  until(async () => ((await streamer.status()).standbys ?? 0) === count, { what, timeout: 15_000 });

/** How many stages there are, of sessions and standbys. @param {Streamer} streamer */
const stages = streamer => streamer.sessionDirectories().length;

test('a start takes a standby, and another is made; both are told apart from sessions', async t => {
  const app = [windowProgram, '{language}'];
  const streamer = await startStreamer(t, { session_limit: 2, standby_sessions: 1, rc_name: 'River', language: 'de', app });
  await ready(streamer, 1);
  const before = await streamer.status();
  assert.deepEqual([before.state, before.sessions, before.standbys], ['free', [], 1]);
  const { app: running, engine, display } = streamer.processes();
  const speaks = () => readFileSync(`/proc/${streamer.processes().app}/cmdline`, 'utf8').split('\0').at(-2);
  const asked = { session: 'quick', code: '4711', rc_name: 'River', language: 'ru' };
  const answer = await streamer.startSession(asked);
  assert.deepEqual([answer.session, answer.code], ['quick', '4711']);
  assert.deepEqual(streamer.processes(), { ...streamer.processes(), app: running, engine, display }, 'nothing was started for it');
  assert.equal(speaks(), 'de', 'it was started when nobody had said what they read');
  assert.equal((await streamer.status()).sessions[0].state, 'ready');

  const host = streamer.person('quick', 'p', { role: 'host' });
  const socket = await host.socket(t);
  const { events } = (await host.ask('POLL_EVENTS', { cursor: 0 })).answer;
  assert.equal(events[0].msg, 'APP_READY');
  await ready(streamer, 1, 'another standby');
  const after = await streamer.status();
  assert.deepEqual([after.state, after.sessions.length, stages(streamer)], ['free', 1, 2]);

  /* What the application and the engine do is the session's from now on. */
  process.kill(running, 'SIGKILL');
  await socket.event('APP_RESTARTED');
  assert.equal(speaks(), 'ru');
  assert.match(streamer.program.log, /process_ended session=quick process=app/);
  await streamer.control('END_SESSION', { session: 'quick' });
  await streamer.program.waitFor(/session_gone session=quick/);
});

test('a display is kept ready for a start that finds no standby, is used once and counts as nothing', async t => {
  const streamer = await startStreamer(t, { session_limit: 2, standby_displays: 1, app: [windowProgram, '{session}', '{language}'] });
  const made = (/** @type {number} */ number) =>
    streamer.program.waitFor(new RegExp(`standby_ready session=display-${number}\\b`), { timeout: 15_000 });
  await made(1);
  const before = streamer.processes();
  assert.equal(before.app, undefined, 'the application waits for a session');
  const status = await streamer.status();
  assert.deepEqual([status.state, status.sessions, status.standbys], ['free', [], undefined]);

  const { session } = await streamer.startSession({ language: 'ru' });
  const { engine, display } = before;
  const { app } = streamer.processes();
  const place = (/** @type {number} */ pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').match(/VITRINA_SESSION_DIRECTORY=[^\0]*/)?.[0];
  assert.equal(place(app), place(engine), 'it is on the display that was there');
  assert.deepEqual(readFileSync(`/proc/${app}/cmdline`, 'utf8').split('\0').slice(-3, -1), [session, 'ru']);
  assert.equal((await streamer.status()).sessions.length, 1);

  await made(2);
  await streamer.control('END_SESSION', { session });
  await until(() => !runs(engine) && !runs(display), { what: 'the end of what the session used' });
  /* What was made for the next one is another, and gives way to the settings. */
  await until(() => stages(streamer) === 1, { what: 'its end' });
  await streamer.reload({ standby_displays: 0 });
  await until(() => stages(streamer) === 0, { what: 'the end of the display' });
  assert.deepEqual(streamer.sessionProcesses(), []);
});

test('a display that dies is made anew; sessions leave no room for one', async t => {
  const streamer = await startStreamer(t, { session_limit: 1, standby_displays: 1 });
  await streamer.program.waitFor(/standby_ready session=display-1\b/, { timeout: 15_000 });
  process.kill(streamer.processes().engine, 'SIGKILL');
  await streamer.program.waitFor(/standby_ready session=display-2\b/, { timeout: 15_000 });
  process.kill(streamer.processes().display, 'SIGKILL');
  await streamer.program.waitFor(/standby_failed session=display-2\b/, { timeout: 15_000 });
  /* In the pause before the next one there is none; nobody has to wait for it. */
  const { session } = await streamer.startSession();
  assert.equal(stages(streamer), 1);
  await streamer.control('END_SESSION', { session });
  await streamer.program.waitFor(/standby_ready session=display-3\b/, { timeout: 15_000 });
});

test('sessions and standbys together never pass the limit; every place can be a session', async t => {
  const streamer = await startStreamer(t, { session_limit: 3, standby_sessions: 2 });
  let most = 0;
  let done = false;
  const watch = (async () => {
    while (!done) {
      most = Math.max(most, stages(streamer));
      await new Promise(wake => setTimeout(wake, 5));
    }
  })();
  await ready(streamer, 2);
  const sessions = await Promise.all(['a', 'b', 'c'].map(session => streamer.startSession({ session })));
  assert.equal(sessions.length, 3);
  const full = await streamer.status();
  assert.deepEqual([full.state, full.sessions.length, full.standbys], ['busy', 3, undefined]);
  assert.equal((await streamer.control('START_SESSION')).answer.msg, 'SESSION_LIMIT_REACHED');
  await streamer.control('END_SESSION', { session: 'a' });
  await ready(streamer, 1);
  await streamer.control('END_SESSION', { session: 'b' });
  await ready(streamer, 2);
  /* Also while the standbys are being made. */
  await streamer.control('END_SESSION', { session: 'c' });
  await Promise.all(['d', 'e', 'f'].map(session => streamer.startSession({ session })));
  done = true;
  await watch;
  assert.equal(most, 3);
});

test('a standby whose application died is replaced', async t => {
  const streamer = await startStreamer(t, { session_limit: 1, standby_sessions: 1, max_restarts: 5 });
  await ready(streamer, 1);
  const { app } = streamer.processes();
  process.kill(app, 'SIGKILL');
  await streamer.program.waitFor(/standby_failed .*the application was killed by signal 9/);
  await until(async () => !(await streamer.status()).standbys, { what: 'it is not offered' });
  await ready(streamer, 1, 'the next');
  assert.notEqual(streamer.processes().app, app);
  await streamer.startSession();
});

test('standbys that fail again and again are tried ever more rarely, and a start still says why', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'fail'], session_limit: 2, standby_sessions: 1 });
  await streamer.program.waitFor(/standby_failed session=standby-1 .*next_in_ms=1000/);
  await streamer.program.waitFor(/standby_failed session=standby-2 .*next_in_ms=2000/);
  const { answer } = await streamer.control('START_SESSION');
  assert.equal(answer.msg, 'SESSION_START_FAILED');
  assert.match(answer.reason, /ended with status 3/);
  /* The third in a row: it is the application, and no longer what is made ready. */
  await streamer.program.waitFor(/standby_failed session=trial-1 .*next_in_ms=1000/);
  await streamer.program.waitFor(/standby_failed session=trial-2 .*next_in_ms=2000/);
  assert.equal(streamer.program.log.match(/standby_failed session=standby/g)?.length, 2);
});

test('a start that finds a standby on its way out waits for its place', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'deaf'], session_limit: 1, standby_sessions: 1 });
  await ready(streamer, 1);
  await streamer.reload({ standby_sessions: 0 }); /* ends by force, after a while */
  assert.equal((await streamer.status()).state, 'free');
  const given_up = streamer.control('START_SESSION', { session: 'given-up' });
  await until(async () => (await streamer.control('END_SESSION', { session: 'given-up' })).answer.msg === 'SESSION_ENDED');
  assert.equal((await given_up).answer.msg, 'SESSION_START_FAILED');
  const started = Promise.all([streamer.startSession({ session: 'a' }), streamer.startSession({ session: 'a' })]);
  const refused = await streamer.control('START_SESSION', { session: 'b' });
  assert.equal(refused.answer.msg, 'SESSION_LIMIT_REACHED', 'the place is promised');
  assert.equal(stages(streamer), 1);
  assert.deepEqual((await started).map(({ session }) => session), ['a', 'a']);
  assert.ok(streamer.program.log.indexOf('standby_gone') < streamer.program.log.indexOf('session_starting session=a'));
});

test('SIGHUP changes the number, DRAIN and SIGTERM end them', async t => {
  const streamer = await startStreamer(t, { session_limit: 3 });
  assert.equal(stages(streamer), 0);
  await streamer.reload({ standby_sessions: 2 });
  await ready(streamer, 2);
  await streamer.reload({ standby_sessions: 1 });
  await until(() => stages(streamer) === 1, { what: 'one less' });
  await streamer.control('DRAIN', { on: true });
  await until(() => stages(streamer) === 0, { what: 'none while it drains' });
  await streamer.control('DRAIN', { on: false });
  await ready(streamer, 1);
  await streamer.reload({ session_limit: 0, standby_sessions: 0 });
  await until(() => stages(streamer) === 0, { what: 'none without a place' });
  await streamer.reload({ session_limit: 2, standby_sessions: 2 });
  await streamer.program.waitFor(/standby_starting session=standby-4/);
  assert.deepEqual(await streamer.program.stop(), { code: 0, signal: null });
  assert.deepEqual(streamer.sessionDirectories(), []);
  assert.deepEqual(streamer.markedProcesses(), []);
});

test('what cannot be known before somebody asks is refused in the settings', async t => {
  const streamer = await startStreamer(t);
  const config = join(streamer.directory, 'other.json');
  for (const [change, line] of /** @type {[object, RegExp][]} */ ([
    [{ standby_sessions: 2 }, /standby_sessions: must be at most session_limit/],
    [{ standby_sessions: 1, app: ['a', '--s={session}'] }, /standby_sessions: cannot be, .*\{session\}/],
    [{ standby_sessions: 1, app: ['a', '{rc_name}'] }, /standby_sessions: needs `rc_name`/],
  ])) {
    writeFileSync(config, JSON.stringify({ app: ['a'], ...change }));
    const { status, stderr } = run(built('vitrina-streamer'), ['--check', '--config', config]);
    assert.equal(status, 78);
    assert.match(stderr, line);
  }
});
