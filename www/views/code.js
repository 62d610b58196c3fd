// @ts-check
import { find, setText } from './dom.js';

/** The code, in whichever view shows one: there is one such element in the page, which others may rely on. */

export class CodeView {
  #element = find('[data-code]', HTMLElement);

  /** @param {string} view @param {string} code */
  show(view, code) {
    const slot = find(`[data-code-slot="${view}"]`, HTMLElement);
    if (this.#element.parentElement !== slot) slot.append(this.#element);
    setText(this.#element, code);
  }
}
