// @ts-check
// Hundreds of sessions on one streamer, several at a time, ended in different ways: nothing of them stays, and memory
// does not grow. VITRINA_STARTS: how many; a check has time for 100.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { slowness, temporaryDirectory, until } from './lib/programs.mjs';
import { descriptors, offer, staleDisplayFiles, startStreamer } from './lib/streamer.mjs';

const STARTS = Number(process.env.VITRINA_STARTS ?? 100 / slowness);
const AT_A_TIME = 4;
/** After these, what is made once and kept has been made. */
const WARM_UP = 2 * AT_A_TIME;
/** An allocator's wobble: a leak of 10 kB in each of 100 sessions is twice that. A sanitizer keeps what was freed. */
const GROWTH_KB = process.env.SANITIZERS ? Infinity : 512;

/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

/** Resident, in kB. @param {number} pid */
const memory = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Segments of shared memory that these processes made; numbers of processes come again, even while others' segments last. @param {Set<number>} pids */
const segmentsOf = pids =>
  readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .filter(line => {
      const [, , , , creator, , , user] = line.trim().split(/\s+/).map(Number);
      return pids.has(creator) && user === process.getuid?.();
    });

/** @param {Streamer} streamer @param {string} session */
const gone = (streamer, session) => streamer.program.waitFor(new RegExp(`session_gone session=${session}\\b`), { timeout: 30_000 });

/** @typedef {import('./lib/streamer.mjs').Person} Person */

/** How sessions end: told to, left by their only person, their engine killed. @type {((person: Person) => any)[]} */
const ends = [
  ({ streamer, session }) => streamer.control('END_SESSION', { session }),
  person => person.ask('DISCONNECT'),
  ({ streamer, session }) => {
    const [, pid] = streamer.program.log.match(new RegExp(`process_started session=${session} process=engine pid=(\\d+)`)) ?? [];
    process.kill(Number(pid), 'SIGKILL');
  },
];

/** One session from its start until nothing is left of it. @param {Streamer} streamer @param {string} session @param {number} turn */
async function live(streamer, session, turn) {
  await streamer.startSession({ session });
  const person = streamer.person(session, 'p', { role: 'host' });
  await person.connect();
  if (turn % 5 === 0) await person.whep({ body: offer() });
  await ends[Math.max(0, (turn % 10) - 7)](person);
  await gone(streamer, session);
  person.client.close();
}

/** So many sessions, AT_A_TIME of them at any time. @param {Streamer} streamer @param {string} name @param {number} count */
async function churn(streamer, name, count) {
  let next = 0;
  const lane = async () => {
    for (let turn = next++; turn < count; turn = next++) await live(streamer, `${name}-${turn}`, turn);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}

test(`${STARTS} starts and ends leave no process, display, socket, file or descriptor, and memory is flat`, async t => {
  const files = temporaryDirectory(t, 'churn');
  const streamer = await startStreamer(t, { session_limit: AT_A_TIME, max_restarts: 0 }, { env: { TMPDIR: files } });
  const pid = /** @type {number} */ (streamer.program.pid);
  await churn(streamer, 'warm', WARM_UP);
  const before = { memory: memory(pid), descriptors: descriptors(pid) };
  const began = performance.now();
  const displays = new Set();
  const watch = setInterval(() => {
    try {
      streamer.displays().forEach(number => displays.add(number));
    } catch {
      /* a session went while it was looked at */
    }
  }, 50);
  t.after(() => clearInterval(watch));
  await churn(streamer, 's', STARTS);
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  t.diagnostic(`${STARTS} sessions in ${seconds.toFixed(0)} s; resident ${before.memory} kB before, ${memory(pid)} kB after`);

  const { log } = streamer.program;
  const pids = new Set([...log.matchAll(/process_started session=(?!-).* pid=(\d+)/g)].map(([, number]) => Number(number)));
  assert.ok(pids.size >= 3 * STARTS, `${pids.size} processes`);
  await until(() => streamer.sessionProcesses().length === 0, { what: 'the end of all processes' });
  assert.ok(displays.size > 0);
  assert.deepEqual([...displays].flatMap(staleDisplayFiles), []);
  assert.deepEqual(streamer.sessionDirectories(), []);
  assert.deepEqual(readdirSync(files), []);
  assert.deepEqual(segmentsOf(pids), []);
  await until(() => descriptors(pid) <= before.descriptors, { what: `${before.descriptors} descriptors; now ${descriptors(pid)}` });
  assert.ok(memory(pid) - before.memory < GROWTH_KB, `${before.memory} -> ${memory(pid)} kB`);
  const status = await streamer.status();
  assert.deepEqual([status.state, status.sessions.length, status.ended.length], ['free', 0, Math.min(32, STARTS + WARM_UP)]);
});
