// @ts-check
import { find } from '../dom.js';
import { focusPicture } from './picture.js';

/** What opens beside the picture: one panel at a time, each with a button that opens and closes it. Esc leads back to the picture. */

/** @typedef {'people' | 'chat'} PanelName */

/** Where a panel is a sheet over the rest of the page, Esc closes it, too. As in the style sheet. */
const IS_SHEET = '(max-width: 47.99rem) and (orientation: portrait)';

export class PanelView {
  /** @type {PanelName | null} */ #open = null;
  #onChange;

  /** @param {(open: PanelName | null) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const name of /** @type {PanelName[]} */ (['people', 'chat'])) {
      const panel = panelOf(name);
      buttonOf(name).addEventListener('click', () => this.toggle(name));
      find('[data-panel-close]', HTMLButtonElement, panel).addEventListener('click', () => this.close());
      panel.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
        event.preventDefault();
        if (matchMedia(IS_SHEET).matches) this.#show(null);
        focusPicture();
      });
    }
  }

  get open() {
    return this.#open;
  }

  /** @param {PanelName} name */
  toggle(name) {
    if (this.#open === name) this.close();
    else this.show(name);
  }

  /** @param {PanelName} name */
  show(name) {
    this.#show(name);
    const field = panelOf(name).querySelector('textarea');
    // On a touch screen the focus in a field would bring up the keyboard over everything.
    const target = field && !matchMedia('(pointer: coarse)').matches ? field : find('h2', HTMLElement, panelOf(name));
    target.focus({ preventScroll: true });
  }

  /** Whoever was in the panel goes back to its button. */
  close() {
    const name = this.#open;
    if (name === null) return;
    const hadFocus = panelOf(name).contains(document.activeElement);
    this.#show(null);
    if (hadFocus) buttonOf(name).focus({ preventScroll: true });
  }

  /** Closes it without a word: the session is over. */
  stop() {
    this.#show(null);
  }

  /** @param {PanelName | null} open */
  #show(open) {
    if (this.#open === open) return;
    this.#open = open;
    for (const name of /** @type {PanelName[]} */ (['people', 'chat'])) {
      panelOf(name).hidden = name !== open;
      buttonOf(name).setAttribute('aria-expanded', String(name === open));
    }
    this.#onChange(open);
  }
}

/** @param {PanelName} name */
function panelOf(name) {
  return find(`[data-panel="${name}"]`, HTMLElement);
}

/** @param {PanelName} name */
function buttonOf(name) {
  return find(`[data-panel-button="${name}"]`, HTMLButtonElement);
}
