// @ts-check
import { Extension } from '../session/extension.js';
import { ExtendView } from '../views/session/extend.js';
import { explainRefusal } from '../words/refusals.js';
import { amendEntry } from './keep.js';

/**
 * Staying longer in the visit: the offer before the host's eyes, kept over a reload, taken, and told when the end is put off. The
 * others are told the end, and who may put it off.
 */

/**
 * @typedef {import('../session/state.js').Entry} Entry
 * @typedef {import('../session/state.js').SessionState} SessionState
 */

/** The end moves by a few seconds when it is told anew; a longer stay is more than that. */
const EXTENSION_MS = 45_000;

/** So long nothing takes away the word that one may stay, or who may have it so. */
const READ_MS = 5_000;

export class LongerStay {
  #i18n;
  #message;
  #onExtended;
  #view;
  /** @type {Extension | null} of the session */ #extension = null;
  #toldAtMs = -Infinity;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {import('../views/message.js').MessageView} message
   * @param {(endsAt: unknown) => void} onExtended until which the coordinator has just let the session go on
   */
  constructor(i18n, message, onExtended) {
    this.#i18n = i18n;
    this.#message = message;
    this.#onExtended = onExtended;
    this.#view = new ExtendView(i18n, { onExtend: () => this.#extend(), onDecline: () => this.#extension?.withdraw() });
  }

  /** @param {Entry} entry into the session that is visited */
  prepare(entry) {
    this.#extension = new Extension(entry, () => this.#show(entry));
  }

  /** @param {import('../net/ask.js').Answer} event of the coordinator, to those in the session */
  hear(event) {
    this.#extension?.hear(event);
  }

  render() {
    this.#view.render(this.#extension);
  }

  /** The visit is over. */
  stop() {
    this.#extension?.close();
    this.#extension = null;
    this.render();
  }

  /** What was told of the end is so young that nothing shall take its place. */
  get isBeingRead() {
    return performance.now() - this.#toldAtMs < READ_MS;
  }

  /**
   * Says so where the end was put off, by whomever.
   * @param {SessionState | null} before
   * @param {SessionState} now
   */
  notice(before, now) {
    if (!isExtended(before, now)) return;
    this.#extension?.withdraw();
    const untilMs = now.endsAtMs ?? 0;
    this.#message.say(() => this.#i18n.t('extend.extended', { time: this.#i18n.time(untilMs) }), { passing: true });
    this.#toldAtMs = performance.now();
  }

  /** An offer is made once: it is kept like the entry, over a reload. @param {Entry} entry */
  #show(entry) {
    const extension = this.#extension;
    if (extension === null) return;
    if (entry.role !== 'host' && extension.minutes > 0) {
      const endsAtMs = Date.parse(extension.endsAt);
      this.#message.say(() => this.#i18n.t('extend.guest', { time: this.#i18n.time(endsAtMs) }), { passing: true });
      this.#toldAtMs = performance.now();
      extension.withdraw();
      return;
    }
    amendEntry(entry.ticket, { offered_minutes: extension.minutes, offered_end: extension.endsAt });
    this.render();
  }

  async #extend() {
    const extension = this.#extension;
    const answer = await extension?.extend();
    if (!answer || this.#extension !== extension) return;
    // A longer time is told by the session itself, to everyone in it.
    if (answer.msg === 'SESSION_EXTENDED') this.#onExtended(answer.ends_at);
    else if (extension && extension.minutes > 0 && answer.msg === 'EXTENSION_NOT_AVAILABLE') {
      const count = extension.minutes;
      this.#message.say(() => this.#i18n.t('extend.less', { count }), { problem: true, passing: true });
    } else this.#message.say(() => explainRefusal(answer, this.#i18n), { problem: true, passing: true });
  }
}

/**
 * @param {SessionState | null} before
 * @param {SessionState} now
 */
function isExtended(before, now) {
  return before?.endsAtMs !== undefined && now.endsAtMs !== undefined && now.endsAtMs - before.endsAtMs >= EXTENSION_MS;
}
