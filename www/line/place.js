// @ts-check
import { serverNowMs, Unreachable } from '../net/ask.js';
import { backoffMs, pause } from '../net/backoff.js';
import { leaveLine, pollPlace, standInLine } from '../net/line.js';
import { pollEvents, retryAfterMs } from '../net/poll.js';
import { waitForTurn } from './turn.js';

/** A place in the waiting line of a complex: taken, and followed over lost connections until the turn has come or it is given up. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 *
 * @typedef {object} Waiting
 * @property {string} rcName
 * @property {string} [place]
 * @property {number} [position] 0: it is their turn
 * @property {number} [turnMs] when it will be at the latest, by the plan
 * @property {'lost' | 'end'} [note] nobody answers just now; or: the place was lost, this is another
 *
 * @typedef {object} PlaceHandlers
 * @property {() => string} getLanguage what the visitor reads
 * @property {(kept: { rc_name: string, place: string } | null) => void} onKept brings back here after a reload; null: there is none
 * @property {() => void} onChange what is known is another, or the same has come nearer
 * @property {(answer: Answer, rcName: string) => void} onTurn SESSION_CONNECTION_DATA
 * @property {(refusal: Answer) => void} onRefused there is nothing to wait for
 */

/** What is told of the turn changes with time. */
const TICK_MS = 5_000;

export class PlaceInLine {
  #handlers;
  /** @type {Waiting | null} */ #waiting = null;
  #given = new AbortController();

  /** @param {PlaceHandlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** @returns {Readonly<Waiting> | null} null: nobody waits */
  get waiting() {
    return this.#waiting;
  }

  /** Stands in a line instead of in any other. @param {string} rcName @param {string} [place] from before a reload */
  async stand(rcName, place) {
    this.#stop();
    const given = new AbortController();
    const { signal } = given;
    this.#given = given;
    /** @type {Waiting} */
    const waiting = { rcName, place };
    this.#waiting = waiting;
    if (place !== undefined) this.#handlers.onKept({ rc_name: rcName, place });
    this.#handlers.onChange();
    const tick = setInterval(() => this.#handlers.onChange(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(tick));
    if (place !== undefined) this.#follow(place, signal);
    try {
      const answer = await this.#wait(waiting, signal);
      if (signal.aborted) return;
      this.#stop();
      if (answer.msg === 'SESSION_CONNECTION_DATA') this.#handlers.onTurn(answer, rcName);
      else this.#handlers.onRefused(answer.msg === 'SERVERS_BUSY' ? { ...answer, msg: 'LINE_FULL' } : answer);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Gives the place up; nothing is said. */
  leave() {
    const place = this.#waiting?.place;
    this.#stop();
    if (place !== undefined) leaveLine(place);
  }

  /** @param {Waiting} waiting @param {AbortSignal} signal @returns {Promise<Answer>} */
  #wait(waiting, signal) {
    return waitForTurn(waiting.place, {
      ask: (place) => standInLine(waiting.rcName, place, this.#handlers.getLanguage(), signal),
      onPlace: (told) => {
        if (signal.aborted) return;
        const before = waiting.place;
        this.#take(told, before !== undefined && told.place !== before ? 'end' : undefined);
        if (told.place !== before) this.#follow(told.place, signal);
      },
      onLost: () => {
        if (signal.aborted) return;
        waiting.note = 'lost';
        this.#handlers.onChange();
      },
      pause: (durationMs) => pause(durationMs, signal),
    });
  }

  /** Hears the place's events, beside the question that waits for the turn. @param {string} place @param {AbortSignal} signal */
  async #follow(place, signal) {
    const isOurs = () => !signal.aborted && this.#waiting?.place === place;
    for (let failures = 1; isOurs(); failures += 1) {
      try {
        const refusal = await pollEvents({
          ask: (verb, fields) => {
            if (!isOurs()) throw new DOMException('another place', 'AbortError');
            return pollPlace(verb, fields, signal);
          },
          fields: { place },
          onEvent: (event) => {
            failures = 0;
            if (isOurs() && event.msg === 'PLACE_IN_LINE' && event.place === place) this.#take(event, this.#waiting?.note);
          },
          pause: (durationMs) => pause(durationMs, signal),
        });
        await pause(Math.max(retryAfterMs(refusal), backoffMs(failures)), signal);
      } catch (error) {
        if (!isOurs()) return;
        if (!(error instanceof Unreachable)) throw error;
        await pause(backoffMs(failures), signal).catch(() => {});
      }
    }
  }

  /** @param {Answer} told of a place @param {Waiting['note']} note that stands beside it */
  #take(told, note) {
    if (this.#waiting === null) return;
    const estimate = told.estimated_wait_seconds;
    const turnMs = typeof estimate === 'number' ? serverNowMs() + estimate * 1000 : undefined;
    Object.assign(this.#waiting, { place: told.place, position: Number(told.position), turnMs, note });
    this.#handlers.onKept({ rc_name: this.#waiting.rcName, place: told.place });
    this.#handlers.onChange();
  }

  #stop() {
    this.#given.abort(new DOMException('nobody waits any more', 'AbortError'));
    this.#waiting = null;
    this.#handlers.onKept(null);
  }
}
