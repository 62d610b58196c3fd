// @ts-check
// Thousands of streamers in one process of their own: one port on as many addresses of 127.0.0.0/8, each a server that speaks
// the control verbs (vitrina-protocol(7)) and answers at once. What is asked of it is counted; it is told what to do by verbs of
// its own on the address 127.0.0.1. It reads as much of HTTP as its clients need: node:http would cost more than all that is
// measured with it.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from './client.mjs';
import { serverKey } from './keys.mjs';
import { freePort } from './ports.mjs';
import { onEnd, start } from './programs.mjs';

const file = fileURLToPath(import.meta.url);

/** @param {number} index */
const address = index => `127.10.${index >> 8}.${index & 255}`;
/** @param {number} index */
const serverName = index => `server-${index}`;

/**
 * @typedef {object} FleetCounts
 * @property {Record<string, number>} asked  how often each verb was, of all servers
 * @property {number} connections  that are open
 * @property {number} accepted  that were ever opened
 * @property {number} sessions  that run
 * @property {number} refused  starts that found a server full
 */

/**
 * Starts it. Returns its list and how to speak to it.
 * @param {import('./programs.mjs').Scope} scope
 * @param {{ count: number, keyFile: string, limit?: number, rcs?: number }} options `keyFile`: with the master key; `limit`: of
 *   each server; `rcs`: how many complexes they show, in turn
 */
export async function startFakeFleet(scope, { count, keyFile, limit = 1, rcs = 1 }) {
  const port = await freePort();
  const program = await start(scope, process.execPath, [file, String(port), String(count), keyFile, String(limit)], {
    name: 'fake-fleet',
    ready: /ready/,
  });
  const client = new Client(`http://127.0.0.1:${port}/fleet`);
  onEnd(scope, () => client.close());
  return {
    program,
    /** Entries of servers.json. */
    servers: Array.from({ length: count }, (_, i) => ({
      server_name: serverName(i),
      ip: address(i),
      port: String(port),
      rc_info: { rc_name: `RC ${i % rcs}`, info: { deskription: [{ en: `About ${i % rcs}` }] } },
    })),
    /** @returns {Promise<FleetCounts>} */
    counts: async () => (await client.ask('COUNTS')).answer,
    /** Ends all sessions at once. */
    endAll: () => client.ask('END_ALL'),
    /** Ends every session of every so many. @param {number} every */
    endSome: every => client.ask('END_SOME', { every }),
    /** These servers change their status as fast as they are asked, break every connection, or never answer. @param {number[]} servers @param {'changing' | 'breaking' | 'silent' | 'right'} how */
    misbehave: (servers, how) => client.ask('MISBEHAVE', { servers, how }),
  };
}

/* ---- the process ---- */

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string} key  its own
 * @property {number} version
 * @property {Map<string, object>} sessions
 * @property {'changing' | 'breaking' | 'silent' | 'right'} how
 * @property {string} authorization  that was found good
 * @property {(() => void) | null} wake  answers the status poll that waits
 */
/** @typedef {import('node:net').Socket} Socket */

