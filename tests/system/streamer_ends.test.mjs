// @ts-check
// How sessions end: each reason, the word for it in event, log and status, and what people are told before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { slowness, until } from './lib/programs.mjs';
import { runs, startStreamer, windowProgram } from './lib/streamer.mjs';

const instant = (/** @type {number} */ seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
const words = (/** @type {any[]} */ events) => events.map(({ msg }) => msg);

test('a session in which nobody does anything: a countdown, stopped by a touch, then the end', async t => {
  const streamer = await startStreamer(t, { inactivity_seconds: 4, inactivity_warning_seconds: 2 });
  const { session } = await streamer.startSession();
  const host = await streamer.person(session, 'host', { role: 'host' }).socket(t);
  const warned = await host.event('INACTIVITY_WARNING');
  assert.ok(warned.seconds_left >= 1 && warned.seconds_left <= 2, JSON.stringify(warned));
  const guest = await streamer.person(session, 'guest').socket(t); /* somebody new is a sign of life */
  await host.event('INACTIVITY_ENDED');
  await guest.event('INACTIVITY_WARNING');
  assert.equal((await guest.event('SESSION_ENDED')).reason, 'inactive');
  await streamer.program.waitFor(/session_ended .*reason=inactive users=2/);
  assert.deepEqual(words(host.messages).slice(-5), [
    'INACTIVITY_WARNING',
    'USER_JOINED',
    'INACTIVITY_ENDED',
    'INACTIVITY_WARNING',
    'SESSION_ENDED',
  ]);
  await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
});

test('each sign of life stops the countdown', async t => {
  const streamer = await startStreamer(t, { inactivity_seconds: 2, inactivity_warning_seconds: 1 });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const socket = await host.socket(t);
  const count = (/** @type {string} */ msg) => socket.messages.filter(message => message.msg === msg).length;
  const signs = {
    'to be there': () => host.ask('KEEP_ALIVE'),
    data: () => host.ask('SEND_DATA', { data: { chat: 'still here' } }),
    'giving control back': () => host.ask('RELEASE_CONTROL'),
    'asking for it': () => host.ask('REQUEST_CONTROL'),
    'more time': () => streamer.control('EXTEND_SESSION', { session, ends_at: instant(3600) }),
  };
  const number = Object.keys(signs).length;
  for (const [index, [what, give]] of Object.entries(signs).entries()) {
    await until(() => count('INACTIVITY_WARNING') === index + 1, { what: `the countdown before ${what}` });
    const { status, text } = await give();
    assert.equal(status, 200, text);
    await until(() => count('INACTIVITY_ENDED') === index + 1, { what: `its end by ${what}` });
  }
  /* Asking what is new, or coming back by oneself, is none. */
  await until(() => count('INACTIVITY_WARNING') === number + 1);
  const again = await host.socket(t);
  assert.equal(again.messages[0].inactive_in_seconds, 1);
  await host.ask('POLL_EVENTS', { cursor: 0 });
  assert.equal((await again.event('SESSION_ENDED')).reason, 'inactive');
  assert.equal(count('INACTIVITY_ENDED'), number);
});

/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

/** How each end is brought about. @type {[string, (streamer: Streamer, session: string) => any][]} */
const ends = [
  ['users_left', (streamer, session) => streamer.person(session, 'p').ask('DISCONNECT')],
  ['time_over', (streamer, session) => streamer.control('EXTEND_SESSION', { session, ends_at: instant(2.5) })],
  ['ended_by_operator', (streamer, session) => streamer.control('END_SESSION', { session })],
  ['app_failed', streamer => process.kill(streamer.processes().app, 'SIGKILL')],
];

test('every end has its reason word: in the event, the log and the status', async t => {
  const streamer = await startStreamer(t, { max_restarts: 0 });
  /** @type {{ session: string, reason: string }[]} */
  const ended = [];
  for (const [reason, bringAbout] of ends) {
    const { session } = await streamer.startSession();
    const socket = await streamer.person(session, 'p').socket(t);
    const poller = streamer.person(session, 'q');
    const { cursor } = (await poller.connect()).answer;
    if (reason === 'users_left') await poller.ask('DISCONNECT');
    await bringAbout(streamer, session);
    if (reason !== 'users_left') {
      assert.equal((await socket.event('SESSION_ENDED')).reason, reason);
      const { events } = (await poller.ask('POLL_EVENTS', { cursor, wait_seconds: 10 })).answer;
      assert.equal(events.at(-1).reason, reason);
    }
    await streamer.program.waitFor(new RegExp(`session_ended session=${session} reason=${reason}`));
    ended.unshift({ session, reason });
    const status = await until(async () => {
      const now = await streamer.status();
      return now.state === 'free' && now;
    });
    assert.deepEqual(status.ended, ended);
  }
});

test('an application that hangs is started again; one that pauses for a moment is not', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'ping'], max_restarts: 1, hang_timeout_seconds: 8 * slowness });
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p').socket(t);
  const { app } = streamer.processes();
  process.kill(app, 'SIGSTOP');
  await streamer.program.waitFor(/window_silent/, { timeout: 15_000 });
  process.kill(app, 'SIGCONT');
  await streamer.program.waitFor(/window_answers/);
  const from = streamer.program.log.length;
  process.kill(app, 'SIGSTOP');
  await streamer.program.waitFor(/window_silent/, { from, timeout: 15_000 });
  await streamer.program.waitFor(/app_hangs/, { timeout: 15_000 });
  assert.equal(streamer.program.log.match(/window_silent/g)?.length, 2, 'the pause had no consequence');
  await socket.event('APP_RESTARTED', { timeout: 15_000 });
  const again = streamer.processes().app;
  assert.notEqual(again, app);
  assert.equal(runs(app), false);
  process.kill(again, 'SIGSTOP');
  assert.equal((await socket.event('SESSION_ENDED', { timeout: 30_000 })).reason, 'app_failed');
});

