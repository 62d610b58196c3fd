// @ts-check
// The FastCGI protocol by hand, to do to the coordinator's door what no web server does.
// https://fastcgi-archives.github.io/FastCGI_Specification.html

import { connect } from 'node:net';
import { until } from './programs.mjs';

const VERSION = 1;
const BEGIN_REQUEST = 1;
const ABORT_REQUEST = 2;
const END_REQUEST = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const RESPONDER = 1;
const KEEP_CONNECTION = 1;
const REQUEST_ID = 1;

/** One record. @param {number} type @param {Buffer | string} [content] */
export function record(type, content = '') {
  const body = Buffer.from(content);
  const head = Buffer.from([VERSION, type, 0, REQUEST_ID, body.length >> 8, body.length & 255, 0, 0]);
  return Buffer.concat([head, body]);
}

/** Name-value pairs with lengths of four bytes each. @param {Record<string, string>} pairs */
function pairs(pairs) {
  const parts = Object.entries(pairs).flatMap(([name, value]) => {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE((Buffer.byteLength(name) | 0x8000_0000) >>> 0, 0);
    lengths.writeUInt32BE((Buffer.byteLength(value) | 0x8000_0000) >>> 0, 4);
    return [lengths, Buffer.from(name), Buffer.from(value)];
  });
  return Buffer.concat(parts);
}

export const begin = (keep = true) => record(BEGIN_REQUEST, Buffer.from([0, RESPONDER, keep ? KEEP_CONNECTION : 0, 0, 0, 0, 0, 0]));
export const abort = () => record(ABORT_REQUEST);

/**
 * All records of one request.
 * @param {string} body @param {Record<string, string>} [parameters]
 */
export function wholeRequest(body, parameters = {}, { keep = true } = {}) {
  const all = {
    REQUEST_METHOD: 'POST',
    REQUEST_URI: '/api',
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
    REMOTE_ADDR: '192.0.2.7',
    ...parameters,
  };
  const parts = [begin(keep), record(PARAMS, pairs(all)), record(PARAMS)];
  for (let at = 0; at < body.length; at += 60_000) parts.push(record(STDIN, body.slice(at, at + 60_000)));
  return Buffer.concat([...parts, record(STDIN)]);
}

/** A web server's connection to the coordinator. */
export class FastCgi {
  #received = Buffer.alloc(0);
  closed = false;

  /** @param {string | number} address a socket's path, or a port of 127.0.0.1 @param {{ allowHalfOpen?: boolean }} [options] */
  constructor(address, { allowHalfOpen = false } = {}) {
    const where = typeof address === 'number' ? { port: address, host: '127.0.0.1' } : { path: address };
    this.socket = connect({ ...where, allowHalfOpen });
    this.socket.on('data', part => {
      this.#received = Buffer.concat([this.#received, part]);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** @param {Buffer | string} bytes */
  write(bytes) {
    this.socket.write(bytes);
  }

  /** Takes the records of one answer off what was received; null while it is not whole. */
  #takeAnswer() {
    let text = '';
    for (let at = 0; at + 8 <= this.#received.length; ) {
      const length = this.#received.readUInt16BE(at + 4);
      const end = at + 8 + length + this.#received[at + 6];
      if (end > this.#received.length) return null;
      const type = this.#received[at + 1];
      if (type === STDOUT) text += this.#received.toString('utf8', at + 8, at + 8 + length);
      at = end;
      if (type === END_REQUEST) {
        this.#received = this.#received.subarray(at);
        return text;
      }
    }
    return null;
  }

  /** Waits for a whole answer. @returns {Promise<{ status: number, answer: any, headers: Record<string, string>, text: string }>} */
  async answer() {
    const text = await until(
      () => {
        const answer = this.#takeAnswer();
        if (answer === null && this.closed) throw new Error('closed without an answer');
        return answer;
      },
      { what: 'an answer' },
    );
    const [head, body] = text.split('\r\n\r\n');
    const headers = Object.fromEntries(head.split('\r\n').map(line => line.split(/: (.*)/, 2)).map(([name, value]) => [name.toLowerCase(), value]));
    return { status: parseInt(headers.status), answer: headers['content-type'] === 'application/json' ? JSON.parse(body) : undefined, headers, text: body };
  }

  close() {
    this.socket.destroy();
  }
}
