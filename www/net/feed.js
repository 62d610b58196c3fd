// @ts-check
import { Unreachable } from './ask.js';
import { backoffMs } from './backoff.js';
import { isFinal, Refused } from './outcomes.js';
import { POLL_TIMEOUT_MS, pollEvents, readEvents, retryAfterMs } from './poll.js';

/**
 * The coordinator's events, by whichever way gets through. A WebSocket is tried first and again later; while none has proved that it
 * carries answers (a proxy may let it through and then stay silent), events are polled for. One cursor says how far we have read,
 * and one way at a time moves it on: so the change from one way to the other loses nothing and repeats nothing.
 */

/**
 * @typedef {import('./ask.js').Answer} Answer
 * @typedef {import('./verb-socket.js').VerbSocket} VerbSocket
 * @typedef {object} FeedMeans what the feed stands on
 * @property {(verb: string, fields: Record<string, unknown>, options?: import('./ask.js').AskOptions) => Promise<Answer>} ask by POST
 * @property {(signal: AbortSignal) => Promise<VerbSocket | null>} open a WebSocket; null when none gets through
 * @property {(durationMs: number, signal?: AbortSignal) => Promise<void>} pause
 * @property {() => number} [nowMs]
 * @typedef {object} Following of one session
 * @property {(event: Answer) => void} onEvent
 * @property {() => void} [onFresh] as a listener's: events of the session may have been missed, or none were followed before
 * @typedef {object} Listener
 * @property {(event: Answer) => void} [onEvent]
 * @property {() => void} [onFresh] events may have been missed, or none were followed before: what is known is to be asked anew
 * @property {(online: boolean) => void} [onOnline] whether the coordinator answers, when that changes
 */

/** A WebSocket that has not answered by then carries nothing. */
const PROOF_MS = 5_000;

/** So long we wait for the WebSocket before we poll. */
const PATIENCE_MS = 3_000;

/** After so long a silence the WebSocket is asked whether it lives. */
const SILENCE_MS = 45_000;

/** One that lives shorter is no success. */
const SHORT_LIFE_MS = 10_000;

/** Where no WebSocket ever got through, another is tried after this, and after twice as long each time, up to the longest. */
const RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 600_000;

/** The events of one session, for whoever has its ticket. */
class Follower {
  /** The coordinator has said what stands already. */
  introduced = false;

  /** @param {string} ticket @param {Required<Following>} following @param {() => void} onRefused */
  constructor(ticket, { onEvent, onFresh }, onRefused) {
    this.ticket = ticket;
    this.onEvent = onEvent;
    this.onFresh = onFresh;
    this.onRefused = onRefused;
  }
}

export class Feed {
  /** @type {FeedMeans} */ #means;
  /** @type {Set<Listener>} */ #listeners = new Set();
  /** @type {Follower | null} */ #follower = null;
  /** @type {string | number | undefined} of the last event that was delivered */ #cursor;
  /** @type {AbortController | null} while events are polled for, or about to be */ #polling = null;
  /** @type {VerbSocket | null} one that has proved itself */ #socket = null;
  /** @type {string | null} whose events the socket brings, too */ #socketTicket = null;
  #online = true;
  #gap = true;
  #running = false;

  /** @param {FeedMeans} means */
  constructor(means) {
    this.#means = means;
  }

  /** @param {Listener} listener */
  listen(listener) {
    this.#listeners.add(listener);
    this.#start();
  }

