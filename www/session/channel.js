// @ts-check
import { askByPost, Unreachable } from '../net/ask.js';
import { backoffMs, pause } from '../net/backoff.js';
import { isFinal } from '../net/outcomes.js';
import { pollEvents } from '../net/poll.js';
import { VerbSocket } from '../net/verb-socket.js';

/**
 * The connection to the streamer that runs the session: verbs and their answers, and the session's events. A WebSocket is tried
 * first; where none gets through (a proxy that does not pass them), the same objects travel by POST and long polling. A lost
 * connection is taken up again with the same ticket until the streamer refuses it, and the events that were missed are asked for by
 * cursor: each is delivered once, in order, whichever way it came.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} ChannelHandlers
 * @property {(established: Answer) => void} onEstablished the streamer let us in, the first time or again
 * @property {(event: Answer) => void} onEvent
 * @property {() => void} onLost the connection broke and is being taken up again
 * @property {(refusal: Answer) => void} onRefused the streamer does not let us in; the channel is closed
 * @property {() => void} onReplaced the same ticket came elsewhere (another tab, a reload); the channel is closed
 */

/** A connection that is doubted has this long to prove that it lives. */
const CHECK_TIMEOUT_MS = 5_000;

/** Silence so long is a doubt. With the time for the proof and the watch's own step, a dead connection is noticed within 15 s. */
const SILENCE_MS = 7_000;
const WATCH_MS = 2_000;

/** So long a poll waits at the streamer. As short as the silence above, so that a dead connection is noticed as soon. */
const SHORT_POLL_SECONDS = SILENCE_MS / 1000;
const SHORT_POLL_TIMEOUT_MS = SILENCE_MS + CHECK_TIMEOUT_MS;

/** The WebSocket's close code that says the same as the event CONNECTION_REPLACED. */
const REPLACED_CODE = 4001;

export class SessionChannel {
  /** @type {URL} */ #url;
  /** @type {Record<string, unknown>} */ #credentials;
  /** @type {ChannelHandlers} */ #handlers;
  /** @type {VerbSocket | null} */ #socket = null;
  /** @type {'socket' | 'polls' | null} the way that is open */ #way = null;
  /** @type {number | undefined} of the last event that was delivered */ #cursor;
  #closing = new AbortController();
  /** @type {AbortController} ends the waiting between two tries */ #waiting = new AbortController();

  /**
   * @param {string | URL} base the streamer's base URL
   * @param {{ ip?: string, port?: string, ticket: string, name?: string }} credentials
   * @param {ChannelHandlers} handlers
   * @param {number} [cursor] of the last event that an earlier page of this person has seen
   */
  constructor(base, credentials, handlers, cursor) {
    this.#url = new URL('session', base);
    this.#credentials = credentials;
    this.#handlers = handlers;
    this.#cursor = cursor;
  }

  /** @returns {number | undefined} to go on from, after a reload */
  get cursor() {
    return this.#cursor;
  }

  /** Whether what is asked travels in order and costs little: over the WebSocket. */
  get isStream() {
    return this.#way === 'socket';
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
      } finally {
        this.#way = null;
      }
      if (this.#closing.signal.aborted) return;
      failures += 1;
      this.#handlers.onLost();
      this.#waiting = new AbortController();
      await pause(backoffMs(failures), this.#waiting.signal).catch(() => {});
    }
  }