test('an application that loads for longer than a window may take is left alone', async t => {
  const [patience, load] = [4 * slowness, 12 * slowness];
  const streamer = await startStreamer(t, { app: [windowProgram, 'ping', `load=${load}`], start_timeout_seconds: patience });
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p').socket(t);
  const { app } = streamer.processes();
  await streamer.program.waitFor(/window_silent/, { timeout: 15_000 });
  await streamer.program.waitFor(/loaded/, { timeout: 15_000 });
  await streamer.program.waitFor(/window_answers/);
  assert.ok(runs(app));
  assert.doesNotMatch(streamer.program.log, /app_hangs|app_restarted/);
  assert.ok(!socket.messages.some(({ msg }) => msg === 'SESSION_ENDED'));
});

test('SIGTERM: no new sessions, people are told, and have stop_grace_seconds', async t => {
  const streamer = await startStreamer(t, { session_limit: 3, stop_grace_seconds: 3 });
  const { session } = await streamer.startSession({ session: 'busy' });
  await streamer.startSession({ session: 'empty' });
  const socket = await streamer.person(session, 'p').socket(t);
  const began = Date.now();
  streamer.program.signal('SIGTERM');
  const told = await socket.event('SESSION_ENDING');
  assert.deepEqual([told.reason, told.seconds_left], ['server_stopping', 3]);
  await streamer.program.waitFor(/session_ended session=empty reason=server_stopping/);
  const { answer } = await streamer.control('START_SESSION');
  assert.equal(answer.msg, 'SESSION_LIMIT_REACHED');
  const status = await streamer.status();
  assert.equal(status.state, 'draining');
  assert.ok(status.sessions.some((/** @type {any} */ now) => now.session === 'busy' && now.state === 'ready'));
  await streamer.person(session, 'q').connect(); /* the session is still one */
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'server_stopping');
  assert.ok(Date.now() - began >= 2900);
  assert.deepEqual(await streamer.program.exited, { code: 0, signal: null });
  assert.deepEqual(streamer.sessionDirectories(), []);
});

test('SIGTERM: who leaves before the grace is over holds nothing up', async t => {
  const streamer = await startStreamer(t, { stop_grace_seconds: 3600 });
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p').socket(t);
  streamer.program.signal('SIGTERM');
  await socket.event('SESSION_ENDING');
  await socket.ask('DISCONNECT');
  assert.deepEqual(await streamer.program.exited, { code: 0, signal: null });
  assert.match(streamer.program.log, /session_ended .*reason=users_left/);
});

test('a second SIGTERM ends it at once, and leaves nothing', async t => {
  const streamer = await startStreamer(t, { stop_grace_seconds: 3600, app: [windowProgram, 'deaf', 'stray'] });
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p').socket(t);
  streamer.program.signal('SIGTERM');
  await socket.event('SESSION_ENDING');
  streamer.program.signal('SIGINT'); /* of whichever kind */
  assert.deepEqual(await streamer.program.exited, { code: 0, signal: null });
  await until(() => streamer.markedProcesses().length === 0, { what: 'the end of all its processes' });
  assert.deepEqual(streamer.sessionDirectories(), []);
});

test('DRAIN stays through SIGHUP, until it is taken back', async t => {
  const streamer = await startStreamer(t);
  await streamer.control('DRAIN', { on: true });
  await streamer.reload({ session_limit: 2 });
  const status = await streamer.status();
  assert.deepEqual([status.state, status.session_limit], ['draining', 2]);
  assert.equal((await streamer.control('START_SESSION')).answer.msg, 'SESSION_LIMIT_REACHED');
  await streamer.control('DRAIN', { on: false });
  await streamer.startSession();
});
