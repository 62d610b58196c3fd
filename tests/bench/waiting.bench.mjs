// @ts-check
// Many who wait: long polls and WebSockets, through nginx with TLS and straight to the coordinator, beside a node:http server
// behind the same nginx that holds the same connections. For each: the memory of one, threads, and the time from an
// event's first receiver to its last. Then an event that only those in line for one complex are meant by, with and without all the
// others beside them, and the one that goes to all as its yardstick. Usage: node waiting.bench.mjs [COUNT [few]]; `few`: the last part alone
//
// nginx needs two descriptors for each who waits, so COUNT is bounded by `ulimit -Hn`: 10,000 takes 20,000 with two workers.

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoordinatorFiles, listed, startSite } from '../system/lib/coordinator.mjs';
import { startFakeFleet } from '../system/lib/fake_fleet.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { wholeRequest } from '../system/lib/fastcgi.mjs';
import { startNginx } from '../system/lib/nginx.mjs';
import { built, ownScope, start, until } from '../system/lib/programs.mjs';
import { WebSocketClient } from '../system/lib/websocket.mjs';
import { median } from '../system/lib/wrk.mjs';

const EVENT = 'SERVERS_CHANGED';
const RC = 'Hill';
/** How many stand in line, and how many of them leave it, one after the other, which the others are told. */
const IN_LINE = 100;
const LEAVING = 20;

/** The other side of the yardstick: what one would write for the same in an afternoon. @param {string} socketPath */
function serveYardstick(socketPath) {
  const body = JSON.stringify({ msg: 'EVENTS', cursor: '1', events: [{ msg: EVENT, rcs: [{ rc_name: RC, capacity: 9, free: 8 }] }] });
  const frame = Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 255]), Buffer.from(body)]);
  /** @type {import('node:http').ServerResponse[]} */
  const polls = [];
  /** @type {import('node:stream').Duplex[]} */
  const sockets = [];
  const server = createServer((request, response) => {
    request.resume();
    polls.push(response);
  });
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n');
    sockets.push(socket.on('error', () => {}));
  });
  server.listen({ path: socketPath, backlog: 4096 }, () => console.log('listens'));
  process.on('SIGUSR2', () => {
    for (const response of polls.splice(0)) response.end(body);
    for (const socket of sockets.splice(0)) socket.write(frame);
  });
  setInterval(() => console.log(`holds ${polls.length + sockets.length}`), 50);
}

/** The resident memory of a process and its children, in bytes. @param {number} pid @returns {number} */
function memoryOf(pid) {
  const own = 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + memoryOf(Number(child)), own);
}

/** @param {number} pid */
const threadsOf = pid => readdirSync(`/proc/${pid}/task`).length;

/** From an address that nothing limits (limits.exempt), as a web server says it. @param {string} host */
const upgradeRequest = host =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;

