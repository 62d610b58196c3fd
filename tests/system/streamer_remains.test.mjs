// @ts-check
// Nothing is left behind, whatever is killed: no process, X display, socket, directory or descriptor.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { slowness, until } from './lib/programs.mjs';
import { descriptors, staleDisplayFiles, runs, startStreamer, windowProgram } from './lib/streamer.mjs';

/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

/** A sanitizer finds leaks by itself, and takes seconds for a start. */
const SESSIONS = process.env.SANITIZERS ? 5 : 20;

/** Everything of the running session. @param {Streamer} streamer */
function inventory(streamer) {
  const [display] = streamer.displays();
  const directories = streamer.sessionDirectories();
  const { app, display: server, engine, keeper } = streamer.processes();
  /** @type {Record<string, number>} */
  const processes = { app, display: server, engine };
  assert.ok(Object.values(processes).every(runs));
  assert.ok(existsSync(display));
  assert.equal(directories.length, 1);
  return { display, directories, processes, keeper };
}

/** @param {Streamer} streamer @param {ReturnType<typeof inventory>} had */
async function assertNothingLeft(streamer, { display, directories, processes }) {
  await until(() => !Object.values(processes).some(runs), { what: 'the end of the processes' });
  await until(() => streamer.markedProcesses().length === 0, { what: 'the end of all that carries the mark' });
  await until(() => staleDisplayFiles(display).length === 0, { what: "the removal of the display's files" });
  await until(() => !directories.some(path => existsSync(path)), { what: 'the removal of the directory' });
}

for (const victim of ['app', 'engine', 'display'])
  test(`SIGKILL of the ${victim}: the session ends as app_failed and leaves nothing`, async t => {
    const streamer = await startStreamer(t, { max_restarts: 0 });
    const { session } = await streamer.startSession();
    const socket = await streamer.person(session, 'p').socket(t);
    const had = inventory(streamer);
    process.kill(had.processes[victim], 'SIGKILL');
    assert.equal((await socket.event('SESSION_ENDED')).reason, 'app_failed');
    await streamer.program.waitFor(/stage_failed /);
    await assertNothingLeft(streamer, had);
    await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
    await streamer.startSession();
  });

test('SIGKILL of the streamer itself: nothing is left', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'stray', 'deaf'] });
  await streamer.startSession();
  const had = inventory(streamer);
  assert.equal(streamer.sessionProcesses().length, 4, 'display, engine, application and its stray child');
  streamer.program.kill();
  await assertNothingLeft(streamer, had);
  await until(() => !runs(had.keeper), { what: 'the end of the keeper' });
  assert.deepEqual(readdirSync(streamer.state).filter(name => name.startsWith('streamer-')), []);
});

test('SIGKILL while a session starts: nothing is left', async t => {
  for (const moment of [/session_starting/, /process=display pid/, /process=app pid/]) {
    const streamer = await startStreamer(t);
    streamer.control('START_SESSION').catch(() => {});
    await streamer.program.waitFor(moment);
    streamer.program.kill();
    await until(() => streamer.markedProcesses().length === 0, { what: 'the end of all that carries the mark' });
    await until(() => readdirSync(streamer.state).every(name => !name.startsWith('streamer-')), {
      what: 'the removal of the directory',
    });
  }
});

test('SIGKILL of the keeper: it is started again and knows what lives', async t => {
  const streamer = await startStreamer(t);
  await streamer.startSession();
  const had = inventory(streamer);
  process.kill(had.keeper, 'SIGKILL');
  await until(() => streamer.processes().keeper !== had.keeper, { what: 'another keeper' });
  assert.equal((await streamer.status()).sessions.length, 1);
  streamer.program.kill();
  await assertNothingLeft(streamer, had);
});

