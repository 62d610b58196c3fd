// @ts-check
import { find } from '../dom.js';
import { showQr } from '../qr.js';
import { canShare, shareOr } from '../share.js';

/** In place of a start that this browser could not show: the way to another device. */

/**
 * @typedef {object} ElsewhereHandlers
 * @property {(text: () => string) => void} tell
 */

export class ElsewhereView {
  #i18n;
  #handlers;
  #way = find('[data-way="elsewhere"]', HTMLElement);
  #qr = find('[data-elsewhere-qr]', HTMLElement);
  #share = find('[data-elsewhere="share"]', HTMLButtonElement);
  #link = '';
  #title = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {ElsewhereHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    find('[data-elsewhere="copy"]', HTMLButtonElement).addEventListener('click', () => this.#copy());
    this.#share.addEventListener('click', () => shareOr({ title: this.#title, url: this.#link }, () => this.#copy()));
  }

  /** @param {{ link: string, qr: { size: number, path: string }, title: string } | null} elsewhere null: this browser can show it */
  render(elsewhere) {
    this.#way.hidden = elsewhere === null;
    if (elsewhere === null) return;
    this.#link = elsewhere.link;
    this.#title = elsewhere.title;
    showQr(this.#qr, elsewhere.qr);
    this.#share.hidden = !canShare();
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#link);
      this.#handlers.tell(() => this.#i18n.t('elsewhere.copied'));
    } catch {
      this.#handlers.tell(() => this.#i18n.t('elsewhere.uncopied', { link: this.#link }));
    }
  }
}
