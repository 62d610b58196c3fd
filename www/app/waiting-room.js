// @ts-check
import { serverNowMs } from '../net/ask.js';
import { pause } from '../net/backoff.js';
import { arrive } from '../plan/arrival.js';
import { EarlyView } from '../views/plan/early.js';
import { countdown, spanInWords, untilInWords } from '../words/times.js';

/** For whoever comes too early: says how long it still takes, and opens the door at the time. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/door.js').Invitation} Invitation
 * @typedef {object} RoomHandlers
 * @property {(invitation: Invitation) => Promise<Answer | null>} join null: it was taken back, because nobody waits any more
 * @property {(invitation: Invitation) => void} onWait
 * @property {(answer: Answer) => void} onAnswer the code was tried at its time
 * @property {() => void} onLeave
 */

export class WaitingRoom {
  #i18n;
  #handlers;
  #view;
  /** @type {{ invitation: Invitation, startsAtMs: number } | null} */ #waiting = null;
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
   * @param {Invitation} invitation
   * @param {Answer} answer SESSION_NOT_STARTED
   * @returns {boolean} false when it does not tell the time, so there is nothing to wait for
   */
  open(invitation, answer) {
    const startsAtMs = Date.parse(answer.starts_at);
    if (Number.isNaN(startsAtMs)) return false;
    this.close();
    this.#waiting = { invitation, startsAtMs };
    this.#handlers.onWait(invitation);
    this.#view.focus();
    this.#wait(invitation, startsAtMs);
    return true;
  }

  close() {
    this.#given.abort(new DOMException('nobody waits any more', 'AbortError'));
    this.#waiting = null;
  }

  render() {
    if (this.#waiting === null) return;
    const { invitation, startsAtMs } = this.#waiting;
    const leftMs = startsAtMs - serverNowMs();
    const knocking = leftMs <= 0;
    this.#view.render({
      heading: knocking ? this.#i18n.t('early.now') : this.#i18n.t('early.heading', { when: untilInWords(leftMs, this.#i18n) }),
      clock: leftMs > 24 * 3_600_000 ? '' : countdown(leftMs),
      when: spanInWords(startsAtMs, startsAtMs, this.#i18n),
      code: invitation.code,
      knocking,
    });
  }

  /** @param {Invitation} invitation @param {number} startsAtMs */
  async #wait(invitation, startsAtMs) {
    this.#given = new AbortController();
    const { signal } = this.#given;
    try {
      const answer = await arrive(startsAtMs, {
        join: async () => {
          const answer = await this.#handlers.join(invitation);
          if (answer === null) throw signal.reason;
          return answer;
        },
        onTick: () => this.render(),
        onMoved: (movedMs) => {
          if (!signal.aborted) this.#waiting = { invitation, startsAtMs: movedMs };
        },
        nowMs: serverNowMs,
        pause: (durationMs) => pause(durationMs, signal),
      });
      if (signal.aborted) return;
      this.close();
      this.#handlers.onAnswer(answer);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
