// @ts-check
// What a service manager hears from the streamer, and how many descriptors it takes.

import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import test from 'node:test';
import { request } from './lib/client.mjs';
import { run, slowness, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { Supervisor } from './lib/supervisor.mjs';

/** @param {number} pid @returns {[number, number]} soft and hard */
function descriptorLimits(pid) {
  const [, soft, hard] = /^Max open files +(\d+) +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
  return [Number(soft), Number(hard)];
}

test('a service manager hears that the port is open, of reloads, and of the end', async t => {
  const supervisor = await Supervisor.start(t);
  const streamer = await startStreamer(t, {}, { env: { NOTIFY_SOCKET: supervisor.socket } });
  await until(() => supervisor.told.length > 0, { what: 'READY=1' });
  assert.deepEqual(supervisor.told, [`READY=1 STATUS=Listens on 127.0.0.1 port ${streamer.port}`]);
  assert.equal((await request(streamer.base + 'health')).status, 200);
  await streamer.reload({ session_minutes: 5 });
  await until(() => supervisor.told.length >= 3, { what: 'the reload' });
  assert.match(supervisor.told[1], /^RELOADING=1 MONOTONIC_USEC=\d+ /);
  assert.match(supervisor.told[2], /^READY=1 /);
  await streamer.program.stop();
  await until(() => supervisor.told.some(each => each.startsWith('STOPPING=1')), { what: 'STOPPING=1' });
  assert.equal(supervisor.meals, 0, 'no watchdog was asked for');
});

test('the watchdog is fed by the loop that does the work: when that hangs, nobody feeds it', async t => {
  const supervisor = await Supervisor.start(t);
  const patienceMs = 600 * slowness;
  const env = { NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: String(patienceMs * 1000) };
  const { program, config } = await startStreamer(t, {}, { env });
  await until(() => supervisor.meals >= 5, { what: 'meals' });
  program.signal('SIGSTOP');
  await supervisor.hungry(patienceMs);
  const meals = supervisor.meals;
  program.signal('SIGCONT');
  await until(() => supervisor.meals > meals, { what: 'meals again' });
  /* Reading this configuration never ends. */
  run('mkfifo', [`${config}.new`]);
  renameSync(`${config}.new`, config);
  program.signal('SIGHUP');
  await supervisor.hungry(patienceMs);
  assert.equal(program.exit, null);
  program.kill();
  await program.exited;
});

test('it takes all descriptors that it may have, and its children get what it was given', async t => {
  const streamer = await startStreamer(t, {}, { before: ['prlimit', '--nofile=512:4096', '--'] });
  assert.deepEqual(descriptorLimits(streamer.program.pid), [4096, 4096]);
  await streamer.startSession();
  const children = streamer.markedProcesses();
  assert.ok(children.length > 2);
  for (const pid of children) assert.deepEqual(descriptorLimits(pid), [512, 4096]);
});
