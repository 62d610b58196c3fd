// @ts-check
import { instantInWords } from '../../words/times.js';
import { create, find } from '../dom.js';

/** Times that are one click away, below a message that says why they are offered. */

/** @typedef {import('../../plan/starts.js').Start} Start */

export class OffersView {
  #i18n;
  #onTake;
  #box;
  /** @type {Start[]} */ #starts = [];
  /** How many are being asked for: so many have their place already. */ #expected = 0;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {string} name of its place in the page
   * @param {(start: Start) => void} onTake
   */
  constructor(i18n, name, onTake) {
    this.#i18n = i18n;
    this.#onTake = onTake;
    this.#box = find(`[data-offers="${name}"]`, HTMLElement);
    i18n.onChange(() => this.#show());
  }

  /** Keeps the place of those that are being asked for, so that nothing moves when they come. @param {number} count */
  expect(count) {
    this.#starts = [];
    this.#expected = count;
    this.#show();
  }

  /** @param {Start[]} starts none: nothing is shown */
  render(starts) {
    if (starts === this.#starts) return;
    this.#starts = starts;
    this.#expected = 0;
    this.#show();
  }

  focus() {
    this.#box.querySelector('button')?.focus();
  }

  #show() {
    this.#box.hidden = this.#starts.length + this.#expected === 0;
    const places = Array.from({ length: this.#expected }, () => create('span', { class: 'offer__place' }));
    this.#box.replaceChildren(...places, ...this.#starts.map((start) => {
      const words = this.#i18n.t('offers.book', { time: instantInWords(start.startsAtMs, this.#i18n) });
      const button = create('button', { type: 'button', class: 'button offer', 'data-offer': new Date(start.startsAtMs).toISOString() }, words);
      button.addEventListener('click', () => this.#onTake(start));
      return button;
    }));
  }
}
