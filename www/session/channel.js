// @ts-check
import { ask, Unreachable } from '../net/ask.js';
import { backoffMs, pause } from '../net/backoff.js';
import { POLL_TIMEOUT_MS, pollEvents } from '../net/poll.js';

/**
 * The line to the streamer that runs the session: verbs and their answers, and the session's events. A WebSocket is tried first;
 * where none gets through (a proxy that does not pass them), the same objects travel by POST and long polling. A lost line is
 * taken up again with the same ticket until the streamer refuses it.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} ChannelHandlers
 * @property {(established: Answer) => void} onEstablished the streamer let us in, the first time or again
 * @property {(event: Answer) => void} onEvent
 * @property {() => void} onLost the line broke and is being taken up again
 * @property {(refusal: Answer) => void} onRefused the streamer does not let us in; the channel is closed
 */

const OPEN_TIMEOUT_MS = 8_000;
const ANSWER_TIMEOUT_MS = 15_000;

/** A line that is doubted has this long to prove that it lives. */
const CHECK_TIMEOUT_MS = 5_000;

/** Words after which asking again is of no use. */
const FINAL = new Set(['NOT_AUTHORIZED', 'FORBIDDEN', 'SESSION_NOT_EXIST', 'BAD_REQUEST', 'UNKNOWN_VERB', 'SESSION_ENDED']);

export class SessionChannel {
  /** @type {URL} */ #url;
  /** @type {Record<string, unknown>} */ #credentials;
  /** @type {ChannelHandlers} */ #handlers;
  /** @type {SocketLine | null} */ #socket = null;
  #closing = new AbortController();

  /**
   * @param {string | URL} base the streamer's base URL
   * @param {{ ip?: string, port?: string, ticket: string, name?: string }} credentials
   * @param {ChannelHandlers} handlers
   */
  constructor(base, credentials, handlers) {
    this.#url = new URL('session', base);
    this.#credentials = credentials;
    this.#handlers = handlers;
  }

  async open() {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      try {
        const established = await this.#connectOnce();
        if (established) failures = 0;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (!(error instanceof Unreachable)) throw error;
      }
      if (this.#closing.signal.aborted) return;
      failures += 1;
      this.#handlers.onLost();
      await pause(backoffMs(failures), this.#closing.signal).catch(() => {});
    }
  }

  /**
   * Finds out whether the line still lives: one whose network has gone away may look open for many minutes. A dead one is given up,
   * and so taken up again. To be called when there is a reason for doubt.
   */
  async check() {
    const socket = this.#socket;
    if (!socket) return;
    try {
      const answer = await socket.ask('CONNECT_TO_SESSION', this.#credentials, CHECK_TIMEOUT_MS);
      this.#admitted(answer);
    } catch {
      socket.close();
    }
  }

  /** Says goodbye, so that the place is free at once, and closes. */
  leave() {
    if (this.#closing.signal.aborted) return;
    const goodbye = { ticket: this.#credentials.ticket };
    // By POST in any case: the WebSocket is about to go, and a page that unloads keeps only this kind of request alive.
    ask(this.#url, 'DISCONNECT', goodbye, { keepalive: true }).catch(() => {});
    this.close();
  }

  close() {
    this.#closing.abort(new DOMException('the session is over', 'AbortError'));
    this.#socket?.close();
  }

  /** @returns {Promise<boolean>} once the line is lost again; whether it had been established */
  async #connectOnce() {
    const socket = await SocketLine.open(this.#url, this.#closing.signal);
    return socket ? this.#followSocket(socket) : this.#followPolls();
  }

  /** @param {SocketLine} socket */
  async #followSocket(socket) {
    this.#socket = socket;
    socket.onEvent = this.#handlers.onEvent;
    try {
      const answer = await socket.ask('CONNECT_TO_SESSION', this.#credentials);
      if (!this.#admitted(answer)) return false;
      await socket.closed;
      return true;
    } finally {
      this.#socket = null;
      socket.close();
    }
  }

  async #followPolls() {
    const signal = this.#closing.signal;
    const answer = await ask(this.#url, 'CONNECT_TO_SESSION', this.#credentials, { signal });
    if (!this.#admitted(answer)) return false;
    const refusal = await pollEvents({
      ask: (verb, fields) => ask(this.#url, verb, fields, { signal, timeoutMs: POLL_TIMEOUT_MS }),
      fields: { ticket: this.#credentials.ticket },
      cursor: answer.cursor,
      onEvent: this.#handlers.onEvent,
      pause: (durationMs) => pause(durationMs, signal),
    });
    if (FINAL.has(refusal.msg)) this.#refuse(refusal);
    return true;
  }

  /** @param {Answer} answer */
  #admitted(answer) {
    if (this.#closing.signal.aborted) return false;
    if (answer.msg === 'SESSION_CONNECTION_ESTABLISHED') {
      this.#handlers.onEstablished(answer);
      return true;
    }
    if (FINAL.has(answer.msg)) this.#refuse(answer);
    return false;
  }

  /** @param {Answer} refusal */
  #refuse(refusal) {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#handlers.onRefused(refusal);
  }
}

/** One WebSocket: pairs answers with requests by `id`; what has none is an event. */
class SocketLine {
  /** @type {WebSocket} */ #socket;
  /** @type {Map<number, (answer: Answer) => void>} */ #waiting = new Map();
  #lastId = 0;
  /** @type {() => void} */ #close = () => {};
  /** @type {(event: Answer) => void} */
  onEvent = () => {};
  /** @type {Promise<void>} settled when the line is gone */
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
      socket.addEventListener('close', () => resolve(), { once: true });
    });
    socket.addEventListener('message', ({ data }) => this.#receive(data));
  }

  /**
   * @param {string} verb
   * @param {Record<string, unknown>} fields
   * @param {number} [timeoutMs]
   * @returns {Promise<Answer>}
   */
  async ask(verb, fields, timeoutMs = ANSWER_TIMEOUT_MS) {
    const id = (this.#lastId += 1);
    const lost = this.closed.then(() => Promise.reject(new Unreachable(`the line went before ${verb} was answered`)));
    const late = pause(timeoutMs).then(() => Promise.reject(new Unreachable(`${verb} was not answered in time`)));
    lost.catch(() => {});
    late.catch(() => {});
    const answered = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, verb, ...fields }));
    try {
      return await Promise.race([answered, lost, late]);
    } finally {
      this.#waiting.delete(id);
    }
  }

  close() {
    this.#socket.close();
    // Over a dead network the other side never confirms.
    this.#close();
  }

  /** @param {unknown} data */
  #receive(data) {
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