/** @param {string[]} args */
async function run([port, count, keyFile, limit]) {
  const master = readFileSync(keyFile, 'utf8');
  /** @type {Map<string, Server>} */
  const servers = new Map();
  for (let i = 0; i < Number(count); i++)
    servers.set(address(i), { name: serverName(i), key: serverKey(master, serverName(i)), version: 1, sessions: new Map(), how: 'right', authorization: '', wake: null });
  /** @type {Record<string, number>} */
  const asked = {};
  let refused = 0;
  let accepted = 0;
  let turn = 0;

  /** @param {Socket} socket @param {number} status @param {object} object */
  const answer = (socket, status, object) => {
    const text = JSON.stringify(object);
    const head = `HTTP/1.1 ${status} -\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
    socket.write(head + text);
  };

  /** @param {Server} server @param {string} [header] */
  const isAuthorized = (server, header = '') => {
    if (header === server.authorization) return true;
    const [head, claims, signature] = header.replace(/^Bearer /, '').split('.');
    const right = createHmac('sha256', server.key).update(`${head}.${claims}`).digest('base64url');
    const good = signature === right && JSON.parse(Buffer.from(claims, 'base64url').toString()).aud === server.name;
    if (good) server.authorization = header;
    return good;
  };

  /** @param {Server} server */
  const change = server => {
    server.version++;
    const { wake } = server;
    server.wake = null;
    wake?.();
  };

  /** @type {Record<string, (server: Server, asked: any, socket: Socket) => void>} */
  const verbs = {
    GET_STATUS(server, { version, wait_seconds }, socket) {
      const tell = () =>
        answer(socket, 200, {
          msg: 'STATUS',
          server_name: server.name,
          version: server.version,
          state: server.sessions.size < Number(limit) ? 'free' : 'busy',
          session_limit: Number(limit),
          sessions: [...server.sessions.values()],
        });
      if (server.how === 'changing') server.version++;
      if (version !== server.version || !wait_seconds) return tell();
      const timer = setTimeout(() => {
        server.wake = null;
        tell();
      }, wait_seconds * 1000);
      server.wake = () => {
        clearTimeout(timer);
        tell();
      };
    },
    START_SESSION(server, { session, code, ends_at }, socket) {
      if (server.sessions.size >= Number(limit)) {
        refused++;
        return answer(socket, 503, { msg: 'SESSION_LIMIT_REACHED', reason: 'full' });
      }
      server.sessions.set(session, { session, code, users: 1, ends_at });
      answer(socket, 200, { msg: 'SESSION_CONNECTION_DATA', ip: '127.0.0.1', port, session, code, ends_at });
      change(server);
    },
    END_SESSION(server, { session }, socket) {
      const known = server.sessions.delete(session);
      answer(socket, known ? 200 : 404, { msg: known ? 'SESSION_ENDED' : 'SESSION_NOT_EXIST', reason: 'none' });
      if (known) change(server);
    },
  };

  /** @type {Record<string, (asked: any) => object>} */
  const commands = {
    COUNTS: () => ({
      asked,
      accepted,
      refused,
      connections: open.size,
      sessions: [...servers.values()].reduce((sum, server) => sum + server.sessions.size, 0),
    }),
    END_ALL() {
      for (const server of servers.values()) {
        if (server.sessions.size === 0) continue;
        server.sessions.clear();
        change(server);
      }
      return {};
    },
    END_SOME({ every }) {
      for (const server of [...servers.values()].filter(({ sessions }, i) => sessions.size > 0 && (i + ++turn) % every === 0)) {
        server.sessions.clear();
        change(server);
      }
      return {};
    },
    MISBEHAVE({ servers: indexes, how }) {
      for (const index of indexes) {
        const server = servers.get(address(index));
        if (!server) continue;
        server.how = how;
        change(server);
      }
      return {};
    },
  };

  /** @param {Socket} socket @param {string} head @param {string} body */
  const serve = (socket, head, body) => {
    const question = JSON.parse(body);
    if (head.startsWith('POST /fleet ')) return answer(socket, 200, { msg: 'DONE', ...commands[question.verb](question) });
    const server = servers.get(socket.localAddress ?? '');
    asked[question.verb] = (asked[question.verb] ?? 0) + 1;
    if (!server || !isAuthorized(server, /^Authorization: *(.*?)\r?$/im.exec(head)?.[1])) return answer(socket, 401, { msg: 'NOT_AUTHORIZED' });
    if (server.how === 'breaking') return void socket.destroy();
    if (server.how === 'silent') return;
    verbs[question.verb](server, question, socket);
  };

  /** @type {Set<Socket>} */
  const open = new Set();
  const door = createServer({ noDelay: true }, socket => {
    let text = '';
    socket.setEncoding('latin1').on('data', part => {
      text += part;
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/^Content-Length: *(\d+)/im.exec(text)?.[1]);
      if (head < 0 || text.length < head + 4 + length) return;
      const body = Buffer.from(text.slice(head + 4, head + 4 + length), 'latin1').toString();
      const request = text.slice(0, head);
      text = text.slice(head + 4 + length);
      serve(socket, request, body);
    });
    socket.on('error', () => socket.destroy());
    if (!servers.has(socket.localAddress ?? '')) return;
    accepted++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise(settle => door.listen({ port: Number(port), host: '0.0.0.0', backlog: 4096 }, () => settle(undefined)));
  process.on('SIGTERM', () => process.exit(0));
  console.log('ready');
}

if (basename(process.argv[1] ?? '') === basename(file)) await run(process.argv.slice(2));
