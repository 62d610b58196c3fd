// @ts-check
import { troubleInWords } from '../../words/troubles.js';
import { find, setText } from '../dom.js';
import { focusPicture } from './picture.js';

/** What stands in the picture's place when none comes: what is in the way, and what can be done. */

/**
 * @typedef {import('../../words/troubles.js').Trouble} Trouble
 * @typedef {import('../../words/troubles.js').Remedy} Remedy
 */

/** @type {Remedy[]} */
const ALL_REMEDIES = ['play', 'again', 'plan', 'leave'];

export class TroubleView {
  #i18n;
  #box = find('[data-trouble]', HTMLElement);
  #title = find('[data-trouble-title]', HTMLElement);
  #text = find('[data-trouble-text]', HTMLElement);
  #ways = find('[data-trouble-ways]', HTMLElement);

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {Record<Remedy, () => void>} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    for (const remedy of ALL_REMEDIES) button(remedy).addEventListener('click', handlers[remedy]);
  }

  /** @param {Trouble | undefined} trouble @param {boolean} canPlan there is something to book a time for */
  render(trouble, canPlan) {
    if (trouble === undefined) {
      this.#hide();
      return;
    }
    const { heading, text, remedies } = troubleInWords(trouble);
    const offered = remedies.filter((remedy) => canPlan || remedy !== 'plan').map(button);
    const came = this.#box.hidden;
    this.#box.hidden = false;
    setText(this.#title, this.#i18n.t(heading));
    setText(this.#text, this.#i18n.t(text));
    for (const element of ALL_REMEDIES.map(button)) {
      element.hidden = !offered.includes(element);
      element.classList.toggle('button--primary', element === offered[0]);
    }
    if (this.#ways.firstElementChild !== offered[0]) this.#ways.prepend(...offered);
    // Whoever is already at a button stays there.
    if (came && document.activeElement === document.body) offered[0].focus({ preventScroll: true });
  }

  #hide() {
    if (this.#box.contains(document.activeElement)) focusPicture();
    this.#box.hidden = true;
    // Told again, should it come again.
    setText(this.#text, '');
  }
}

/** @param {Remedy} remedy */
function button(remedy) {
  return find(`[data-remedy="${remedy}"]`, HTMLButtonElement);
}
