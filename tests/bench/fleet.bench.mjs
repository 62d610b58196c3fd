// @ts-check
// The coordinator with 10, 1,000 and 10,000 servers (fake streamers that answer at once): how soon all are known after a start, what
// one costs in memory, and starts a second. Beside it, in the same run: the loop of curl's examples asking all the same servers once,
// as many at a time, and what both cost the fake streamers' process, whose time is in all of it; and a node:http server behind the
// same nginx that hands out servers as a small matchmaker would, keeping nothing. Last, with every second server dead: how soon the
// living ones are known, and how long one start takes.
// Needs wrk (Debian: wrk). Usage: node fleet.bench.mjs [SECONDS [SERVERS...]]

import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoordinatorFiles, startSite } from '../system/lib/coordinator.mjs';
import { startFakeFleet } from '../system/lib/fake_fleet.mjs';
import { serverKey } from '../system/lib/keys.mjs';
import { built, ownScope, start, until } from '../system/lib/programs.mjs';
import { cpuUs, load, poster, withYardstick } from '../system/lib/wrk.mjs';

/** Places for all starts of a run, however many servers share them. */
const PLACES = 40_000;
/** The most that one may have. */
const LIMIT = 1_000;
/** As many as the coordinator asks at a time. */
const AT_A_TIME = 256;

/** @typedef {{ server_name: string, ip: string, port: string }} Listed */

/** @param {string} key @param {string} aud */
function ticketFor(key, aud) {
  const part = (/** @type {object} */ object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ aud, role: 'coordinator', iat: now, exp: now + 60 })}`;
  return `${text}.${createHmac('sha256', serverKey(key, aud)).update(text).digest('base64url')}`;
}

/** Asks a streamer. @param {http.Agent} agent @param {string} key @param {Listed} server @param {object} question @returns {Promise<any>} */
function ask(agent, key, { server_name, ip, port }, question) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${ticketFor(key, server_name)}` };
  return new Promise((settle, fail) => {
    const request = http.request({ host: ip, port, path: '/control', method: 'POST', agent, headers }, async response => {
      let text = '';
      for await (const bytes of response.setEncoding('utf8')) text += bytes;
      settle(JSON.parse(text));
    });
    request.on('error', fail).end(JSON.stringify(question));
  });
}

/** The matchmaker, in a process of its own: `listFile` has the servers. @param {string[]} args */
async function runMatchmaker([listFile, keyFile, socket]) {
  const key = readFileSync(keyFile, 'utf8').trim();
  /** @type {Listed[]} */
  const servers = JSON.parse(readFileSync(listFile, 'utf8'));
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });
  let sessions = 0;
  const door = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume().on('end', async () => {
      const session = `s${++sessions}`;
      const { msg } = await ask(agent, key, servers[sessions % servers.length], { verb: 'START_SESSION', session, code: '0000' });
      response.writeHead(msg === 'SESSION_CONNECTION_DATA' ? 200 : 503, { 'Content-Type': 'application/json' }).end(JSON.stringify({ msg, session }));
    });
  });
  process.on('SIGTERM', () => process.exit(0));
  door.listen(socket, () => console.log('ready'));
}

