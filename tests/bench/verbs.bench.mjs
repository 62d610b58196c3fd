// @ts-check
// Verbs over HTTPS (nginx, 32 kept connections) with few servers in the list and with many, beside the same nginx serving the answer
// of GET_SERVERS as a file, and a node:http server behind it that has nothing to do but send it. Runs of a second take turns, so
// that what else the machine does falls on all; compare the ratios. Needs wrk. Usage: node verbs.bench.mjs [ROUNDS [FEW [MANY]]]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../system/lib/client.mjs';
import { CoordinatorFiles, startSite } from '../system/lib/coordinator.mjs';
import { startFakeFleet } from '../system/lib/fake_fleet.mjs';
import { readMetrics } from '../system/lib/metrics.mjs';
import { ownScope, start } from '../system/lib/programs.mjs';
import { cpuUs, load, median, poster, withYardstick } from '../system/lib/wrk.mjs';

const ROUNDS = Number(process.argv[2] ?? 7);
const FEW = Number(process.argv[3] ?? 10);
const MANY = Number(process.argv[4] ?? 10_000);
const TOLD = 2_000;
/** Until each server has answered a status that waited. */
const IDLE_SECONDS = 31;

const nodeServer = `
const http = require('node:http'), text = require('node:fs').readFileSync(process.argv[2]);
http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': text.length }).end(text));
}).listen(process.argv[1], () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));`;

/** What watching the servers costs, whoever asks what. @param {number} pid @returns {Promise<number>} microseconds of processor time a second */
async function costOfWatching(pid) {
  const before = cpuUs(pid);
  await new Promise(settle => setTimeout(settle, IDLE_SECONDS * 1000));
  return (cpuUs(pid) - before) / IDLE_SECONDS;
}

/** @param {import('../system/lib/programs.mjs').Scope} scope @param {number} size */
async function startSize(scope, size) {
  const files = new CoordinatorFiles(scope);
  const fleet = await startFakeFleet(scope, { count: size, keyFile: join(files.directory, 'vitrina.key') });
  const siteRoot = join(files.directory, 'site');
  const socket = join(files.directory, 'node.sock');
  mkdirSync(siteRoot);
  const settings = { log_level: 'notice', access_log: false, code_digits: 6, status_wait_seconds: 30, trusted_proxies: ['127.0.0.0/8'] };
  const site = await startSite(scope, { files, servers: fleet.servers, siteRoot, settings, adapt: text => withYardstick(text, socket) });
  await site.online(size, 120_000);
  const { text } = await site.client.ask('GET_SERVERS', { range: '0-19' });
  const file = join(siteRoot, 'same.json');
  writeFileSync(file, text);
  await start(scope, process.execPath, ['-e', nodeServer, socket, file], { name: 'node-http', ready: /ready/ });
  const { code } = (await site.client.ask('START_SESSION', { rc_name: 'RC 0' })).answer;
  const other = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  return { ...site, size, directory: files.directory, code, other, bytes: text.length, watching: 0 };
}

/** @typedef {Awaited<ReturnType<typeof startSize>>} Site */

/** Wrong codes from strangers, so many that all are told that they are wrong. @param {Site} site */
async function tellWrong({ client, directory, other, size, nginx }) {
  const script = join(directory, 'strangers.lua');
  const body = JSON.stringify({ verb: 'CONNECT_SESSION_WITH_CODE', code: other });
  writeFileSync(script, `local asked, told = 0, 0
    function request()
      asked = asked + 1
      local from = string.format("11.%d.%d.7", asked // 250, asked % 250)
      return wrk.format("POST", nil, { ["Content-Type"] = "application/json", ["X-Forwarded-For"] = from }, '${body}')
    end
    function response()
      told = told + 1
      if told >= ${TOLD} then wrk.thread:stop() end
    end`.replace('asked // 250', 'math.floor(asked / 250)'));
  const { p50, p99 } = await load(client.url, { seconds: 2, script });
  const metrics = new Client(`${nginx.url}metrics`, { ca: nginx.ca });
  const counts = readMetrics((await metrics.send('', { method: 'GET' })).text);
  metrics.close();
  const told = counts.get('vitrina_coordinator_requests_total{verb="CONNECT_SESSION_WITH_CODE",answer="SESSION_NOT_EXIST"}');
  console.log(`a wrong code of a stranger, ${size} servers: p50 ${p50}, p99 ${p99} (${told} were told)`);
}

