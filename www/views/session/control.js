// @ts-check
import { nameInWords, steererInWords } from '../../words/people.js';
import { create, find, setText } from '../dom.js';
import { createAvatar } from './avatar.js';
import { Cards, createCardButton } from './cards.js';
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
  #asks = new Cards(find('[data-asks]', HTMLElement));
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
    this.#asks.render(asking.map((person) => {
      const name = nameInWords(person, this.#i18n);
      return { id: person.user, look: `${this.#i18n.language} ${name}`, create: () => this.#createAsk(person, name) };
    }));
  }

  /** @param {Person} person @param {string} name */
  #createAsk({ user, number }, name) {
    const t = this.#i18n.t.bind(this.#i18n);
    return create('div', { class: 'ask', role: 'group', 'data-user': user },
      createAvatar(number, name),
      create('p', { class: 'ask__text' }, t('control.asks', { name })),
      createCardButton('grant', t('control.grant'), 'button--primary', () => this.#handlers.onGrant(user)),
      createCardButton('decline', t('control.decline'), '', () => this.#handlers.onDecline(user)));
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
