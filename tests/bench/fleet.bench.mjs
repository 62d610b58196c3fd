// @ts-check
// The coordinator with 10, 1,000 and 10,000 servers: how soon all are known, what one costs in memory, starts a second against
// fake streamers that answer at once, and reading beside the same nginx serving the answer as a file and a node:http server
// without it. Needs wrk (Debian: wrk). Usage: node fleet.bench.mjs [SECONDS [SERVERS...]]

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CoordinatorFiles, startSite } from '../system/lib/coordinator.mjs';
import { startFakeFleet } from '../system/lib/fake_fleet.mjs';
import { freePort } from '../system/lib/ports.mjs';
import { ownScope, start } from '../system/lib/programs.mjs';

const SECONDS = Number(process.argv[2] ?? 2);
const SIZES = process.argv.length > 3 ? process.argv.slice(3).map(Number) : [10, 1_000, 10_000];
/** Places for all starts of a run, however many servers share them. */
const PLACES = 40_000;

/** @param {number} pid */
const residentKib = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** A Lua script for wrk that posts one body. @param {string} directory @param {string} name @param {object} body */
function poster(directory, name, body) {
  const file = join(directory, `${name}.lua`);
  writeFileSync(file, `wrk.method = "POST"\nwrk.body = '${JSON.stringify(body)}'\nwrk.headers["Content-Type"] = "application/json"\n`);
  return file;
}

/** Not waited for in one piece: this process reads what the coordinator logs. @param {string} url @param {string} [script] */
async function load(url, script) {
  const args = ['-t1', '-c32', `-d${SECONDS}s`, '--latency', ...(script ? ['-s', script] : []), url];
  const { stdout } = await promisify(execFile)('wrk', args, { timeout: (SECONDS + 30) * 1000 });
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99: /99%\s+([\d.]+\w+)/.exec(stdout)?.[1] ?? '?',
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
  };
}

const server = `
const http = require('node:http'), text = require('node:fs').readFileSync(process.argv[2]);
http.createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(text));
}).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));`;

/** The same bytes from node:http, in a process of its own. @param {import('../system/lib/programs.mjs').Scope} scope @param {string} file */
async function startNode(scope, file) {
  const port = await freePort();
  await start(scope, process.execPath, ['-e', server, String(port), file], { name: 'node-http', ready: /ready/ });
  return `http://127.0.0.1:${port}/`;
}

/** @param {number} size */
async function measure(size) {
  const scope = ownScope();
  try {
    const files = new CoordinatorFiles(scope);
    const keyFile = join(files.directory, 'vitrina.key');
    const limit = Math.max(1, Math.round(PLACES / size));
    const fleet = await startFakeFleet(scope, { count: size, keyFile, limit });
    const root = join(files.directory, 'site');
    mkdirSync(root);
    const begun = Date.now();
    const settings = { log_level: 'notice', status_wait_seconds: 30, history_days: 0, code_digits: 6 };
    const { client, nginx, online, coordinator } = await startSite(scope, { files, servers: fleet.servers, siteRoot: root, settings });
    await online(size, 120_000);
    console.log(`${size} servers: all known ${Date.now() - begun} ms after the start, ${residentKib(coordinator.pid)} KiB resident`);

    const { text } = await client.ask('GET_SERVERS', { range: '0-19' });
    writeFileSync(join(root, 'same.json'), text);
    const file = await load(`${nginx.url}same.json`);
    const read = await load(client.url, poster(files.directory, 'read', { verb: 'GET_SERVERS', range: '0-19' }));
    const node = await load(await startNode(scope, join(root, 'same.json')));
    const { code } = (await client.ask('START_SESSION', { rc_name: 'RC 0' })).answer;
    const right = await load(client.url, poster(files.directory, 'right', { verb: 'CONNECT_SESSION_WITH_CODE', code }));
    const other = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    const wrong = await load(client.url, poster(files.directory, 'wrong', { verb: 'CONNECT_SESSION_WITH_CODE', code: other }));
    for (const [name, result] of Object.entries({ file, 'node:http, no nginx': node, 'GET_SERVERS 0-19': read, 'right code': right, 'wrong code': wrong }))
      console.log(`  ${name}: ${Math.round(result.rate)}/s, p99 ${result.p99}`);

    const before = await fleet.counts();
    const starts = await load(client.url, poster(files.directory, 'start', { verb: 'START_SESSION', rc_name: 'RC 0' }));
    const after = await fleet.counts();
    const calls = after.asked.START_SESSION - before.asked.START_SESSION;
    console.log(`  START_SESSION: ${Math.round(starts.rate)}/s, p99 ${starts.p99}, ${(calls / (after.sessions - before.sessions)).toFixed(3)} calls a start, ${starts.refused} refused`);
  } finally {
    await scope.end();
  }
}

for (const size of SIZES) await measure(size);
