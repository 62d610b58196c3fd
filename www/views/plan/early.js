// @ts-check
import { find, setText } from '../dom.js';

/** Before the doors open: how long it still takes. */

/** @typedef {{ heading: string, clock: string, when: string, code: string, knocking: boolean }} EarlyState */

export class EarlyView {
  #title = find('[data-early-title]', HTMLElement);
  #clock = find('[data-early-clock]', HTMLElement);
  #when = find('[data-early-when]', HTMLElement);
  #code = find('[data-early-code]', HTMLElement);
  #spinner = find('[data-early-spinner]', HTMLElement);

  /** @param {{ onBack: () => void }} handlers */
  constructor({ onBack }) {
    find('[data-early="back"]', HTMLButtonElement).addEventListener('click', onBack);
  }

  /** @param {EarlyState} state */
  render({ heading, clock, when, code, knocking }) {
    setText(this.#title, heading);
    setText(this.#clock, clock);
    setText(this.#when, when);
    setText(this.#code, code);
    this.#clock.hidden = knocking;
    this.#spinner.hidden = !knocking;
  }

  focus() {
    this.#title.focus();
    scrollTo({ top: 0 });
  }
}
