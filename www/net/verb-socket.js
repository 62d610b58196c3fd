// @ts-check
import { Unreachable } from './ask.js';

/** One WebSocket: pairs answers with requests by `id`; what has none is an event. */

/**
 * @typedef {import('./ask.js').Answer} Answer
 * @typedef {{ take: (answer: Answer) => void, fail: (why: string) => void }} Question one that is not answered yet
 */

const OPEN_TIMEOUT_MS = 8_000;
const ANSWER_TIMEOUT_MS = 15_000;

export class VerbSocket {
  /** @type {WebSocket} */ #socket;
  /** @type {Map<number, Question>} by the request's id */ #waiting = new Map();
  #lastId = 0;
  #heardMs = performance.now();
  #gone = false;
  /** @type {(code: number) => void} */ #settle = () => {};
  /** @type {(event: Answer) => void} */
  onEvent = () => {};
  /** @type {Promise<number>} settled when the connection is gone, with the WebSocket's close code; 0: we gave it up */
  closed;

  /**
   * @param {URL} url
   * @param {AbortSignal} signal
   * @returns {Promise<VerbSocket | null>} null when no WebSocket gets through
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
        resolve(new VerbSocket(socket));
      });
    });
  }

  /** @param {WebSocket} socket an open one */
  constructor(socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    socket.addEventListener('close', ({ code }) => this.#end(code), { once: true });
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
   * @throws {Unreachable} when none came in time, or the connection went
   */
  ask(verb, fields, timeoutMs = ANSWER_TIMEOUT_MS) {
    return new Promise((resolve, reject) => {
      if (this.#gone) {
        reject(new Unreachable(`the connection went before ${verb} was asked`));
        return;
      }
      const id = (this.#lastId += 1);
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      /** @type {Question} */
      const question = {
        take: (answer) => {
          done();
          resolve(answer);
        },
        fail: (why) => {
          done();
          reject(new Unreachable(`${verb} was not answered: ${why}`));
        },
      };
      const timer = setTimeout(() => question.fail('it took too long'), timeoutMs);
      this.#waiting.set(id, question);
      this.#socket.send(JSON.stringify({ id, verb, ...fields }));
    });
  }

  close() {
    this.#socket.close();
    // Over a dead network the other side never confirms.
    this.#end(0);
  }

  /** @param {number} code */
  #end(code) {
    if (this.#gone) return;
    this.#gone = true;
    this.onEvent = () => {};
    for (const question of [...this.#waiting.values()]) question.fail('the connection went');
    this.#settle(code);
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
    else this.#waiting.get(message.id)?.take(message);
  }
}
