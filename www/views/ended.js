// @ts-check
import { find } from './dom.js';
import { createRcPicture } from './rc-picture.js';

/** The end of a session that the visitor did not choose. Why it ended stands in the page's message. */

export class EndedView {
  #title = find('#ended-title', HTMLElement);
  #picture = find('[data-ended-picture]', HTMLElement);
  #again = find('[data-ended="again"]', HTMLButtonElement);

  /** @param {{ onAgain: () => void, onChoose: () => void }} handlers */
  constructor({ onAgain, onChoose }) {
    this.#again.addEventListener('click', onAgain);
    find('[data-ended="choose"]', HTMLButtonElement).addEventListener('click', onChoose);
  }

  /**
   * @param {string} name for the drawing
   * @param {import('../net/coordinator.js').Rc | undefined} rc
   * @param {boolean} mayStart a complex is chosen that could be started again
   */
  render(name, rc, mayStart) {
    this.#picture.replaceChildren(createRcPicture(name, rc?.info));
    this.#again.hidden = !mayStart;
  }

  focus() {
    this.#title.focus();
  }
}