/** @param {string} path @param {string} body */
const postRequest = (path, body) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** @param {number} count */
async function measure(count) {
  const poll = JSON.stringify({ verb: 'POLL_EVENTS', wait_seconds: 60 });
  console.log(`${count} who wait; memory of one in KiB, times in ms`);
  console.log(['', 'opening', 'memory', 'in nginx', 'threads', 'first to last', 'to the middle one'].join('\t'));

  /**
   * One crowd.
   * @param {string} name
   * @param {{ address: string, tls?: boolean, request: string | Buffer }} how
   * @param {import('../system/lib/programs.mjs').Program} server
   * @param {import('../system/lib/nginx.mjs').Nginx | null} nginx
   * @param {() => Promise<boolean>} isWaiting whether all are there
   * @param {() => unknown} happen makes the event
   * @param {string} directory
   */
  async function wait(name, { address, tls, request }, server, nginx, isWaiting, happen, directory) {
    const scope = ownScope();
    try {
      const file = join(directory, 'request');
      writeFileSync(file, request);
      const before = [memoryOf(server.pid), nginx ? memoryOf(nginx.program.pid) : 0];
      const args = [String(count), address, file, EVENT, ...(tls ? ['tls'] : [])];
      const crowd = await start(scope, built('crowd'), args, { input: 'pipe' });
      const [, opening] = await crowd.waitFor(/open ([\d.]+)/, { timeout: 60_000 });
      await until(isWaiting, { what: `all of ${name} wait`, timeout: 60_000 });
      const each = [memoryOf(server.pid), nginx ? memoryOf(nginx.program.pid) : 0].map((now, i) => (now - before[i]) / count / 1024);
      const threads = threadsOf(server.pid);
      happen();
      const [, , first, last, middle] = await crowd.waitFor(/told (\d+) ([\d.]+) ([\d.]+) ([\d.]+)/, { timeout: 60_000 });
      const ms = (/** @type {string} */ to) => (1000 * (Number(to) - Number(first))).toFixed(0);
      console.log(
        [name, (1000 * Number(opening)).toFixed(0), each[0].toFixed(1), nginx ? each[1].toFixed(1) : '-', threads, ms(last), ms(middle)].join('\t'),
      );
      crowd.child.stdin?.end();
      await crowd.waitForExit({ timeout: 30_000 });
    } finally {
      await scope.end();
    }
  }

  /** Fresh programs each time: memory that was used once is not given back. @param {(site: any) => Promise<void>} run */
  async function withSite(run) {
    const scope = ownScope();
    try {
      const files = new CoordinatorFiles(scope);
      const streamer = await FakeStreamer.start(scope, { name: 'hill-1', key: files.key, limit: 9 });
      const settings = { access_log: false, log_level: 'notice', status_wait_seconds: 30, websocket_ping_seconds: 30 };
      const site = await startSite(scope, { files, settings, servers: [listed(streamer, RC)], workers: 2 });
      await site.online(1);
      for (let cursor = '-'; ; ) {
        const { answer } = await site.client.ask('POLL_EVENTS', { cursor, wait_seconds: 1 });
        if (answer.events.length === 0) break;
        cursor = answer.cursor;
      }
      const happen = () => site.client.ask('START_SESSION', { rc_name: RC });
      const holds = (/** @type {'waiting' | 'sockets'} */ what) => async () => (await site.health())[what] === count;
      await run({ ...site, files, happen, holds, https: new URL(site.nginx.url).port });
    } finally {
      await scope.end();
    }
  }

  await withSite(({ coordinator, nginx, files, happen, holds, https }) =>
    wait('polls, nginx, TLS', { address: https, tls: true, request: postRequest('/api', poll) }, coordinator, nginx, holds('waiting'), happen, files.directory));
  await withSite(({ coordinator, nginx, files, happen, holds, https }) =>
    wait('WebSockets, nginx, TLS', { address: https, tls: true, request: upgradeRequest('localhost') }, coordinator, nginx, holds('sockets'), happen, files.directory));
  await withSite(({ coordinator, files, happen, holds }) =>
    wait('polls, directly', { address: files.socket, request: wholeRequest(poll, { REMOTE_ADDR: '127.0.0.1' }) }, coordinator, null, holds('waiting'), happen, files.directory));
  await withSite(({ coordinator, files, happen, holds }) =>
    wait('WebSockets, directly', { address: files.websocket, request: upgradeRequest('localhost') }, coordinator, null, holds('sockets'), happen, files.directory));

  for (const [name, request] of /** @type {const} */ ([
    ['node: polls, nginx, TLS', postRequest('/ws', poll)],
    ['node: WebSockets, nginx, TLS', upgradeRequest('localhost')],
  ])) {
    const scope = ownScope();
    try {
      const files = new CoordinatorFiles(scope);
      const server = await start(scope, process.execPath, [fileURLToPath(import.meta.url), 'yardstick', files.websocket], { ready: /listens/, deathSignal: 'KILL' });
      const nginx = await startNginx(scope, { coordinatorSocket: files.socket, websocketSocket: files.websocket, workers: 2 });
      const holds = async () => server.log.endsWith(`holds ${count}\n`);
      await wait(name, { address: new URL(nginx.url).port, tls: true, request }, server, nginx, holds, () => server.signal('SIGUSR2'), files.directory);
      server.kill();
    } finally {
      await scope.end();
    }
  }
}

