// @ts-check
// GET_SERVERS through nginx (TLS, 32 kept connections) beside the same nginx serving the same bytes as a file.
// The goal is 0.6 of the file's rate or more. Needs wrk (Debian: wrk). Runs of one second
// take turns, so that what else the machine does falls on both. Usage: node get_servers.bench.mjs [SECONDS]

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoordinatorFiles, listed, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { ownScope, run } from '../system/lib/programs.mjs';

const SECONDS = Number(process.argv[2] ?? 1);
const ROUNDS = 9;
const SERVERS = 20;
const BODY = JSON.stringify({ verb: 'GET_SERVERS', range: `0-${SERVERS - 1}` });

const TICK_US = 10_000; /* of /proc: USER_HZ is 100 */

/** The CPU time of a process and its children so far, in microseconds. @param {number} pid @returns {number} */
function cpuOf(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return (Number(user) + Number(system)) * TICK_US + children.reduce((sum, child) => sum + cpuOf(Number(child)), 0);
}

/**
 * One run of wrk.
 * @param {string} url @param {string} [script] a Lua file
 * @returns {{ rate: number, p99: string, requests: number }}
 */
function load(url, script) {
  const args = ['-t1', '-c32', `-d${SECONDS}s`, '--latency', ...(script ? ['-s', script] : []), url];
  const { stdout, stderr, status } = run('wrk', args, { timeout: (SECONDS + 20) * 1000 });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout, /Non-2xx|Socket errors/, stdout);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99: /99%\s+([\d.]+\w+)/.exec(stdout)?.[1] ?? '?',
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
  };
}

const scope = ownScope();
try {
  const files = new CoordinatorFiles(scope);
  const streamers = await Promise.all(
    Array.from({ length: SERVERS }, (_, i) => FakeStreamer.start(scope, { name: `server-${i}`, key: files.key })),
  );
  const root = join(files.directory, 'site');
  mkdirSync(root);
  const { client, nginx, online, coordinator } = await startSite(scope, {
    files,
    siteRoot: root,
    servers: streamers.map((streamer, i) => listed(streamer, `RC ${i % 5}`)),
    settings: { log_level: 'notice', access_log: false },
  });
  await online(SERVERS);
  const { text } = await client.send(BODY);
  writeFileSync(join(root, 'same.json'), text);
  const script = join(files.directory, 'post.lua');
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = '${BODY}'\nwrk.headers["Content-Type"] = "application/json"\n`);

  console.log(`GET_SERVERS 0-${SERVERS - 1}, ${text.length} bytes, TLS, 32 connections, ${SECONDS} s each`);
  /** @type {number[]} */
  const ratios = [];
  const cost = { file: 0, files: 0, verb: 0, coordinator: 0, verbs: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    const before = cpuOf(nginx.program.pid);
    const file = load(`${nginx.url}same.json`);
    const between = cpuOf(nginx.program.pid);
    const coordinatorBefore = cpuOf(coordinator.pid);
    const verb = load(client.url, script);
    cost.file += between - before;
    cost.files += file.requests;
    cost.verb += cpuOf(nginx.program.pid) - between;
    cost.coordinator += cpuOf(coordinator.pid) - coordinatorBefore;
    cost.verbs += verb.requests;
    ratios.push(verb.rate / file.rate);
    console.log(
      `round ${round}: verb ${Math.round(verb.rate)}/s (p99 ${verb.p99})   file ${Math.round(file.rate)}/s ` +
        `(p99 ${file.p99})   ratio ${(verb.rate / file.rate).toFixed(2)}`,
    );
  }
  const median = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
  const each = (/** @type {number} */ us, /** @type {number} */ requests) => (us / requests).toFixed(1);
  console.log(
    `CPU a request: verb ${each(cost.verb, cost.verbs)} us in nginx and ${each(cost.coordinator, cost.verbs)} us in the ` +
      `coordinator, file ${each(cost.file, cost.files)} us in nginx`,
  );
  console.log(`median ratio ${median.toFixed(2)} (goal 0.60)`);
} finally {
  await scope.end();
}
