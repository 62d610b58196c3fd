// @ts-check
import { find, setText } from '../dom.js';
import { focusPicture } from './picture.js';

/** The offer to stay longer, over the picture. */

export class ExtendView {
  #i18n;
  #box = find('[data-extend]', HTMLElement);
  #text = find('[data-extend-text]', HTMLElement);
  #extend = find('[data-action="extend"]', HTMLButtonElement);

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {{ onExtend: () => void, onDecline: () => void }} handlers
   */
  constructor(i18n, { onExtend, onDecline }) {
    this.#i18n = i18n;
    this.#extend.addEventListener('click', onExtend);
    find('[data-extend-decline]', HTMLButtonElement).addEventListener('click', onDecline);
  }

  /** @param {{ minutes: number, asking: boolean } | null} offer */
  render(offer) {
    const minutes = offer?.minutes ?? 0;
    // Whoever stands at the button that goes is led back to the picture.
    const hadFocus = minutes === 0 && this.#box.contains(document.activeElement);
    this.#box.hidden = minutes === 0;
    if (hadFocus) focusPicture();
    setText(this.#text, minutes === 0 ? '' : this.#i18n.t('extend.question'));
    setText(this.#extend, this.#i18n.t('extend.stay', { time: this.#i18n.duration(minutes * 60) }));
    this.#extend.setAttribute('aria-disabled', String(offer?.asking ?? false));
    this.#extend.classList.toggle('button--working', offer?.asking ?? false);
  }
}
