// @ts-check
import { judge } from '../player/trouble.js';

/** From the visitor's coming to the first frame that is shown: follows how it goes, and tells what is in its way. */

/**
 * @typedef {import('../player/trouble.js').Trouble} Trouble
 * @typedef {import('../player/trouble.js').Facts} Facts
 * @typedef {import('../player/trouble.js').Progress} Progress
 *
 * @typedef {object} Means
 * @property {() => Promise<Progress>} look at the player
 * @property {() => Omit<Facts, 'waitedMs' | 'playRefused'>} facts
 * @property {(trouble: Trouble | undefined) => void} onTrouble when it is another
 * @property {() => number} nowMs
 * @property {(callback: () => void, delayMs: number) => unknown} setTimer
 */

const LOOK_MS = 500;

export class Beginning {
  #means;
  #sinceMs = 0;
  #playRefused = false;
  /** @type {Trouble | undefined} */ #trouble;
  /** which beginning is followed; another number ends what is under way of the last one */ #number = 0;

  /** @param {Means} means */
  constructor(means) {
    this.#means = means;
  }

  /** The visitor has come, or it is tried again. */
  begin() {
    this.#sinceMs = this.#means.nowMs();
    this.#playRefused = false;
    this.#tell(undefined);
    this.#number += 1;
    this.#follow(this.#number);
  }

  /** A frame was shown, or there will be none. */
  end() {
    this.#number += 1;
    this.#tell(undefined);
  }

  /** The browser wants a press before it plays. */
  notePlayRefused() {
    this.#playRefused = true;
    this.#judge(this.#number);
  }

  /** @param {number} number */
  async #follow(number) {
    await this.#judge(number);
    if (number === this.#number) this.#means.setTimer(() => number === this.#number && this.#follow(number), LOOK_MS);
  }

  /** @param {number} number */
  async #judge(number) {
    const progress = await this.#means.look();
    if (number !== this.#number) return;
    const waitedMs = this.#means.nowMs() - this.#sinceMs;
    this.#tell(judge({ ...this.#means.facts(), ...progress, waitedMs, playRefused: this.#playRefused }) ?? undefined);
  }

  /** @param {Trouble | undefined} trouble */
  #tell(trouble) {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#means.onTrouble(trouble);
  }
}
