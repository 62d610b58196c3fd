// @ts-check
// A WebSocket client for tests (RFC 6455): text messages both ways, and the liberty to be a bad one.

import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { until } from './programs.mjs';

const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class WebSocketClient {
  /** Messages that came, parsed. @type {any[]} */
  messages = [];
  /** How often the server asked whether we are there. */
  pings = 0;
  /** Whether pings and closes are answered. */
  polite = true;
  /** @type {{ code: number } | null} */
  closed = null;
  #bytes = Buffer.alloc(0);
  #text = '';
  #calls = 0;

  /** @param {import('node:stream').Duplex} stream @param {Buffer} head */
  constructor(stream, head) {
    this.stream = stream;
    const end = () => (this.closed ??= { code: 1006 });
    stream.on('data', bytes => this.#take(bytes)).on('error', end).on('close', end);
    this.#take(head);
  }

  /**
   * Opens one. Rejects with the server's status when it refuses.
   * @param {import('./programs.mjs').Scope} scope
   * @param {string} url http or https
   * @param {{ headers?: Record<string, string>, ca?: string, socketPath?: string, localAddress?: string }} [options]
   * @returns {Promise<WebSocketClient>}
   */
  static open(scope, url, { headers = {}, ca, socketPath, localAddress } = {}) {
    const key = randomBytes(16).toString('base64');
    const { request } = url.startsWith('https:') ? https : http;
    return new Promise((settle, fail) => {
      const asked = request(url, {
        ca,
        socketPath,
        localAddress,
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': key,
          ...headers,
        },
      });
      asked.on('error', fail);
      asked.on('response', ({ statusCode }) => fail(new Error(`refused with status ${statusCode}`)));
      asked.on('upgrade', (response, stream, head) => {
        const proof = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        if (response.headers['sec-websocket-accept'] !== proof) fail(new Error('a wrong Sec-WebSocket-Accept'));
        scope.after(() => stream.destroy());
        settle(new WebSocketClient(stream, head));
      });
      asked.end();
    });
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      if (this.#bytes.length < 2) return;
      const [first, second] = this.#bytes;
      let length = second & 127;
      let start = 2;
      if (length === 126) {
        if (this.#bytes.length < 4) return;
        length = this.#bytes.readUInt16BE(2);
        start = 4;
      } else if (length === 127) {
        if (this.#bytes.length < 10) return;
        length = Number(this.#bytes.readBigUInt64BE(2));
        start = 10;
      }
      if (this.#bytes.length < start + length) return;
      const payload = this.#bytes.subarray(start, start + length);
      this.#bytes = this.#bytes.subarray(start + length);
      this.#frame(first & 15, (first & 128) !== 0, payload);
    }
  }

  /** @param {number} type @param {boolean} last @param {Buffer} payload */
  #frame(type, last, payload) {
    if (type === PING) {
      this.pings++;
      if (this.polite) this.sendFrame(PONG, payload);
    } else if (type === CLOSE) {
      this.closed = { code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005 };
      if (!this.polite) return;
      this.sendFrame(CLOSE, payload);
      this.stream.end();
    } else if (type <= 1) {
      this.#text += payload.toString('utf8');
      if (!last) return;
      this.messages.push(JSON.parse(this.#text));
      this.#text = '';
    }
  }

  /** Sends one frame, masked. @param {number} type @param {Buffer} payload @param {boolean} [last] */
  sendFrame(type, payload, last = true) {
    const size = payload.length;
    const length = size < 126 ? Buffer.from([128 | size]) : Buffer.from([128 | 126, size >> 8, size & 255]);
    if (size > 65535) throw new Error('larger than these tests send in one frame');
    const mask = randomBytes(4);
    const masked = Buffer.from(payload.map((byte, index) => byte ^ mask[index % 4]));
    if (!this.stream.destroyed) this.stream.write(Buffer.concat([Buffer.from([(last ? 128 : 0) | type]), length, mask, masked]));
  }

  /** @param {string | Buffer} text */
  send(text) {
    this.sendFrame(1, Buffer.from(text));
  }

  /** Asks a verb; gives its answer. @param {string} verb @param {Record<string, unknown>} [fields] @returns {Promise<any>} */
  async ask(verb, fields = {}) {
    const id = ++this.#calls;
    this.send(JSON.stringify({ id, verb, ...fields }));
    return until(() => this.messages.find(message => message.id === id), { what: `the answer to ${verb}` });
  }

  /** The first event of that name. @param {string} msg @param {{ timeout?: number }} [options] @returns {Promise<any>} */
  event(msg, options) {
    return until(() => this.messages.find(message => message.msg === msg && message.id === undefined), {
      what: `the event ${msg} among ${JSON.stringify(this.messages)}`,
      ...options,
    });
  }

  /** Waits for the close. @param {{ timeout?: number }} [options] @returns {Promise<{ code: number }>} */
  end(options) {
    return until(() => this.closed, { what: 'the close of the WebSocket', ...options });
  }

  close() {
    this.sendFrame(CLOSE, Buffer.from([3, 232]));
  }

  /**
   * Waits for the close that is due, and answers it only after much more was sent; fails unless the server has taken all
   * that, as it must: it may have been under way when the server closed (RFC 6455 section 7.1.1).
   * @returns {Promise<{ code: number }>}
   */
  async talksOverClose() {
    this.polite = false;
    const closed = await this.end();
    for (let i = 0; i < 100; i++) this.send('x'.repeat(10_000));
    const failure = await new Promise(taken => this.stream.write('', taken));
    if (failure || this.stream.readableEnded) throw new Error('the connection ended before its close was answered', { cause: failure });
    this.close();
    await until(() => this.stream.destroyed, { what: 'the end of the connection' });
    return closed;
  }
}
