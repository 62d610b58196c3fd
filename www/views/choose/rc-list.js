// @ts-check
import { rcDescription, rcPlaces, rcPlacesInWords, rcTitle } from '../../words/rc.js';
import { isFound, SEARCH_FROM } from '../../words/search.js';
import { create, find, setText } from '../dom.js';
import { createRcPicture } from '../rc-picture.js';

/** The cards of the complexes, one button each, and what finds one of many. A card is made once and then kept up to date, so that focus and pictures stay. */

/**
 * @typedef {import('../../net/coordinator.js').Rc} Rc
 * @typedef {{ button: HTMLButtonElement, title: HTMLElement, address: HTMLElement, text: HTMLElement, places: HTMLElement, item: HTMLElement }} Card
 */

/** More places than this are told in words alone. */
const MOST_DOTS = 8;

/** @param {Rc} rc @param {Card} card @returns {string[]} what it is found by */
function textsOf(rc, { title, address, text }) {
  return [rc.rc_name, ...[title, address, text].map((element) => element.textContent ?? '')];
}

export class RcListView {
  #i18n;
  #onChoose;
  #list = find('[data-rcs]', HTMLElement);
  #note = find('[data-rcs-note]', HTMLElement);
  #searchBox = find('[data-rcs-search]', HTMLElement);
  #search = find('[data-rcs-search] input', HTMLInputElement);
  /** @type {Rc[] | null} */ #rcs = null;
  /** @type {Map<string, Card>} */ #cards = new Map();

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {{ onChoose: (rcName: string) => void }} handlers
   */
  constructor(i18n, { onChoose }) {
    this.#i18n = i18n;
    this.#onChoose = onChoose;
    this.#search.addEventListener('input', () => this.#sift());
  }

  /**
   * @param {Rc[] | null} rcs null while they are loading
   * @param {string | null} chosen
   */
  render(rcs, chosen) {
    this.#list.classList.toggle('rcs__list--loading', rcs === null);
    this.#rcs = rcs;
    this.#searchBox.hidden = (rcs?.length ?? 0) < SEARCH_FROM;
    const names = new Set(rcs?.map((rc) => rc.rc_name));
    for (const [name, card] of this.#cards) {
      if (names.has(name)) continue;
      card.item.remove();
      this.#cards.delete(name);
    }
    rcs?.forEach((rc, index) => {
      const card = this.#cards.get(rc.rc_name) ?? this.#createCard(rc);
      if (this.#list.children[index] !== card.item) this.#list.insertBefore(card.item, this.#list.children[index] ?? null);
      this.#update(card, rc, rc.rc_name === chosen);
    });
    this.#sift();
  }

  /** Leaves those to be seen that were searched for. */
  #sift() {
    const query = this.#searchBox.hidden ? '' : this.#search.value;
    let found = 0;
    for (const rc of this.#rcs ?? []) {
      const card = this.#cards.get(rc.rc_name);
      if (!card) continue;
      card.item.hidden = query !== '' && !isFound(query, textsOf(rc, card));
      found += Number(!card.item.hidden);
    }
    const key = this.#rcs === null ? 'rcs.loading' : this.#rcs.length === 0 ? 'rcs.none' : found === 0 ? 'rcs.search.none' : '';
    setText(this.#note, key && this.#i18n.t(key));
    this.#note.hidden = key === '';
  }

  /** @param {Rc} rc @returns {Card} */
  #createCard(rc) {
    const title = create('span', { class: 'rc__title' });
    const address = create('span', { class: 'rc__address' });
    const text = create('span', { class: 'rc__text' });
    const places = create('span', { class: 'rc__places' });
    const picture = create('span', { class: 'rc__picture' }, createRcPicture(rc.rc_name, rc.info));
    const details = create('span', { class: 'rc__details' }, address, text);
    const body = create('span', { class: 'rc__body' }, title, places, details);
    const button = create('button', { type: 'button', class: 'rc', 'data-rc': rc.rc_name }, picture, body);
    button.addEventListener('click', () => this.#onChoose(rc.rc_name));
    const item = create('li', { class: 'rcs__item' }, button);
    const card = { button, title, address, text, places, item };
    this.#cards.set(rc.rc_name, card);
    return card;
  }

  /** @param {Card} card @param {Rc} rc @param {boolean} chosen */
  #update(card, rc, chosen) {
    setText(card.title, rcTitle(rc, this.#i18n));
    setText(card.address, this.#i18n.pick(rc.info?.address));
    setText(card.text, rcDescription(rc, this.#i18n));
    card.address.hidden = card.address.textContent === '';
    card.text.hidden = card.text.textContent === '';
    card.button.setAttribute('aria-pressed', String(chosen));
    this.#showPlaces(card.places, rc);
  }

  /** @param {HTMLElement} element @param {Rc} rc */
  #showPlaces(element, rc) {
    const words = rcPlacesInWords(rc, this.#i18n);
    const { capacity, free, state } = rcPlaces(rc);
    const shown = `${words} ${free}`;
    if (element.dataset.shown === shown) return;
    element.dataset.shown = shown;
    element.dataset.state = state;
    const dots = capacity > MOST_DOTS ? [] : Array.from({ length: capacity }, (_, index) =>
      create('span', { class: index < free ? 'dot dot--free' : 'dot' }));
    element.replaceChildren(create('span', { class: 'dots', 'aria-hidden': 'true' }, ...dots), create('span', {}, words));
  }
}
