// @ts-check
import { serverNowMs } from '../../net/ask.js';
import { countdown } from '../../words/times.js';
import { find, setText } from '../dom.js';
import { focusPicture } from './picture.js';

/** "Are you still here?": the countdown before a sleeping session ends. Any touch of the page stops it. */

const TOUCHES = /** @type {const} */ (['pointerdown', 'pointermove', 'keydown', 'wheel', 'input']);

export class AwakeView {
  #i18n;
  #onStay;
  #box = find('[data-awake]', HTMLElement);
  #clock = find('[data-awake-clock]', HTMLElement);
  #text = find('[data-awake-text]', HTMLElement);
  /** @type {number | undefined} */ #endsAtMs;
  #timer = 0;
  #listening = new AbortController();

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {() => void} onStay
   */
  constructor(i18n, onStay) {
    this.#i18n = i18n;
    this.#onStay = onStay;
    find('[data-awake-stay]', HTMLButtonElement).addEventListener('click', () => this.#onStay());
  }

  /** @param {number | undefined} endsAtMs by the server's clock; undefined: nobody sleeps */
  render(endsAtMs) {
    const asks = endsAtMs !== undefined;
    if (asks && this.#endsAtMs !== endsAtMs) {
      // Told once, in words; the clock is for the eyes.
      const seconds = Math.max(0, (endsAtMs - serverNowMs()) / 1000);
      setText(this.#text, this.#i18n.t('session.awake.text', { time: this.#i18n.duration(seconds) }));
    }
    this.#endsAtMs = endsAtMs;
    if (asks === !this.#box.hidden) return;
    if (!asks && this.#box.contains(document.activeElement)) focusPicture();
    this.#box.hidden = !asks;
    clearInterval(this.#timer);
    this.#listening.abort();
    if (!asks) {
      setText(this.#text, '');
      return;
    }
    this.#timer = setInterval(() => this.#showClock(), 250);
    this.#showClock();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const type of TOUCHES) addEventListener(type, () => this.#onStay(), { signal, capture: true, passive: true });
  }

  #showClock() {
    if (this.#endsAtMs !== undefined) setText(this.#clock, countdown(this.#endsAtMs - serverNowMs()));
  }
}
