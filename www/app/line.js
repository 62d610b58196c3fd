// @ts-check
import { waitForTurn } from '../line/turn.js';
import { serverNowMs, Unreachable } from '../net/ask.js';
import { backoffMs, pause } from '../net/backoff.js';
import { leaveLine, pollPlace, standInLine } from '../net/line.js';
import { pollEvents, retryAfterMs } from '../net/poll.js';
import { LineView } from '../views/choose/line.js';
import { rcTitle } from '../words/rc.js';
import { untilInWords } from '../words/times.js';
import { forgetPlace, keepPlace, keptPlace } from './keep.js';

/**
 * Waiting in line for a complex that is full: the place is kept over lost connections and reloads, and the visitor goes in by itself
 * when it is their turn.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/coordinator.js').Rc} Rc
 * @typedef {object} LineHandlers
 * @property {(rcName: string) => Rc | undefined} findRc
 * @property {() => string | null} onOffer the visitor wants to wait: for which complex
 * @property {(answer: Answer, name: string, rcName: string) => void} onTurn SESSION_CONNECTION_DATA, of the complex with that name in words
 * @property {(refusal: Answer) => void} onRefused there is nothing to wait for
 * @property {() => void} onLeft
 * @property {() => void} onChange what is to be shown is another
 *
 * @typedef {object} Waiting
 * @property {string} rcName
 * @property {string} [place]
 * @property {number} [position] 0: it is their turn
 * @property {number} [turnMs] when it will be at the latest, by the plan
 * @property {'lost' | 'end'} [note] nobody answers just now; or: the place was lost, this is another
 */

/** A longer wait is told by the clock. */
const LONG_MS = 90 * 60_000;

const NOTES = { lost: 'line.lost', end: 'line.end' };

/** The estimate is told in words that change with time. */
const TICK_MS = 5_000;

export class Line {
  #i18n;
  #handlers;
  #view;
  /** @type {Waiting | null} */ #waiting = null;
  #given = new AbortController();
  /** @type {string | null} the complex whose turn came and was not seen yet */ #arrived = null;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {LineHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#view = new LineView({
      onJoin: () => {
        const rcName = handlers.onOffer();
        if (rcName !== null) this.#stand({ rcName });
        this.#view.focus();
      },
      onLeave: () => {
        this.leave();
        handlers.onLeft();
      },
    });
  }

  /** @returns {string | null} the complex that is waited for */
  get rcName() {
    return this.#waiting?.rcName ?? null;
  }

  /** @returns {string | null} what the browser's tab shall say meanwhile */
  get title() {
    if (this.#arrived !== null) return this.#i18n.t('line.title.turn', { name: this.#nameOf(this.#arrived) });
    if (this.#waiting?.position === undefined) return null;
    const { position } = this.#waiting;
    return this.#i18n.t(position === 0 ? 'line.title.turn' : 'line.title', { position, name: this.#name() });
  }

  /** Goes on where a reload interrupted. */
  resume() {
    const kept = keptPlace();
    if (kept) this.#stand({ rcName: kept.rc_name, place: kept.place });
  }

  /** Gives the place up; nothing is said. */
  leave() {
    const place = this.#waiting?.place;
    this.#stop();
    if (place !== undefined) leaveLine(place);
  }

  /**
   * @param {string | null} chosen the complex before the visitor's eyes
   * @param {boolean} isFull the last try found it full
   */
  render(chosen, isFull) {
    const waiting = this.#waiting;
    const t = this.#i18n.t.bind(this.#i18n);
    this.#view.render({
      offered: isFull && waiting === null,
      waiting: waiting !== null,
      heading: waiting ? t('line.for', { name: this.#name() }) : '',
      position: waiting ? this.#position() : '',
      estimate: waiting ? this.#estimate() : '',
      note: waiting?.note ? t(NOTES[waiting.note]) : '',
      hidesStart: waiting !== null && waiting.rcName === chosen,
    });
  }

  #name() {
    return this.#nameOf(this.#waiting?.rcName ?? '');
  }

  /** @param {string} rcName */
  #nameOf(rcName) {
    const rc = this.#handlers.findRc(rcName);
    return rc ? rcTitle(rc, this.#i18n) : rcName;
  }

  #position() {
    const position = this.#waiting?.position;
    if (position === undefined) return this.#i18n.t('line.joining');
    if (position === 0) return this.#i18n.t('line.turn');
    return position === 1 ? this.#i18n.t('line.next') : this.#i18n.t('line.position', { position });
  }

  #estimate() {
    const { position, turnMs } = this.#waiting ?? {};
    if (!position) return '';
    if (turnMs === undefined) return this.#i18n.t('line.unknown');
    const leftMs = turnMs - serverNowMs();
    if (leftMs <= 0) return this.#i18n.t('line.soon');
    return leftMs > LONG_MS
      ? this.#i18n.t('line.estimate.at', { time: this.#i18n.time(turnMs) })
      : this.#i18n.t('line.estimate', { when: untilInWords(leftMs, this.#i18n) });
  }

  /** @param {Waiting} waiting */
  async #stand(waiting) {
    this.#stop();
    const given = new AbortController();
    const { signal } = given;
    this.#given = given;
    this.#waiting = waiting;
    if (waiting.place !== undefined) keepPlace({ rc_name: waiting.rcName, place: waiting.place });
    this.#handlers.onChange();
    const tick = setInterval(() => this.#handlers.onChange(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(tick));
    if (waiting.place !== undefined) this.#hear(waiting.place, signal);
    try {
      const answer = await waitForTurn(waiting.place, {
        ask: (place) => standInLine(waiting.rcName, place, signal),
        onPlace: (told) => {
          if (signal.aborted) return;
          const before = waiting.place;
          this.#take(told, before !== undefined && told.place !== before ? 'end' : undefined);
          if (told.place !== before) this.#hear(told.place, signal);
        },
        onLost: () => {
          if (signal.aborted) return;
          waiting.note = 'lost';
          this.#handlers.onChange();
        },
        pause: (durationMs) => pause(durationMs, signal),
      });
      if (signal.aborted) return;
      this.#stop();
      if (answer.msg === 'SESSION_CONNECTION_DATA') this.#arrive(answer, waiting.rcName);
      else this.#handlers.onRefused(answer.msg === 'SERVERS_BUSY' ? { ...answer, msg: 'LINE_FULL' } : answer);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** @param {Answer} answer @param {string} rcName */
  #arrive(answer, rcName) {
    this.#arrived = rcName;
    this.#view.whenSeen(() => {
      this.#arrived = null;
      this.#handlers.onChange();
    });
    this.#handlers.onTurn(answer, this.#nameOf(rcName), rcName);
  }

  /** Follows the place's events, beside the question that waits for the turn. @param {string} place @param {AbortSignal} signal */
  async #hear(place, signal) {
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
    keepPlace({ rc_name: this.#waiting.rcName, place: told.place });
    this.#handlers.onChange();
  }

  #stop() {
    this.#given.abort(new DOMException('nobody waits any more', 'AbortError'));
    this.#waiting = null;
    forgetPlace();
  }
}