test('streamer and keeper killed together: the next streamer clears away', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'stray'] });
  await streamer.startSession();
  const had = inventory(streamer);
  process.kill(had.keeper, 'SIGSTOP');
  streamer.program.kill();
  process.kill(had.keeper, 'SIGKILL');
  await streamer.program.exited;
  assert.equal(had.directories.filter(path => existsSync(path)).length, 1);
  const next = await startStreamer(t, {}, { directory: streamer.directory });
  assert.match(next.program.log, /remains_cleared streamers=1/);
  await assertNothingLeft(streamer, had);
});

test('two streamers with one state directory leave each other alone', async t => {
  const first = await startStreamer(t);
  await first.startSession();
  const had = inventory(first);
  const second = await startStreamer(t, { server_name: 'second' }, { directory: first.directory });
  assert.doesNotMatch(second.program.log, /remains_cleared/);
  await second.program.stop();
  assert.ok(Object.values(had.processes).every(runs));
  assert.ok(existsSync(had.directories[0]));
  await first.program.stop();
});

test('an application that ignores TERM, and a child that left its group, are ended by force', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'deaf', 'stray'] });
  const { session } = await streamer.startSession();
  const had = inventory(streamer);
  assert.equal(streamer.sessionProcesses().length, 4);
  const { answer } = await streamer.control('END_SESSION', { session });
  assert.equal(answer.msg, 'SESSION_ENDED');
  await streamer.program.waitFor(/process_killed .*process=app/);
  await assertNothingLeft(streamer, had);
});

test('an application that ends is started again, max_restarts times, with the people staying', async t => {
  const streamer = await startStreamer(t, { max_restarts: 1 });
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p').socket(t);
  const { app, engine, display } = streamer.processes();
  process.kill(app, 'SIGKILL');
  await socket.event('APP_RESTARTED');
  const now = streamer.processes();
  assert.deepEqual([now.engine, now.display], [engine, display]);
  assert.notEqual(now.app, app);
  assert.equal((await streamer.status()).sessions[0].users, 1);
  process.kill(now.app, 'SIGKILL');
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'app_failed');
});

test('an application that writes without end slows nobody and fills no log', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'chatty'] });
  const { session } = await streamer.startSession();
  await streamer.program.waitFor(/output_skipped .*lines=\d+/);
  const began = Date.now();
  for (let i = 0; i < 20; i++) await streamer.status();
  assert.ok(Date.now() - began < 2000 * slowness);
  await streamer.control('END_SESSION', { session });
  assert.ok(streamer.program.log.length < 500_000, `${streamer.program.log.length} bytes of log`);
});

test(`${SESSIONS} sessions one after another leave no process, display, directory, descriptor or memory`, async t => {
  const streamer = await startStreamer(t, { session_limit: 2 });
  const cycle = async () => {
    const { session } = await streamer.startSession();
    const person = streamer.person(session, 'p', { role: 'host' });
    const socket = await person.socket(t);
    const [display] = streamer.displays();
    const { answer } = await streamer.control('END_SESSION', { session });
    assert.equal(answer.msg, 'SESSION_ENDED');
    assert.deepEqual(staleDisplayFiles(display), []);
    assert.deepEqual(streamer.sessionDirectories(), []);
    assert.deepEqual(streamer.sessionProcesses(), []);
    await socket.end();
    person.client.close();
  };
  const memory = () => Number(readFileSync(`/proc/${streamer.program.pid}/statm`, 'utf8').split(' ')[1]) * 4;
  await cycle();
  await cycle();
  const before = { descriptors: descriptors(streamer.program.pid), memory: memory() };
  for (let i = 0; i < SESSIONS; i++) await cycle();
  await until(() => descriptors(streamer.program.pid) <= before.descriptors, {
    what: `the ${before.descriptors} descriptors of the beginning; now ${descriptors(streamer.program.pid)}`,
  });
  t.diagnostic(`resident: ${before.memory} kB after 2 sessions, ${memory()} kB after ${SESSIONS} more`);
  assert.ok(memory() - before.memory < 1024 * slowness * slowness, `${before.memory} -> ${memory()} kB`);
});
