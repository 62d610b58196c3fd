// @ts-check
import { PlaceInLine } from '../line/place.js';
import { serverNowMs } from '../net/ask.js';
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
 * @typedef {object} WaitingLineHandlers
 * @property {(rcName: string) => Rc | undefined} findRc
 * @property {() => string | null} onOffer the visitor wants to wait: for which complex
 * @property {(answer: Answer, name: string, rcName: string) => void} onTurn SESSION_CONNECTION_DATA, of the complex with that name in words
 * @property {(refusal: Answer) => void} onRefused there is nothing to wait for
 * @property {() => void} onLeft
 * @property {() => void} onChange what is to be shown is another
 */

/** A longer wait is told by the clock. */
const LONG_MS = 90 * 60_000;

const NOTES = { lost: 'line.lost', end: 'line.end' };

export class WaitingLine {
  #i18n;
  #handlers;
  #view;
  #place;
  /** @type {string | null} the complex whose turn came and was not seen yet */ #arrived = null;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {WaitingLineHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#place = new PlaceInLine({
      getLanguage: () => i18n.language,
      onKept: (kept) => (kept ? keepPlace(kept) : forgetPlace()),
      onChange: handlers.onChange,
      onTurn: (answer, rcName) => this.#arrive(answer, rcName),
      onRefused: handlers.onRefused,
    });
    this.#view = new LineView({
      onJoin: () => {
        const rcName = handlers.onOffer();
        if (rcName !== null) this.#place.stand(rcName);
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
    return this.#place.waiting?.rcName ?? null;
  }

  /** @returns {string | null} what the browser's tab shall say meanwhile */
  get title() {
    if (this.#arrived !== null) return this.#i18n.t('line.title.turn', { name: this.#nameOf(this.#arrived) });
    const { waiting } = this.#place;
    if (waiting?.position === undefined) return null;
    const { position, rcName } = waiting;
    return this.#i18n.t(position === 0 ? 'line.title.turn' : 'line.title', { position, name: this.#nameOf(rcName) });
  }

  /** Goes on where a reload interrupted. */
  resume() {
    const kept = keptPlace();
    if (kept) this.#place.stand(kept.rc_name, kept.place);
  }

  /** Gives the place up; nothing is said. */
  leave() {
    this.#place.leave();
  }

  /**
   * @param {string | null} chosen the complex before the visitor's eyes
   * @param {boolean} isFull the last try found it full
   */
  render(chosen, isFull) {
    const { waiting } = this.#place;
    const t = this.#i18n.t.bind(this.#i18n);
    this.#view.render({
      offered: isFull && waiting === null,
      waiting: waiting !== null,
      heading: waiting ? t('line.for', { name: this.#nameOf(waiting.rcName) }) : '',
      position: waiting ? this.#positionInWords(waiting) : '',
      estimate: waiting ? this.#estimateInWords(waiting) : '',
      note: waiting?.note ? t(NOTES[waiting.note]) : '',
      hidesStart: waiting !== null && waiting.rcName === chosen,
    });
  }

  /** @param {string} rcName */
  #nameOf(rcName) {
    const rc = this.#handlers.findRc(rcName);
    return rc ? rcTitle(rc, this.#i18n) : rcName;
  }

  /** @param {import('../line/place.js').Waiting} waiting */
  #positionInWords({ position }) {
    if (position === undefined) return this.#i18n.t('line.joining');
    if (position === 0) return this.#i18n.t('line.turn');
    return position === 1 ? this.#i18n.t('line.next') : this.#i18n.t('line.position', { position });
  }

  /** @param {import('../line/place.js').Waiting} waiting */
  #estimateInWords({ position, turnMs }) {
    if (!position) return '';
    if (turnMs === undefined) return this.#i18n.t('line.unknown');
    const leftMs = turnMs - serverNowMs();
    if (leftMs <= 0) return this.#i18n.t('line.soon');
    return leftMs > LONG_MS
      ? this.#i18n.t('line.estimate.at', { time: this.#i18n.time(turnMs) })
      : this.#i18n.t('line.estimate', { when: untilInWords(leftMs, this.#i18n) });
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
}