  /**
   * Brings a session's events, too; one session at a time.
   * @param {string} ticket
   * @param {Following} following
   * @param {AbortSignal} signal ends it
   * @returns {Promise<void>} settled when it has ended, also because the ticket is of no use
   */
  follow(ticket, { onEvent, onFresh }, signal) {
    return new Promise((resolve) => {
      const follower = new Follower(ticket, {
        onEvent: (event) => void (signal.aborted || onEvent(event)),
        onFresh: () => void (signal.aborted || onFresh?.()),
      }, resolve);
      const leave = () => {
        if (this.#follower === follower) this.#follower = null;
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', leave, { once: true });
      this.#follower = follower;
      this.#start();
      this.#include(follower);
    });
  }

  /** Finds out whether the connection still lives. To be called when there is a reason for doubt. */
  check() {
    if (this.#socket) this.#prove(this.#socket).catch(() => {});
  }

  #start() {
    if (this.#running) return;
    this.#running = true;
    this.#pollAfter(0);
    this.#keepSocket();
  }

  // The WebSocket.

  async #keepSocket() {
    const { open, pause, nowMs = () => performance.now() } = this.#means;
    const never = new AbortController().signal;
    let tries = 0;
    let works = false;
    for (;;) {
      const openedMs = nowMs();
      const socket = await open(never);
      const proved = socket !== null && (await this.#followSocket(socket));
      works ||= proved;
      tries = proved && nowMs() - openedMs > SHORT_LIFE_MS ? 1 : tries + 1;
      await pause(works ? backoffMs(tries) : retryMs(tries));
    }
  }

  /** @param {VerbSocket} socket @returns {Promise<boolean>} once it is gone: whether it had carried answers */
  async #followSocket(socket) {
    let proved = false;
    try {
      await this.#prove(socket);
      proved = true;
      this.#stopPolling();
      this.#socket = socket;
      this.#socketTicket = null;
      await this.#takeUp(socket);
      await this.#watch(socket);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    } finally {
      socket.close();
    }
    if (proved) {
      this.#socket = null;
      this.#gap = true;
      this.#pollAfter(PATIENCE_MS);
    }
    return proved;
  }

  /** Any answer proves that the connection lives; a dead one is given up. @param {VerbSocket} socket */
  async #prove(socket) {
    try {
      await askSocket(socket, {});
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Goes on from the cursor. @param {VerbSocket} socket */
  async #takeUp(socket) {
    const follower = this.#follower;
    if (follower) await this.#introduce(follower, (fields) => askSocket(socket, fields));
    let answer = await askSocket(socket, this.#question());
    if (answer.msg !== 'EVENTS') {
      this.#dismiss();
      answer = await askSocket(socket, this.#question());
    }
    this.#socketTicket = this.#follower?.ticket ?? null;
    // What was pushed before this answer is in it; what comes after it is not.
    socket.onEvent = ({ cursor, ...event }) => {
      this.#cursor = cursor ?? this.#cursor;
      this.#deliver(/** @type {Answer} */ (event));
    };
    this.#cursor = answer.cursor ?? this.#cursor;
    this.#answered();
    for (const event of readEvents(answer)) this.#deliver(event);
  }

  /** Until the connection is gone. @param {VerbSocket} socket */
  async #watch(socket) {
    const gone = new AbortController();
    const closed = socket.closed.then(() => gone.abort());
    while (!gone.signal.aborted) {
      await this.#means.pause(Math.max(SILENCE_MS - socket.silentMs, 1_000), gone.signal).catch(() => {});
      if (!gone.signal.aborted && socket.silentMs >= SILENCE_MS) await this.#prove(socket).catch(() => {});
    }
    await closed;
  }

  // Long polling.

  /** Polls, if no WebSocket has proved itself by then. @param {number} delayMs */
  async #pollAfter(delayMs) {
    this.#stopPolling();
    const polling = new AbortController();
    const { signal } = polling;
    this.#polling = polling;
    let failures = 0;
    await this.#means.pause(delayMs, signal).catch(() => {});
    while (!signal.aborted) {
      const waitMs = await this.#poll(signal, () => (failures = 0));
      if (signal.aborted) return;
      this.#gap = true;
      failures += 1;
      if (failures > 1) this.#tellOnline(false);
      await this.#means.pause(Math.max(backoffMs(failures), waitMs), signal).catch(() => {});
    }
  }

  #stopPolling() {
    this.#polling?.abort(new DOMException('another way is taken', 'AbortError'));
    this.#polling = null;
  }

  /**
   * Polls until it fails.
   * @param {AbortSignal} signal
   * @param {() => void} onAnswer
   * @returns {Promise<number>} for how many milliseconds the coordinator wants to be left alone
   */
  async #poll(signal, onAnswer) {
    /** @param {string} verb @param {Record<string, unknown>} fields */
    const ask = async (verb, fields) => {
      const answer = await this.#means.ask(verb, fields, { signal, timeoutMs: POLL_TIMEOUT_MS });
      signal.throwIfAborted();
      if (answer.msg === 'EVENTS') {
        onAnswer();
        this.#answered();
      }
      return answer;
    };
    try {
      const follower = this.#follower;
      if (follower) await this.#introduce(follower, (fields) => ask('POLL_EVENTS', { ...fields, wait_seconds: 0 }));
      if (this.#cursor === undefined) {
        // Told at once, so that the page need not wait for the WebSocket to be shown.
        const answer = await ask('POLL_EVENTS', { wait_seconds: 0 });
        if (answer.msg !== 'EVENTS') return retryAfterMs(answer);
        this.#cursor = answer.cursor;
        await this.#means.pause(PATIENCE_MS, signal);
      }
      const refusal = await pollEvents({
        ask,
        fields: this.#ticketField(),
        cursor: this.#cursor,
        onCursor: (cursor) => void (signal.aborted || (this.#cursor = cursor)),
        onEvent: (event) => void (signal.aborted || this.#deliver(event)),
        pause: (durationMs) => this.#means.pause(durationMs, signal),
      });
      if (isFinal(refusal)) this.#dismiss();
      return retryAfterMs(refusal);
    } catch (error) {
      if (!signal.aborted && !(error instanceof Unreachable || error instanceof Refused)) throw error;
      return 0;
    }
  }

  // A session's events.

  /** Lets the way that is in use bring them. @param {Follower} follower */
  async #include(follower) {
    const socket = this.#socket;
    if (!socket) {
      this.#pollAfter(0);
    } else if (this.#socketTicket !== null && this.#socketTicket !== follower.ticket) {
      socket.close(); // it would go on with the other session's events
    } else {
      this.#socketTicket = follower.ticket;
      await this.#introduce(follower, (fields) => askSocket(socket, fields)).catch(() => socket.close());
    }
  }

  /**
   * Asks what stands already: an offer that was made before.
   * @param {Follower} follower
   * @param {(fields: Record<string, unknown>) => Promise<Answer>} ask
   */
  async #introduce(follower, ask) {
    if (follower.introduced) return;
    const answer = await ask({ ticket: follower.ticket });
    if (this.#follower !== follower) return;
    if (answer.msg === 'EVENTS') {
      follower.introduced = true;
      readEvents(answer).forEach(follower.onEvent);
      follower.onFresh();
    } else if (isFinal(answer)) {
      this.#dismiss();
    } else {
      throw new Refused(answer.msg);
    }
  }

  /** The ticket is of no use. */
  #dismiss() {
    this.#follower?.onRefused();
    this.#follower = null;
  }

  #ticketField() {
    return this.#follower ? { ticket: this.#follower.ticket } : {};
  }

