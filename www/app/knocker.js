// @ts-check
import { pause } from '../net/backoff.js';
import { joinSession } from '../net/door.js';
import { unreachableAnswer } from '../net/outcomes.js';

/**
 * Asking to be let in. That may take long: where a code alone does not open, somebody inside has to, and is given time for it. One
 * question at a time, which the visitor may take back.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/door.js').Invitation} Invitation
 * @typedef {{ key?: string, name?: string, language?: string }} Who
 */

/** A door that opens by itself has done so by then. */
const PATIENCE_MS = 1_500;

export class Knocker {
  #onKnocking;
  #means;
  #asked = new AbortController();
  #knocking = false;

  /**
   * @param {() => void} onKnocking it takes long, or does so no more
   * @param {{ join: typeof joinSession, pause: typeof pause }} [means]
   */
  constructor(onKnocking, means = { join: joinSession, pause }) {
    this.#onKnocking = onKnocking;
    this.#means = means;
  }

  /** It takes so long that somebody inside is asked, as far as can be known here. */
  get knocking() {
    return this.#knocking;
  }

  /**
   * @param {Invitation} invitation
   * @param {Who} who
   * @returns {Promise<Answer | null>} also a refusal: NOT_LET_IN, a word of this page's own, where nobody opened; null: it was taken back
   */
  async ask(invitation, who) {
    this.cancel();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    const answered = new AbortController();
    let long = false;
    this.#means.pause(PATIENCE_MS, answered.signal).then(() => {
      long = true;
      // Who has the key never knocks: for them the session itself is being started.
      if (who.key === undefined && !signal.aborted) this.#tell(true);
    }).catch(() => {});
    try {
      const answer = await this.#means.join(invitation, who, signal).catch((error) => (signal.aborted ? null : unreachableAnswer(error)));
      if (signal.aborted) return null;
      return long && answer?.msg === 'SESSION_NOT_EXIST' ? { msg: 'NOT_LET_IN' } : answer;
    } finally {
      answered.abort(new DOMException('it was answered', 'AbortError'));
      if (!signal.aborted) this.#tell(false);
    }
  }

  /** Takes the question back. */
  cancel() {
    this.#asked.abort(new DOMException('nobody waits any more', 'AbortError'));
    this.#tell(false);
  }

  /** @param {boolean} knocking */
  #tell(knocking) {
    if (this.#knocking === knocking) return;
    this.#knocking = knocking;
    this.#onKnocking();
  }
}