const scope = ownScope();
try {
  const sites = [await startSize(scope, FEW), await startSize(scope, MANY)];
  const [few] = sites;
  /** @typedef {{ name: string, site: Site, url: string, script?: string, rates: number[], p50: string[], p99: string[], cpu: number, requests: number, refused: number }} Row */
  /** @param {string} name @param {Site} site @param {string} url @param {object} [body] @returns {Row} */
  const row = (name, site, url, body) => ({
    name, site, url, script: body && poster(site.directory, name.replaceAll(' ', '-'), body), rates: [], p50: [], p99: [], cpu: 0, requests: 0, refused: 0,
  });
  const file = row('the answer as a file', few, `${few.nginx.url}same.json`);
  const node = row('node:http', few, `${few.nginx.url}node`, {});
  const verbs = /** @type {const} */ ({
    'GET_SERVERS 0-19': () => ({ verb: 'GET_SERVERS', range: '0-19' }),
    'a right code': (/** @type {Site} */ { code }) => ({ verb: 'CONNECT_SESSION_WITH_CODE', code }),
    /* Where nobody can knock: else it is the time of a knock that is measured. */
    'a guesser refused': (/** @type {Site} */ { other }) => ({ verb: 'CANCEL_SESSION', code: other, key: 'guessed' }),
  });
  const pairs = Object.entries(verbs).map(([name, body]) => sites.map(site => row(name, site, site.client.url, body(site))));
  console.log(`${few.bytes} bytes; ${ROUNDS} rounds of a second each`);
  await Promise.all(sites.map(async site => (site.watching = await costOfWatching(site.coordinator.pid))));
  for (const site of sites) {
    console.log(`watching ${site.size} servers costs ${(site.watching / 10_000).toFixed(1)} % of a core`);
    await tellWrong(site);
  }

  const rows = [file, node, ...pairs.flat()];
  for (let round = 0; round < ROUNDS; round++)
    for (const each of rows) {
      const before = cpuUs(each.site.coordinator.pid);
      const begun = performance.now();
      const { rate, p50, p99, requests, refused } = await load(each.url, { seconds: 1, script: each.script });
      each.cpu += cpuUs(each.site.coordinator.pid) - before - (each.site.watching * (performance.now() - begun)) / 1000;
      each.requests += requests;
      each.refused += refused;
      each.rates.push(rate);
      each.p50.push(p50);
      each.p99.push(p99);
    }

  /** The middle one of the rounds' ratios. @param {Row} a @param {Row} b */
  const ratio = (a, b) => median(a.rates.map((rate, i) => rate / b.rates[i])).toFixed(2);
  /** @param {string[]} times */
  const middle = times => [...times].sort((a, b) => inMs(a) - inMs(b))[Math.floor(times.length / 2)];
  const inMs = (/** @type {string} */ text) => parseFloat(text) * (text.endsWith('us') ? 0.001 : text.endsWith('ms') ? 1 : 1000);
  for (const each of rows) {
    const us = each === file || each === node ? '' : `, ${(each.cpu / each.requests).toFixed(0)} us of the coordinator`;
    const beside = each === file ? '' : `; ${ratio(each, file)} of the file's rate, ${ratio(each, node)} of node's`;
    const refused = each.refused ? `, ${Math.round((100 * each.refused) / each.requests)} % refused` : '';
    console.log(`${each.name}, ${each.site.size} servers: ${Math.round(median(each.rates))}/s, p50 ${middle(each.p50)}, p99 ${middle(each.p99)}${us}${beside}${refused}`);
  }
  for (const [a, b] of pairs)
    console.log(`${a.name}: ${MANY} servers beside ${FEW}: ${ratio(b, a)} of the rate, ${(b.cpu / b.requests / (a.cpu / a.requests)).toFixed(2)} of the coordinator's time a request`);
} finally {
  await scope.end();
}
