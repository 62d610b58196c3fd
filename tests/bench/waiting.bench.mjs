// @ts-check
// Many who wait: long polls and WebSockets, through nginx with TLS and straight to the coordinator, beside a node:http server
// behind the same nginx that holds the same connections. For each: the memory of one, threads, and the time from an
// event's first receiver to its last. Usage: node waiting.bench.mjs [COUNT]
//
// nginx needs two descriptors for each who waits, so COUNT is bounded by `ulimit -Hn`: 10,000 takes 20,000 with two workers.

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoordinatorFiles, listed, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { wholeRequest } from '../system/lib/fastcgi.mjs';
import { startNginx } from '../system/lib/nginx.mjs';
import { built, ownScope, start, until } from '../system/lib/programs.mjs';

const EVENT = 'SERVERS_CHANGED';
const RC = 'Hill';

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

/** @param {string} host */
const upgradeRequest = host =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
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

if (process.argv[2] === 'yardstick') serveYardstick(process.argv[3]);
else await measure(Number(process.argv[2] ?? 10_000));
