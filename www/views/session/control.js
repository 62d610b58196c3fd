// @ts-check
import { nameInWords, steererInWords } from '../../words/people.js';
import { create, find, setText } from '../dom.js';
import { createAvatar } from './avatar.js';
import { focusPicture } from './picture.js';

/** Who steers, for everybody to see; the button that asks for control or passes it on; the questions of others. */

/**
 * @typedef {import('../../session/people.js').People} People
 * @typedef {import('../../session/people.js').Person} Person
 *
 * @typedef {object} ControlHandlers
 * @property {() => void} onRequest
 * @property {() => void} onRelease
 * @property {(user: string) => void} onGrant
 * @property {(user: string) => void} onDecline
 * @property {() => void} onChoose there are several to whom control could be given
 */

/** So many questions are shown at once; the list of people has them all. */
const MOST_ASKS = 3;

export class ControlView {
  #i18n;
  #handlers;
  #role = find('[data-fact="role"]', HTMLElement);
  #button = find('[data-action="control"]', HTMLButtonElement);
  #text = find('[data-control-text]', HTMLElement);
  #asks = find('[data-asks]', HTMLElement);
  /** @type {Map<string, HTMLElement>} by user */ #cards = new Map();
  /** @type {People | null} */ #people = null;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {ControlHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#button.addEventListener('click', () => this.#press());
  }

  /** @param {People} people */
  render(people) {
    this.#people = people;
    this.#role.hidden = people.self === null;
    this.#role.dataset.role = people.steers ? 'steer' : 'watch';
    setText(this.#role, steererInWords(people, this.#i18n));
    this.#renderButton(people);
    this.#renderAsks(people.mayDecide ? people.asking.slice(0, MOST_ASKS) : []);
  }

  stop() {
    this.#people = null;
    this.#renderAsks([]);
  }

  /** @param {People} people */
  #renderButton(people) {
    const { move } = people;
    if (move === null && this.#button === document.activeElement) focusPicture();
    this.#button.hidden = move === null;
    if (move === null) return;
    this.#button.dataset.move = move;
    const only = move === 'give' && people.count === 2 ? people.all.find(({ user }) => people.mayGiveTo(user)) : undefined;
    const text = only ? this.#i18n.t('control.give.one', { name: nameInWords(only, this.#i18n) }) : this.#i18n.t(MOVES[move]);
    setText(this.#text, text);
    this.#button.title = text;
  }

  #press() {
    const people = this.#people;
    switch (people?.move) {
      case 'take':
      case 'ask':
        this.#handlers.onRequest();
        break;
      case 'give-back':
      case 'withdraw':
        this.#handlers.onRelease();
        break;
      case 'give': {
        const others = people.all.filter(({ user }) => people.mayGiveTo(user));
        if (others.length === 1) this.#handlers.onGrant(others[0].user);
        else this.#handlers.onChoose();
      }
    }
  }

  /** @param {Person[]} asking */
  #renderAsks(asking) {
    for (const [user, card] of this.#cards) {
      if (asking.some((person) => person.user === user)) continue;
      if (card.contains(document.activeElement)) focusPicture();
      card.remove();
      this.#cards.delete(user);
    }
    for (const person of asking) {
      const name = nameInWords(person, this.#i18n);
      const shown = this.#cards.get(person.user);
      // The same question in other words: the name or the language has changed.
      const card = this.#createAsk(person, name);
      if (shown?.textContent === card.textContent) continue;
      const focused = shown?.contains(document.activeElement) ? document.activeElement?.getAttribute('data-action') : undefined;
      if (shown) shown.replaceWith(card);
      else this.#asks.append(card);
      if (focused) find(`[data-action="${focused}"]`, HTMLButtonElement, card).focus();
      this.#cards.set(person.user, card);
    }
  }

  /** @param {Person} person @param {string} name */
  #createAsk({ user, number }, name) {
    /** @param {'grant' | 'decline'} action @param {string} kind @param {(user: string) => void} handler */
    const button = (action, kind, handler) => {
      const element = create('button', { type: 'button', class: `button button--small ${kind}`, 'data-action': action });
      element.textContent = this.#i18n.t(action === 'grant' ? 'control.grant' : 'control.decline');
      element.addEventListener('click', () => handler(user));
      return element;
    };
    return create('div', { class: 'ask', role: 'group', 'data-user': user },
      createAvatar(number, name),
      create('p', { class: 'ask__text' }, this.#i18n.t('control.asks', { name })),
      button('grant', 'button--primary', this.#handlers.onGrant),
      button('decline', '', this.#handlers.onDecline));
  }
}

/** @type {Record<import('../../session/people.js').ControlMove, string>} */
const MOVES = {
  give: 'control.give',
  'give-back': 'control.give-back',
  take: 'control.take',
  ask: 'control.ask',
  withdraw: 'control.withdraw',
};
