// @ts-check
import { find } from '../dom.js';
import { createRcPicture } from '../rc-picture.js';

/** The end of a visit that the visitor did not choose: what it is and what next. Why it ended stands in the page's message. */

/** @typedef {import('../../words/endings.js').Next} Next */

/** @type {Next[]} */
const ALL_NEXT = ['here', 'again', 'plan', 'join'];

export class EndedView {
  #i18n;
  #title = find('#ended-title', HTMLElement);
  #picture = find('[data-ended-picture]', HTMLElement);
  #ways = find('[data-ended-ways]', HTMLElement);

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {Record<Next | 'choose', () => void>} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    for (const next of ALL_NEXT) button(next).addEventListener('click', handlers[next]);
    button('choose').addEventListener('click', handlers.choose);
  }

  /**
   * @param {string} heading key of the heading
   * @param {Next[]} offered in their order; the first stands out
   * @param {string} name for the drawing
   * @param {import('../../net/coordinator.js').Rc | undefined} rc
   */
  render(heading, offered, name, rc) {
    this.#title.dataset.i18n = heading;
    this.#title.textContent = this.#i18n.t(heading);
    this.#picture.replaceChildren(createRcPicture(name, rc?.info));
    for (const next of ALL_NEXT) button(next).hidden = !offered.includes(next);
    const shown = [...offered.map(button), button('choose')];
    shown.forEach((element, at) => element.classList.toggle('button--primary', at === 0));
    this.#ways.prepend(...shown);
  }

  focus() {
    this.#title.focus();
  }
}

/** @param {Next | 'choose'} name */
function button(name) {
  return find(`[data-ended="${name}"]`, HTMLButtonElement);
}
