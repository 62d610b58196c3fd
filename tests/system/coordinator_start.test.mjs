// @ts-check
// How the coordinator starts: when it says that it is ready, what a service manager hears, and how it is started by one that passes
// a socket as FastCGI has it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoordinatorFiles, LISTENING, startCoordinator } from './lib/coordinator.mjs';
import { Database, administer, hasDatabase } from './lib/database.mjs';
import { FastCgi, wholeRequest } from './lib/fastcgi.mjs';
import { freePort } from './lib/ports.mjs';
import { built, onEnd, run, slowness, start, until } from './lib/programs.mjs';
import { Supervisor } from './lib/supervisor.mjs';

/** @typedef {import('node:test').TestContext} T */

const skip = hasDatabase ? false : 'there is no mariadbd on this machine';

/** @param {T} t @param {object} [settings] */
function makeFiles(t, settings) {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration(settings);
  files.writeServers([]);
  return files;
}

/** @param {T} t @param {string | number} door @param {string} [body] @param {Record<string, string>} [parameters] */
function ask(t, door, body = '{"verb":"GET_RCS"}', parameters = {}) {
  const connection = new FastCgi(door);
  onEnd(t, () => connection.close());
  connection.write(wholeRequest(body, parameters));
  return connection.answer();
}

const health = (/** @type {T} */ t, /** @type {CoordinatorFiles} */ files) =>
  ask(t, files.socket, '', { REQUEST_METHOD: 'GET', REQUEST_URI: '/health' });

test('a service manager hears that all is read, of reloads, and of the end', async t => {
  const supervisor = await Supervisor.start(t);
  const coordinator = await startCoordinator(t, makeFiles(t), { env: { NOTIFY_SOCKET: supervisor.socket } });
  await until(() => supervisor.told.some(each => /^READY=1 STATUS=Serves 0 servers$/.test(each)), { what: 'READY=1' });
  const before = supervisor.told.length;
  coordinator.signal('SIGHUP');
  await until(() => supervisor.told.length >= before + 2, { what: 'the reload' });
  assert.match(supervisor.told[before], /^RELOADING=1 MONOTONIC_USEC=\d+ /);
  assert.match(supervisor.told[before + 1], /^READY=1 /);
  await coordinator.stop();
  await until(() => supervisor.told.some(each => each.startsWith('STOPPING=1')), { what: 'STOPPING=1' });
  assert.equal(supervisor.meals, 0, 'no watchdog was asked for');
});

test('the watchdog is fed by the loop that does the work: when that hangs, nobody feeds it', async t => {
  const supervisor = await Supervisor.start(t);
  const files = makeFiles(t);
  const patienceMs = 600 * slowness;
  const env = { NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: String(patienceMs * 1000) };
  const coordinator = await startCoordinator(t, files, { env });
  await until(() => supervisor.meals >= 5, { what: 'meals' });
  /* Reading this list never ends. */
  run('mkfifo', [`${files.servers}.new`]);
  renameSync(`${files.servers}.new`, files.servers);
  coordinator.signal('SIGHUP');
  await supervisor.hungry(patienceMs);
  assert.equal(coordinator.exit, null, 'its other threads live');
  coordinator.kill();
  await coordinator.exited;
});

test('without its database it listens and is not ready', async t => {
  const supervisor = await Supervisor.start(t);
  const files = makeFiles(t, { store: { type: 'mysql', host: '127.0.0.1', port: await freePort(), tls: false } });
  const coordinator = await startCoordinator(t, files, { ready: LISTENING, env: { NOTIFY_SOCKET: supervisor.socket } });
  assert.match(coordinator.log, / database_unreachable /);
  assert.equal((await health(t, files)).status, 503);
  assert.doesNotMatch(coordinator.log, / ready /);
  await until(() => supervisor.told.length > 0, { what: 'a status' });
  assert.deepEqual(supervisor.told, ['STATUS=Waits for the database']);
});

test('with a wrong password of the database it is not ready, until that is the right one', { skip }, async t => {
  const supervisor = await Supervisor.start(t);
  const database = await Database.start(t);
  database.query("CREATE USER visitor IDENTIFIED BY 'right'; GRANT ALL ON vitrina.* TO visitor");
  const files = makeFiles(t, { store: database.store });
  administer(files, '--migrate');
  writeFileSync(join(files.directory, 'password'), 'wrong', { mode: 0o600 });
  files.writeConfiguration({ store: { ...database.store, user: 'visitor', password_file: 'password' } });
  const coordinator = await startCoordinator(t, files, { ready: LISTENING, env: { NOTIFY_SOCKET: supervisor.socket } });
  assert.match(coordinator.log, / database_unreachable reason=.*denied/i);
  assert.equal((await health(t, files)).status, 503);
  assert.doesNotMatch(coordinator.log, / ready /);
  assert.ok(!supervisor.told.some(each => each.startsWith('READY')));
  database.query("ALTER USER visitor IDENTIFIED BY 'wrong'");
  await coordinator.waitFor(/ ready door=/);
  await until(() => supervisor.told.some(each => each.startsWith('READY=1')), { what: 'READY=1' });
  assert.equal((await health(t, files)).status, 200);
});

test('a listening socket on descriptor 0 is taken, as spawn-fcgi passes it', async t => {
  const files = makeFiles(t, { socket: undefined });
  const door = join(files.directory, 'spawned.sock');
  const program = ['--', built('vitrina-coordinator'), '--config', files.configuration];
  const spawned = await start(t, 'spawn-fcgi', ['-n', '-s', door, '-M', '0600', ...program], { ready: / ready door=stdin / });
  for (let round = 0; round < 3; round++) assert.equal((await ask(t, door)).answer.msg, 'RCS_FOUND');
  await spawned.stop();
  assert.ok(existsSync(door), 'it belongs to whoever made it');
});

test('by TCP, too, and as a daemon that spawn-fcgi leaves behind', async t => {
  const files = makeFiles(t, { socket: undefined });
  const port = await freePort();
  const pids = join(files.directory, 'pid');
  const started = run('spawn-fcgi', ['-a', '127.0.0.1', '-p', String(port), '-P', pids, '--', built('vitrina-coordinator'), '--config', files.configuration]);
  assert.equal(started.status, 0, started.stderr);
  const pid = Number(/PID: (\d+)/.exec(started.stdout)?.[1]);
  onEnd(t, () => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
  const answers = () => ask(t, port).then(({ answer }) => answer.msg, () => null);
  await until(async () => (await answers()) === 'RCS_FOUND', { what: 'an answer' });
  process.kill(pid, 'SIGTERM');
  await until(() => !existsSync(`/proc/${pid}`) || /State:\s+Z/.test(run('cat', [`/proc/${pid}/status`]).stdout), { what: 'its end' });
});

test('what is no listening socket on descriptor 0 is not taken for one', async t => {
  const files = makeFiles(t, { socket: undefined });
  for (const stdin of /** @type {const} */ (['ignore', 'pipe'])) {
    const child = spawn(built('vitrina-coordinator'), ['--config', files.configuration], { stdio: [stdin, 'ignore', 'pipe'] });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', text => (told += text));
    const status = await new Promise(settle => child.on('close', settle));
    assert.equal(status, 78, stdin);
    assert.match(told, /socket: missing/);
  }
});