  /**
   * @param {string} verb
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<Answer>} also a refusal
   * @throws {Unreachable} also while the connection is down
   */
  async ask(verb, fields = {}) {
    if (this.#way === 'socket' && this.#socket) return this.#socket.ask(verb, fields);
    if (this.#way === null) throw new Unreachable('the connection is down');
    return askByPost(this.#url, verb, { ticket: this.#credentials.ticket, ...fields });
  }

  /** @param {string} name by which this person comes again after a loss */
  rename(name) {
    this.#credentials = { ...this.#credentials, name };
  }

  /**
   * Finds out whether the connection still lives: one whose network has gone away may look open for many minutes. A dead one is given
   * up, and so taken up again. To be called when there is a reason for doubt.
   */
  check() {
    return this.#socket && this.#way === 'socket' ? this.#prove(this.#socket) : undefined;
  }

  /** A connection that is down is tried again at once. */
  retry() {
    this.#waiting.abort();
  }

  /** Says goodbye, so that the place is free at once, and closes. */
  leave() {
    this.#sayGoodbye({});
  }

  /** The page goes, perhaps to come again by a reload: says so, so that nobody waits for it for long, and closes. */
  suspend() {
    this.#sayGoodbye({ returning: true });
  }

  /** @param {{ returning?: boolean }} fields */
  #sayGoodbye(fields) {
    if (this.#closing.signal.aborted) return;
    const goodbye = { ticket: this.#credentials.ticket, ...fields };
    // By POST in any case: the WebSocket is about to go, and a page that unloads keeps only this kind of request alive. Once more if it
    // got lost: a place that nobody gives back is kept for a while.
    const say = () => askByPost(this.#url, 'DISCONNECT', goodbye, { keepalive: true });
    say().catch(say).catch(() => {});
    this.close();
  }

  close() {
    this.#closing.abort(new DOMException('the session is over', 'AbortError'));
    this.#waiting.abort();
    this.#socket?.close();
  }

  /** @returns {Promise<boolean>} once the connection is lost again; whether it had been established */
  async #connectOnce() {
    const socket = await VerbSocket.open(this.#url, this.#closing.signal);
    return socket ? this.#followSocket(socket) : this.#followPolls();
  }

  /** What lets this person in, and where the events go on. */
  get #entry() {
    return this.#cursor === undefined ? this.#credentials : { ...this.#credentials, cursor: this.#cursor };
  }

  /** @param {VerbSocket} socket */
  async #followSocket(socket) {
    this.#socket = socket;
    const watching = new AbortController();
    // Events that follow the answer in the same breath wait until it is taken.
    /** @type {Answer[] | null} */
    let early = [];
    socket.onEvent = (event) => (early ? early.push(event) : this.#deliver(event));
    try {
      const answer = await socket.ask('CONNECT_TO_SESSION', this.#entry);
      this.#way = 'socket';
      if (!this.#admitted(answer)) return false;
      const events = early;
      early = null;
      for (const event of events) this.#deliver(event);
      this.#watch(socket, watching.signal);
      if ((await socket.closed) === REPLACED_CODE) this.#replace();
      return true;
    } finally {
      watching.abort(new DOMException('the connection is gone', 'AbortError'));
      this.#socket = null;
      socket.close();
    }
  }

  /** Doubts the connection whenever it has been silent for long. @param {VerbSocket} socket @param {AbortSignal} signal */
  async #watch(socket, signal) {
    while (!signal.aborted) {
      await pause(WATCH_MS, signal).catch(() => {});
      if (!signal.aborted && socket.silentMs > SILENCE_MS) await this.#prove(socket);
    }
  }

  /** Asks for what is not there; any answer proves that the connection lives. @param {VerbSocket} socket */
  async #prove(socket) {
    try {
      await socket.ask('POLL_EVENTS', { cursor: this.#cursor, wait_seconds: 0 }, CHECK_TIMEOUT_MS);
    } catch {
      socket.close();
    }
  }

  async #followPolls() {
    const signal = this.#closing.signal;
    const answer = await askByPost(this.#url, 'CONNECT_TO_SESSION', this.#entry, { signal });
    this.#way = 'polls';
    if (!this.#admitted(answer)) return false;
    // Why it was refused, and whether for good, the next try to connect will tell.
    await pollEvents({
      ask: (verb, fields) => askByPost(this.#url, verb, fields, { signal, timeoutMs: SHORT_POLL_TIMEOUT_MS }),
      fields: { ticket: this.#credentials.ticket, connection: answer.connection },
      waitSeconds: SHORT_POLL_SECONDS,
      cursor: this.#cursor,
      onEvent: (event) => this.#deliver(event),
      pause: (durationMs) => pause(durationMs, signal),
    });
    return true;
  }

  /** @param {Answer} event */
  #deliver(event) {
    if (this.#closing.signal.aborted) return;
    if (typeof event.cursor === 'number') {
      if (this.#cursor !== undefined && event.cursor <= this.#cursor) return;
      this.#cursor = event.cursor;
    }
    if (event.msg === 'CONNECTION_REPLACED') this.#replace();
    else this.#handlers.onEvent(event);
  }

  /** @param {Answer} answer */
  #admitted(answer) {
    if (this.#closing.signal.aborted) return false;
    if (answer.msg === 'SESSION_CONNECTION_ESTABLISHED') {
      this.#takeCursor(answer.cursor);
      this.#handlers.onEstablished(answer);
      return true;
    }
    if (isFinal(answer) || answer.msg === 'SESSION_ENDED') this.#refuse(answer);
    return false;
  }

  /** Of a newcomer: what happens from now on. One that lies behind ours is of another life. @param {unknown} newest */
  #takeCursor(newest) {
    if (typeof newest === 'number' && (this.#cursor === undefined || newest < this.#cursor)) this.#cursor = newest;
  }

  /** @param {Answer} refusal */
  #refuse(refusal) {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#handlers.onRefused(refusal);
  }

  #replace() {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#handlers.onReplaced();
  }
}