/** @param {number} pid */
const residentKib = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** @param {number} size @param {number} seconds */
async function measure(size, seconds) {
  const scope = ownScope();
  try {
    const files = new CoordinatorFiles(scope);
    const keyFile = join(files.directory, 'vitrina.key');
    const fleet = await startFakeFleet(scope, { count: size, keyFile, limit: Math.min(LIMIT, Math.max(1, Math.round(PLACES / size))) });
    const socket = join(files.directory, 'node.sock');
    const siteRoot = join(files.directory, 'site');
    mkdirSync(siteRoot);
    files.writeServers(fleet.servers);
    const fleetMs = () => cpuUs(fleet.program.pid) / 1000;
    let fleetBefore = fleetMs();
    const asker = await start(scope, built('asker'), [`${size}`, fleet.servers[0].port, keyFile, `${AT_A_TIME}`]);
    const [, asked, ...took] = await asker.waitFor(/asked (\d+) ([\d.]+) ([\d.]+)/, { timeout: 120_000 });
    const [byCurl, curlCpu] = took.map(text => 1000 * Number(text));
    const fleetThen = fleetMs() - fleetBefore;
    await until(async () => (await fleet.counts()).connections === 0, { what: "the yardstick's connections are closed" });

    const settings = { log_level: 'notice', status_wait_seconds: 30, history_days: 0, code_digits: 6 };
    fleetBefore = fleetMs();
    const begun = Date.now();
    const site = await startSite(scope, { files, servers: fleet.servers, siteRoot, settings, adapt: text => withYardstick(text, socket) });
    const { client, nginx, health, coordinator } = site;
    await until(async () => (await health()).online === size, { what: 'all servers are known', timeout: 120_000, every: 50 });
    const known = Date.now() - begun;
    const cpuMs = cpuUs(coordinator.pid) / 1000;
    const fleetAtStart = fleetMs() - fleetBefore;
    await until(async () => (await fleet.counts()).asked.GET_STATUS >= Number(asked) + 2 * size, { what: 'all are watched', timeout: 60_000, every: 100 });
    const watched = Date.now() - begun;
    console.log(
      `${size} servers: all known ${known} ms after the start, of which a processor's ${cpuMs.toFixed(0)} (and ${fleetAtStart.toFixed(0)} of the streamers); ` +
        `all watched after ${watched} ms; ${residentKib(coordinator.pid)} KiB resident\n` +
        `  curl's own loop asks ${asked} in ${byCurl.toFixed(0)} ms, ${curlCpu.toFixed(0)} (and ${fleetThen.toFixed(0)}): ${(known / byCurl).toFixed(2)}`,
    );

    await start(scope, process.execPath, [fileURLToPath(import.meta.url), 'matchmaker', files.servers, keyFile, socket], { ready: /ready/, timeout: 60_000 });
    const counted = await fleet.counts();
    const before = cpuUs(coordinator.pid);
    const starts = await load(client.url, { seconds, script: poster(files.directory, 'start', { verb: 'START_SESSION', rc_name: 'RC 0' }) });
    const each = (cpuUs(coordinator.pid) - before) / starts.requests;
    const after = await fleet.counts();
    const calls = after.asked.START_SESSION - (counted.asked.START_SESSION ?? 0);
    await fleet.endAll();
    const byMatchmaker = await load(`${nginx.url}node`, { seconds, script: poster(files.directory, 'node', {}) });
    console.log(
      `  START_SESSION: ${Math.round(starts.rate)}/s, p50 ${starts.p50}, p99 ${starts.p99}, ` +
        `${(calls / (after.sessions - counted.sessions)).toFixed(3)} calls a start, ${each.toFixed(0)} us of the coordinator, ` +
        `${starts.refused} refused; ` +
        `a matchmaker in node: ${Math.round(byMatchmaker.rate)}/s, p99 ${byMatchmaker.p99}: ${(starts.rate / byMatchmaker.rate).toFixed(2)}`,
    );
  } finally {
    await scope.end();
  }
}

/** Every second one never answers. @param {number} size */
async function measureHalfDead(size) {
  const scope = ownScope();
  try {
    const files = new CoordinatorFiles(scope);
    const fleet = await startFakeFleet(scope, { count: size, keyFile: join(files.directory, 'vitrina.key') });
    await fleet.misbehave(Array.from({ length: size / 2 }, (_, i) => 2 * i), 'silent');
    const settings = { log_level: 'notice', access_log: false, status_wait_seconds: 30, history_days: 0, code_digits: 6 };
    const begun = Date.now();
    const { client, health } = await startSite(scope, { files, servers: fleet.servers, settings });
    await until(async () => (await health()).online === size / 2, { what: 'the living are known', timeout: 120_000, every: 50 });
    const known = Date.now() - begun;
    const took = [];
    for (let i = 0; i < 100; i++) {
      const asked = Date.now();
      await client.ask('START_SESSION', { rc_name: 'RC 0' });
      took.push(Date.now() - asked);
    }
    took.sort((a, b) => a - b);
    console.log(`${size} servers, every second one dead: the others known ${known} ms after the start; START_SESSION then: p50 ${took[50]}, slowest ${took[99]} ms`);
  } finally {
    await scope.end();
  }
}

if (process.argv[2] === 'matchmaker') await runMatchmaker(process.argv.slice(3));
else {
  const [seconds = 2, ...sizes] = process.argv.slice(2).map(Number);
  for (const size of sizes.length ? sizes : [10, 1_000, 10_000]) await measure(size, seconds);
  await measureHalfDead(sizes.at(-1) ?? 10_000);
}