/** The processor time of a process so far, in ms, to the microsecond. @param {number} pid */
function processorMs(pid) {
  const spent = (/** @type {string} */ task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + spent(task), 0) / 1e6;
}

/** An event for those in line for one complex, while `count` others have WebSockets open. @param {number} count */
async function measureFew(count) {
  const scope = ownScope();
  try {
    const files = new CoordinatorFiles(scope);
    const fleet = await startFakeFleet(scope, { count: 2, rcs: 2, keyFile: join(files.directory, 'vitrina.key') });
    const settings = { access_log: false, log_level: 'notice', status_wait_seconds: 30, websocket_ping_seconds: 30, place_seconds: 600 };
    const { coordinator, client, health, online } = await startSite(scope, { files, settings, servers: fleet.servers });
    await online(2);
    const begin = () => client.ask('START_SESSION', { rc_name: 'RC 0', wait_seconds: 0 });
    await begin();
    const places = [];
    for (let i = 0; i < IN_LINE; i++) places.push((await begin()).answer.place);
    const followers = [];
    for (const place of places) {
      const follower = await WebSocketClient.open(scope, 'http://localhost/ws', { socketPath: files.websocket });
      await follower.ask('POLL_EVENTS', { place, wait_seconds: 0 });
      followers.push(follower);
    }
    const request = join(files.directory, 'request');
    writeFileSync(request, upgradeRequest('localhost'));
    const crowd = count > 0 ? await start(scope, built('crowd'), [String(count), files.websocket, request, EVENT], { input: 'pipe' }) : null;
    if (crowd) await crowd.waitFor(/open/, { timeout: 60_000 });
    await until(async () => (await health()).sockets === IN_LINE + count, { what: 'all are there', timeout: 60_000 });

    const told = () => followers.reduce((sum, { messages }) => sum + messages.filter(({ msg }) => msg === 'PLACE_IN_LINE').length, 0);
    const took = [];
    let pushes = 0;
    const cpu = processorMs(coordinator.pid);
    for (let i = 0; i < LEAVING; i++) {
      const before = told();
      const at = performance.now();
      await client.ask('LEAVE_LINE', { place: places[i] });
      await until(() => told() - before >= IN_LINE - 1 - i, { what: 'those behind are told', every: 1 });
      took.push(performance.now() - at);
      pushes += told() - before;
    }
    const few = processorMs(coordinator.pid) - cpu;
    console.log(
      `${IN_LINE} in line, ${count} others: the last of those in line has it after ${median(took).toFixed(1)} ms ` +
        `(longest ${Math.max(...took).toFixed(1)}), ${((1000 * few) / pushes).toFixed(0)} us of a processor for each who is told`,
    );
    if (!crowd) return;
    const before = processorMs(coordinator.pid);
    const at = performance.now();
    await client.ask('START_SESSION', { rc_name: 'RC 1' });
    await crowd.waitFor(/told/, { timeout: 60_000 });
    const all = processorMs(coordinator.pid) - before;
    console.log(`the event for all ${count + IN_LINE}: the last has it after ${(performance.now() - at).toFixed(1)} ms, ${((1000 * all) / (count + IN_LINE)).toFixed(0)} us each`);
    crowd.child.stdin?.end();
    await crowd.waitForExit({ timeout: 30_000 });
  } finally {
    await scope.end();
  }
}

if (process.argv[2] === 'yardstick') serveYardstick(process.argv[3]);
else {
  const count = Number(process.argv[2] ?? 10_000);
  if (process.argv[3] !== 'few') await measure(count);
  await measureFew(0);
  await measureFew(count - IN_LINE);
}
