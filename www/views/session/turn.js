// @ts-check
import { find } from '../dom.js';

/** Offers to turn the phone, once: most scenes are wider than they are high. Nothing depends on it. */

const KEY = 'vitrina.turned';

/** Where the offer has a place of its own, as in the style sheet. */
const IS_UPRIGHT = '(max-width: 47.99rem) and (orientation: portrait)';

export class TurnView {
  #box = find('[data-turn]', HTMLElement);
  #upright = matchMedia(IS_UPRIGHT);
  #isOffered = false;
  #isOver = wasOffered();

  constructor() {
    find('[data-turn-close]', HTMLButtonElement).addEventListener('click', () => this.#end());
    this.#upright.addEventListener('change', () => this.#isOffered && this.#end());
  }

  /** The session begins. Its place is taken at once, so that nothing moves later. */
  offer() {
    if (this.#isOffered || this.#isOver) return;
    this.#isOffered = this.#upright.matches && matchMedia('(pointer: coarse)').matches;
    this.#isOver = !this.#isOffered;
    this.#box.hidden = !this.#isOffered;
  }

  /** The session is over. */
  stop() {
    this.#isOffered = false;
    this.#box.hidden = true;
  }

  /** It was noticed: closed, or followed. */
  #end() {
    this.#isOver = true;
    this.stop();
    try {
      localStorage.setItem(KEY, '1');
    } catch {
      // An embedding site may deny storage: then it is offered again by the next page.
    }
  }
}

function wasOffered() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}
