// @ts-check
import { create } from '../dom.js';
import { focusPicture } from './picture.js';

/** Questions over the picture, one card each. Whoever stands on a card's button stays there while others come and go. */

/**
 * @typedef {object} Question
 * @property {string} id of what is asked
 * @property {string} look the card is made anew only when this is another
 * @property {() => HTMLElement} create
 */

export class Cards {
  #box;
  /** @type {Map<string, { card: HTMLElement, look: string }>} */ #shown = new Map();

  /** @param {HTMLElement} box in which they stand */
  constructor(box) {
    this.#box = box;
  }

  /** @param {Question[]} questions a new one stands below the others */
  render(questions) {
    for (const [id, { card }] of this.#shown) {
      if (questions.some((question) => question.id === id)) continue;
      if (card.contains(document.activeElement)) focusPicture();
      card.remove();
      this.#shown.delete(id);
    }
    for (const question of questions) this.#renderOne(question);
  }

  /** @param {string} id @returns {HTMLElement | undefined} */
  find(id) {
    return this.#shown.get(id)?.card;
  }

  /** @param {Question} question */
  #renderOne({ id, look, create: createCard }) {
    const shown = this.#shown.get(id);
    if (shown?.look === look) return;
    const card = createCard();
    const focused = shown?.card.contains(document.activeElement) ? document.activeElement?.getAttribute('data-action') : undefined;
    if (shown) shown.card.replaceWith(card);
    else this.#box.append(card);
    this.#shown.set(id, { card, look });
    if (focused === undefined) return;
    const same = card.querySelector(`[data-action="${focused}"]`);
    if (same instanceof HTMLElement) same.focus();
    else focusPicture();
  }
}

/** @param {string} action @param {string} text @param {string} kind of the button, as a class @param {() => void} onPress */
export function createCardButton(action, text, kind, onPress) {
  const button = create('button', { type: 'button', class: `button button--small ${kind}`.trim(), 'data-action': action }, text);
  button.addEventListener('click', onPress);
  return button;
}
