// @ts-check
import { Unreachable } from './ask.js';
import { pause } from './backoff.js';

/** One WebSocket: pairs answers with requests by `id`; what has none is an event. */

/** @typedef {import('./ask.js').Answer} Answer */

const OPEN_TIMEOUT_MS = 8_000;
const ANSWER_TIMEOUT_MS = 15_000;

export class SocketLine {
  /** @type {WebSocket} */ #socket;
  /** @type {Map<number, (answer: Answer) => void>} */ #waiting = new Map();
  #lastId = 0;
  #heardMs = performance.now();
  /** @type {(code: number) => void} */ #close = () => {};
  /** @type {(event: Answer) => void} */
  onEvent = () => {};
  /** @type {Promise<number>} settled when the line is gone, with the WebSocket's close code; 0: we gave it up */
  closed;

  /**
   * @param {URL} url
   * @param {AbortSignal} signal
   * @returns {Promise<SocketLine | null>} null when no WebSocket gets through
   */
  static open(url, signal) {
    const address = new URL(url);
    address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new Promise((resolve) => {
      /** @type {WebSocket} */
      let socket;
      try {
        socket = new WebSocket(address);
      } catch {
        resolve(null);
        return;
      }
      const fail = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', fail);
        socket.close();
        resolve(null);
      };
      const timer = setTimeout(fail, OPEN_TIMEOUT_MS);
      signal.addEventListener('abort', fail);
      socket.addEventListener('error', fail, { once: true });
      socket.addEventListener('open', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', fail);
        socket.removeEventListener('error', fail);
        resolve(new SocketLine(socket));
      });
    });
  }

  /** @param {WebSocket} socket an open one */
  constructor(socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
      socket.addEventListener('close', ({ code }) => resolve(code), { once: true });
    });
    socket.addEventListener('message', ({ data }) => this.#receive(data));
  }

  /** @returns {number} how long the other side has said nothing */
  get silentMs() {
    return performance.now() - this.#heardMs;
  }

  /**
   * @param {string} verb
   * @param {Record<string, unknown>} fields
   * @param {number} [timeoutMs]
   * @returns {Promise<Answer>}
   * @throws {Unreachable} when none came in time, or the line went
   */
  async ask(verb, fields, timeoutMs = ANSWER_TIMEOUT_MS) {
    const id = (this.#lastId += 1);
    const answering = new AbortController();
    const lost = this.closed.then(() => Promise.reject(new Unreachable(`the line went before ${verb} was answered`)));
    const late = pause(timeoutMs, answering.signal).then(() => Promise.reject(new Unreachable(`${verb} was not answered in time`)));
    lost.catch(() => {});
    late.catch(() => {});
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, verb, ...fields }));
    try {
      return await Promise.race([answered, lost, late]);
    } finally {
      this.#waiting.delete(id);
      answering.abort(new DOMException('answered', 'AbortError'));
    }
  }

  close() {
    this.onEvent = () => {};
    this.#socket.close();
    // Over a dead network the other side never confirms.
    this.#close(0);
  }

  /** @param {unknown} data */
  #receive(data) {
    this.#heardMs = performance.now();
    /** @type {any} */
    let message;
    try {
      message = JSON.parse(String(data));
    } catch {
      return;
    }
    if (typeof message?.msg !== 'string') return;
    // A pair without a request is an answer that came too late.
    if (message.id === undefined) this.onEvent(message);
    else this.#waiting.get(message.id)?.(message);
  }
}
