// @ts-check
// Bytes that come before they are due: the next request before the answer, more than the length said, frames before the
// upgrade is answered; and whether a program that got them is at rest again.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { onEnd, slowness, until } from './programs.mjs';

/** Nanoseconds that it ran, or waited for others that ran (proc(5), schedstat). @param {number} pid */
function spent(pid) {
  return readdirSync(`/proc/${pid}/task`)
    .map(task => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' '))
    .reduce((sum, [ran, waited]) => sum + Number(ran) + Number(waited), 0);
}

/** Waits until a program has had next to nothing to do for a while. @param {number} pid */
export async function atRest(pid) {
  await until(
    async () => {
      const [before, since] = [spent(pid), performance.now()];
      await new Promise(wake => setTimeout(wake, 200 * slowness));
      return spent(pid) - before < (performance.now() - since) * 1e6 * 0.2;
    },
    { what: 'rest', every: 0 },
  );
}

/** A connection that says what it likes when it likes. */
export class EarlyConnection {
  received = '';
  closed = false;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', data => (this.received += data.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => (this.closed = true));
  }

  /**
   * @param {import('./programs.mjs').Scope} scope
   * @param {{ port?: number, host?: string, path?: string, localAddress?: string }} where
   * @param {{ tls?: boolean }} [options]
   * @returns {Promise<EarlyConnection>}
   */
  static open(scope, where, { tls = false } = {}) {
    return new Promise((settle, fail) => {
      const opened = () => settle(new EarlyConnection(socket));
      const socket = /** @type {import('node:net').Socket} */ (
        tls
          ? connectTls({ ...where, port: where.port ?? 0, rejectUnauthorized: false }, opened)
          : connect(/** @type {import('node:net').NetConnectOpts} */ (where), opened)
      );
      onEnd(scope, () => socket.destroy());
      socket.on('error', fail);
    });
  }

  /**
   * Each part in a segment of its own.
   * @param {(string | Buffer)[]} parts
   */
  async send(parts) {
    for (const part of parts) {
      await new Promise(sent => this.socket.write(part, () => sent(undefined)));
      await new Promise(setImmediate);
    }
  }

  /** How many answers of HTTP came. */
  get answers() {
    return this.received.split(/HTTP\/1\.[01] /).length - 1;
  }
}

/** A request. */
export const ask = (/** @type {string} */ method, /** @type {string} */ path, /** @type {string | null} */ body = null, more = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}${body === null ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body ?? ''}`;

export const post = ask('POST', '/session', '{}');
export const get = ask('GET', '/health');
export const options = ask('OPTIONS', '/session');
const remove = ask('DELETE', '/whep/none/none');
const empty = ask('POST', '/session', '');
const patch = ask('PATCH', '/whep/none/none', 'candidate');
export const last = ask('POST', '/session', '{}', 'Connection: close\r\n');
const large = ask('POST', '/session', ' '.repeat(40_000));
export const upgrade = (/** @type {string} */ path, protocol = 'websocket') =>
  ask('GET', path, null, `Upgrade: ${protocol}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`);

/** A text frame of a client (RFC 6455, section 5.2), masked with nothing. @param {string} text */
export const frame = text => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

/** In one segment. */
export const together = (/** @type {(string | Buffer)[]} */ ...parts) => [Buffer.concat(parts.map(part => Buffer.from(part)))];

/** In many segments. @param {string} text */
export const apart = text => text.match(/[^]{1,7}/g) ?? [];

const firsts = { post, get, options, remove, empty, patch, last, large };
/** What may come after a request, by what it is. */
export const seconds = {
  post,
  get,
  upgrade: upgrade('/session'),
  'part of a head': 'POST /ses',
  'a head without its body': 'POST /session HTTP/1.1\r\nContent-Length: 2\r\n\r\n',
  'a byte': '\n',
  'less than a request': '{"verb"',
  'more than a request': 'x'.repeat(30_000),
  'many requests': (post + get).repeat(200),
};

/** What is sent, by what it is: the name, and the segments. @returns {[string, (string | Buffer)[]][]} */
export function httpCases() {
  /** @type {[string, (string | Buffer)[]][]} */
  const cases = [];
  for (const [first, head] of Object.entries(firsts))
    for (const [second, rest] of Object.entries(seconds)) {
      cases.push([`${first} and ${second} together`, together(head, rest)]);
      cases.push([`${first}, then ${second}`, [head, rest]]);
    }
  cases.push(['two posts in many segments', apart(post + post)]);
  cases.push(['a post whose end comes with the next', [post.slice(0, -1), `}${post}`]]);
  cases.push(['a body in two, the second with more', [post.slice(0, -1), `}${'x'.repeat(5000)}`]]);
  for (const path of ['/session', '/nothing'])
    for (const protocol of ['websocket', 'h2c', 'something'])
      for (const [second, rest] of Object.entries(seconds)) cases.push([`upgrade of ${path} to ${protocol}, and ${second}`, together(upgrade(path, protocol), rest)]);
  cases.push(['upgrade with a body', together(upgrade('/session').replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\n'), 'hello', post)]);
  return cases;
}

/**
 * Sends each of the cases to a daemon, which is well after each, and at rest at the end.
 * @param {import('./programs.mjs').Scope} t
 * @param {{ port: number, tls?: boolean, pid: number, isWell: () => Promise<void>, cases: [string, (string | Buffer)[]][] }} daemon
 */
export async function tryAll(t, { port, tls, pid, isWell, cases }) {
  for (const [name, segments] of cases) {
    const early = await EarlyConnection.open(t, { port, host: '127.0.0.1' }, { tls });
    await early.send(segments);
    await until(() => early.received || early.closed, { what: `an answer to ${name}` });
    if (!early.closed) assert.match(early.received, /^HTTP\/1\.[01] \d\d\d /, name);
    await isWell().catch(failure => assert.fail(`after ${name}: ${failure.message}`));
  }
  await atRest(pid);
}
