// @ts-check
import { create, find } from '../dom.js';

/** The visitor's own bookings, above the complexes. */

/** @typedef {{ code: string, title: string, when: string }} Row */

export class BookingsView {
  #i18n;
  #onOpen;
  #box = find('[data-bookings]', HTMLElement);
  #list = find('[data-bookings-list]', HTMLElement);
  #shown = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {(code: string) => void} onOpen
   */
  constructor(i18n, onOpen) {
    this.#i18n = i18n;
    this.#onOpen = onOpen;
  }

  /** @param {Row[]} rows */
  render(rows) {
    this.#box.hidden = rows.length === 0;
    const shown = JSON.stringify([this.#i18n.language, rows]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#list.replaceChildren(...rows.map((row) => this.#createRow(row)));
  }

  /** @param {string} code @returns {boolean} false when it is not listed */
  focus(code) {
    const button = this.#list.querySelector(`[data-booking="${code}"]`);
    if (button instanceof HTMLElement) button.focus();
    return button !== null;
  }

  /** @param {Row} row */
  #createRow({ code, title, when }) {
    const button = create('button', { type: 'button', class: 'booking', 'data-booking': code },
      create('span', { class: 'booking__when' }, when),
      create('span', { class: 'booking__title' }, title),
      create('span', { class: 'booking__code' }, create('span', { class: 'visually-hidden' }, this.#i18n.t('session.code')), ` ${code}`));
    button.addEventListener('click', () => this.#onOpen(code));
    return create('li', {}, button);
  }
}
