// @ts-check
// Bytes sent before anybody asked for them, and whether a program that got them is at rest again.

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
