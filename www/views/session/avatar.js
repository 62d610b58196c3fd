// @ts-check
import { create } from '../dom.js';

/** A person's colour and letter: the same in the list, in the chat and at their pointer. */

/** So many colours are in the style sheet. */
const COLOURS = 8;

/** @param {number} number of the person, from 1 @returns {string} for `data-colour` */
export function colourOf(number) {
  return String((Math.max(1, number) - 1) % COLOURS);
}

/** @param {number} number @param {string} name @returns {HTMLElement} */
export function createAvatar(number, name) {
  const [letter = '?'] = new Intl.Segmenter().segment(name.trim())[Symbol.iterator]().next().value?.segment ?? '?';
  return create('span', { class: 'avatar', 'data-colour': colourOf(number), 'aria-hidden': 'true' }, letter.toUpperCase());
}
