// @ts-check
import { typedChange, UNSEEN } from '../../player/typing.js';
import { find } from '../dom.js';
import { focusPicture } from './picture.js';

/**
 * A field over the picture into which one writes as anywhere: with one's own layout, an input method, a phone's keyboard, the clipboard.
 * All of it goes on to the scene at once.
 */

/**
 * @typedef {object} Typist
 * @property {(text: string) => void} type
 * @property {(code: string) => void} tap
 */

/** Keys that are the scene's and not the field's, where there is no past to move about in. */
const SCENE_KEYS = new Set([
  'Enter', 'NumpadEnter', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown', 'Delete',
]);

/** With more than this behind it the field begins anew. */
const LONGEST_PAST = 500;

export class TextEntryView {
  #typist;
  #button = find('[data-action="text"]', HTMLButtonElement);
  #box = find('[data-typing]', HTMLElement);
  #field = find('[data-typing-field]', HTMLInputElement);
  /** The field's value as far as it was sent. */ #sent = UNSEEN;

  /** @param {Typist} typist */
  constructor(typist) {
    this.#typist = typist;
    // The focus stays in the field until it is closed.
    for (const button of [this.#button, find('[data-typing-close]', HTMLButtonElement)]) {
      button.addEventListener('mousedown', (event) => this.isOpen && event.preventDefault());
      button.addEventListener('click', () => (this.isOpen ? this.#leave() : this.#open()));
    }
    this.#field.addEventListener('keydown', (event) => this.#onKey(event));
    this.#field.addEventListener('input', (event) => this.#onInput(/** @type {InputEvent} */ (event).isComposing));
    this.#field.addEventListener('compositionend', () => this.#onInput(false));
    this.#box.addEventListener('focusout', ({ relatedTarget }) => {
      const elsewhere = relatedTarget instanceof Node && !this.#box.contains(relatedTarget) && relatedTarget !== this.#button;
      if (elsewhere || (relatedTarget === null && document.hasFocus())) this.#close();
    });
  }

  get isOpen() {
    return !this.#box.hidden;
  }

  /** @param {boolean} visible the visitor may do something in the scene */
  show(visible) {
    this.#button.hidden = !visible;
    if (!visible) this.#close();
  }

  #open() {
    this.#box.hidden = false;
    this.#button.setAttribute('aria-pressed', 'true');
    this.#begin();
    this.#field.focus({ preventScroll: true });
  }

  #leave() {
    this.#close();
    focusPicture();
  }

  #close() {
    this.#box.hidden = true;
    this.#button.setAttribute('aria-pressed', 'false');
  }

  #begin() {
    this.#field.value = UNSEEN;
    this.#sent = UNSEEN;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const code = event.code || event.key;
    if (code === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.#leave();
    } else if (SCENE_KEYS.has(code) || (code === 'Backspace' && this.#field.value === UNSEEN)) {
      event.preventDefault();
      this.#typist.tap(code);
      this.#begin();
    }
  }

  /** @param {boolean} composing */
  #onInput(composing) {
    // A phone composes every word, and shows it as it comes; an input method at a desk has something else in the field until it is done.
    if (composing && !matchMedia('(pointer: coarse)').matches) return;
    const { erase, text } = typedChange(this.#sent, this.#field.value);
    for (let count = 0; count < erase; count++) this.#typist.tap('Backspace');
    this.#typist.type(text);
    this.#sent = this.#field.value;
    const worn = !this.#sent.startsWith(UNSEEN) || this.#sent.length > LONGEST_PAST;
    if (worn && !composing) this.#begin();
  }
}
