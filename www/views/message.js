// @ts-check
import { find, setText } from './dom.js';

/** The one place where the visitor is told something. It stands in whichever view shows, and screen readers speak it. */

/** Long enough to be read twice. */
const PASSING_MS = 6_000;

export class MessageView {
  #element = find('[data-message]', HTMLElement);
  /** @type {() => string} */ #text = () => '';
  #timer = 0;

  #i18n;

  /** @param {import('../i18n/i18n.js').I18n} i18n */
  constructor(i18n) {
    this.#i18n = i18n;
    i18n.onChange(() => this.render());
  }

  /**
   * @param {() => string} text asked again when the language changes
   * @param {{ problem?: boolean, passing?: boolean }} [kind] a problem interrupts a screen reader; what is passing goes by itself
   */
  say(text, { problem = false, passing = false } = {}) {
    clearTimeout(this.#timer);
    this.#text = text;
    this.#element.setAttribute('role', problem ? 'alert' : 'status');
    this.#element.classList.toggle('message--problem', problem);
    this.render();
    if (passing) this.#timer = setTimeout(() => this.clear(), PASSING_MS);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#text = () => '';
    this.render();
  }

  /** Takes back what was said with this text, unless something else was said since. @param {string} key */
  unsay(key) {
    if (this.#text() === this.#i18n.t(key)) this.clear();
  }

  render() {
    setText(this.#element, this.#text());
  }

  /** @param {string} view */
  moveTo(view) {
    const slot = find(`[data-message-slot="${view}"]`, HTMLElement);
    if (this.#element.parentElement !== slot) slot.append(this.#element);
  }
}
