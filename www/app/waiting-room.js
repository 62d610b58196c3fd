// @ts-check
import { serverNowMs } from '../net/ask.js';
import { pause } from '../net/backoff.js';
import { arrive } from '../plan/arrival.js';
import { EarlyView } from '../views/plan/early.js';
import { countdown, spanInWords, untilInWords } from '../words/times.js';

/** For whoever comes too early: says how long it still takes, and opens the door at the time. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} RoomHandlers
 * @property {(code: string) => Promise<Answer>} join
 * @property {(code: string) => void} onWait
 * @property {(answer: Answer, code: string) => void} onAnswer the code was tried at its time
 * @property {() => void} onLeave
 */

export class WaitingRoom {
  #i18n;
  #handlers;
  #view;
  /** @type {{ code: string, startsAtMs: number } | null} */ #waiting = null;
  #given = new AbortController();

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {RoomHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#view = new EarlyView({
      onBack: () => {
        this.close();
        this.#handlers.onLeave();
      },
    });
  }

  /**
   * @param {string} code
   * @param {Answer} answer SESSION_NOT_STARTED
   * @returns {boolean} false when it does not tell the time, so there is nothing to wait for
   */
  open(code, answer) {
    const startsAtMs = Date.parse(answer.starts_at);
    if (Number.isNaN(startsAtMs)) return false;
    this.close();
    this.#waiting = { code, startsAtMs };
    this.#handlers.onWait(code);
    this.#view.focus();
    this.#wait(code, startsAtMs);
    return true;
  }

  close() {
    this.#given.abort(new DOMException('nobody waits any more', 'AbortError'));
    this.#waiting = null;
  }

  render() {
    if (this.#waiting === null) return;
    const { code, startsAtMs } = this.#waiting;
    const leftMs = startsAtMs - serverNowMs();
    const knocking = leftMs <= 0;
    this.#view.render({
      heading: knocking ? this.#i18n.t('early.now') : this.#i18n.t('early.heading', { when: untilInWords(leftMs, this.#i18n) }),
      clock: leftMs > 24 * 3_600_000 ? '' : countdown(leftMs),
      when: spanInWords(startsAtMs, startsAtMs, this.#i18n),
      code,
      knocking,
    });
  }

  /** @param {string} code @param {number} startsAtMs */
  async #wait(code, startsAtMs) {
    this.#given = new AbortController();
    const { signal } = this.#given;
    try {
      const answer = await arrive(startsAtMs, {
        join: () => this.#handlers.join(code),
        onTick: () => this.render(),
        onMoved: (movedMs) => {
          if (!signal.aborted) this.#waiting = { code, startsAtMs: movedMs };
        },
        nowMs: serverNowMs,
        pause: (durationMs) => pause(durationMs, signal),
      });
      if (signal.aborted) return;
      this.close();
      this.#handlers.onAnswer(answer, code);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