  #question() {
    return { ...this.#ticketField(), ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }) };
  }

  // What the listeners are told.

  /** @param {Answer} event */
  #deliver(event) {
    for (const { onEvent } of this.#listeners) onEvent?.(event);
    this.#follower?.onEvent(event);
  }

  #answered() {
    this.#tellOnline(true);
    if (!this.#gap) return;
    this.#gap = false;
    for (const { onFresh } of this.#listeners) onFresh?.();
    if (this.#follower?.introduced) this.#follower.onFresh();
  }

  /** @param {boolean} online */
  #tellOnline(online) {
    if (online === this.#online) return;
    this.#online = online;
    for (const { onOnline } of this.#listeners) onOnline?.(online);
  }
}

/**
 * @param {VerbSocket} socket
 * @param {Record<string, unknown>} fields
 * @returns {Promise<Answer>} EVENTS, or what refuses a ticket
 */
async function askSocket(socket, fields) {
  const answer = await socket.ask('POLL_EVENTS', { ...fields, wait_seconds: 0 }, PROOF_MS);
  if (answer.msg !== 'EVENTS' && !('ticket' in fields && isFinal(answer))) throw new Refused(answer.msg);
  return answer;
}

/** @param {number} failures of the WebSocket in a row, 1 or more */
function retryMs(failures) {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(failures - 1, 10)) * (0.75 + Math.random() / 2);
}
