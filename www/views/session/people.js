// @ts-check
import { nameInWords } from '../../words/people.js';
import { create, find, setText } from '../dom.js';
import { setIcon } from '../icons.js';
import { label } from '../page.js';
import { createAvatar } from './avatar.js';

/** Everyone in the session: who they are, who steers, who asks; one's own name to change; what the visitor may do about the others. */

/**
 * @typedef {import('../../session/people.js').People} People
 * @typedef {import('../../session/people.js').Person} Person
 *
 * @typedef {object} PeopleHandlers
 * @property {(user: string) => void} onGrant
 * @property {(user: string) => void} onDecline
 * @property {(user: string) => void} onRemove
 * @property {(name: string) => void} onRename
 */

/** As long as the streamer takes. */
const LONGEST_NAME = 40;

export class PeopleView {
  #i18n;
  #handlers;
  #button = find('[data-fact="people"]', HTMLButtonElement);
  #number = find('[data-people-number]', HTMLElement);
  #list = find('[data-people]', HTMLElement);
  /** @type {Map<string, { element: HTMLElement, look: string }>} by user */ #rows = new Map();
  /** @type {{ user: string, doing: 'rename' | 'remove' } | null} a row that asks something */ #asking = null;
  /** @type {People | null} */ #people = null;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {PeopleHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#list.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.#asking === null) return;
      event.preventDefault();
      this.#ask(null);
    });
  }

  /** @param {People} people */
  render(people) {
    this.#people = people;
    setText(this.#number, String(people.count || ''));
    label(this.#button, this.#i18n.t('people.show', { count: people.count }));
    const all = people.all;
    for (const [user, { element }] of this.#rows) {
      if (all.some((person) => person.user === user)) continue;
      this.#keepFocus(element);
      element.remove();
      this.#rows.delete(user);
      if (this.#asking?.user === user) this.#asking = null;
    }
    all.forEach((person, at) => this.#renderRow(person, at, people));
  }

  stop() {
    this.#asking = null;
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  /**
   * A row is made anew only when it would look different: whoever types in it, or stands on its button, stays there.
   * @param {Person} person @param {number} at @param {People} people
   */
  #renderRow(person, at, people) {
    const doing = this.#asking?.user === person.user ? this.#asking.doing : '';
    const facts = [person.user === people.self, person.user === people.controller, people.isAsking(person.user),
      people.mayDecide, people.mayGiveTo(person.user), people.mayRemove(person.user)];
    const look = JSON.stringify([person, facts, doing, this.#i18n.language]);
    const known = this.#rows.get(person.user);
    if (known?.look === look) return;
    // What is being typed is not taken away by what others do meanwhile.
    if (known && doing === 'rename' && known.element.contains(document.activeElement)) return;
    const element = this.#createRow(person, people, doing);
    const focused = known?.element.contains(document.activeElement) ? document.activeElement?.getAttribute('data-person') : undefined;
    if (known) known.element.replaceWith(element);
    else this.#list.insertBefore(element, this.#list.children[at] ?? null);
    this.#rows.set(person.user, { element, look });
    if (focused !== undefined) this.#refocus(element, focused);
  }

  /** @param {HTMLElement} element @param {string | null} focused */
  #refocus(element, focused) {
    const same = focused === null ? null : element.querySelector(`[data-person="${focused}"]`);
    const target = same ?? element.querySelector('input, button') ?? find('#people-title', HTMLElement);
    if (target instanceof HTMLElement) target.focus();
  }

  /** @param {HTMLElement} element that goes */
  #keepFocus(element) {
    if (element.contains(document.activeElement)) find('#people-title', HTMLElement).focus();
  }

  /** @param {Person} person @param {People} people @param {string} doing */
  #createRow(person, people, doing) {
    const name = nameInWords(person, this.#i18n);
    const row = create('li', { class: 'person', 'data-user': person.user }, createAvatar(person.number, name));
    if (doing === 'rename') row.append(this.#createRename(person, name));
    else row.append(this.#createWho(person, name, people), this.#createActs(person, name, people));
    if (doing === 'remove') row.append(this.#createRemove(person, name));
    return row;
  }

  /** @param {Person} person @param {string} name @param {People} people */
  #createWho({ user, role }, name, people) {
    const t = this.#i18n.t.bind(this.#i18n);
    const words = create('p', { class: 'person__name' }, create('bdi', {}, name));
    if (user === people.self) words.append(' ', create('span', { class: 'person__you' }, `(${t('people.you')})`));
    const marks = create('p', { class: 'person__marks' });
    if (user === people.controller) marks.append(create('span', { class: 'mark', 'data-mark': 'steers' }, t('people.steers')));
    if (people.isAsking(user)) marks.append(create('span', { class: 'mark', 'data-mark': 'asks' }, t('people.asks')));
    if (role === 'host' && name !== t('people.host')) marks.append(create('span', { class: 'mark' }, t('people.is.host')));
    return create('div', { class: 'person__who' }, words, marks);
  }

  /** @param {Person} person @param {string} name @param {People} people */
  #createActs({ user }, name, people) {
    const t = this.#i18n.t.bind(this.#i18n);
    const acts = create('div', { class: 'person__acts' });
    /** @param {string} icon @param {string} what @param {string} text @param {() => void} handler */
    const add = (icon, what, text, handler) => {
      const button = create('button', { type: 'button', class: 'tool tool--plain', 'data-person': what });
      setIcon(button, icon);
      label(button, text);
      button.addEventListener('click', handler);
      acts.append(button);
    };
    if (user === people.self) add('edit', 'rename', t('people.rename'), () => this.#ask({ user, doing: 'rename' }));
    if (people.mayGiveTo(user)) add('steer', 'grant', t('people.give', { name }), () => this.#handlers.onGrant(user));
    if (people.mayDecide && people.isAsking(user)) {
      add('close', 'decline', t('people.decline', { name }), () => this.#handlers.onDecline(user));
    }
    if (people.mayRemove(user)) add('remove', 'remove', t('people.remove', { name }), () => this.#ask({ user, doing: 'remove' }));
    return acts;
  }

  /** @param {Person} person @param {string} name */
  #createRename(person, name) {
    const t = this.#i18n.t.bind(this.#i18n);
    const field = create('input', {
      class: 'person__field', name: 'person-name', type: 'text', maxlength: String(LONGEST_NAME), autocomplete: 'nickname',
      enterkeyhint: 'done', placeholder: name, 'aria-label': t('people.name'), 'data-person': 'name',
    });
    field.value = person.name;
    const save = create('button', { type: 'submit', class: 'button button--small button--primary' }, t('people.name.save'));
    const form = create('form', { class: 'person__rename', novalidate: '' }, field, save);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const wanted = field.value.trim();
      this.#ask(null);
      if (wanted !== person.name) this.#handlers.onRename(wanted);
    });
    return form;
  }

  /** @param {Person} person @param {string} name */
  #createRemove({ user }, name) {
    const t = this.#i18n.t.bind(this.#i18n);
    const yes = create('button', { type: 'button', class: 'button button--small button--danger', 'data-person': 'remove-surely' }, t('people.remove.yes'));
    const no = create('button', { type: 'button', class: 'button button--small', 'data-person': 'keep' }, t('people.remove.no'));
    yes.addEventListener('click', () => {
      this.#ask(null);
      this.#handlers.onRemove(user);
    });
    no.addEventListener('click', () => this.#ask(null));
    const text = t('people.remove.surely', { name });
    return create('div', { class: 'person__surely', role: 'group', 'aria-label': text }, create('p', {}, text), yes, no);
  }

  /** A row asks for a name or for a yes, or does so no more. @param {{ user: string, doing: 'rename' | 'remove' } | null} asking */
  #ask(asking) {
    const user = asking?.user ?? this.#asking?.user ?? '';
    const before = this.#asking?.doing;
    this.#asking = asking;
    const row = this.#rows.get(user);
    // Its focus is put where the question is, or back to the button that asked.
    if (row) row.look = '';
    if (row?.element.contains(document.activeElement) && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    if (this.#people) this.render(this.#people);
    const now = this.#rows.get(user)?.element;
    if (!now) return;
    const target = { rename: 'name', remove: 'keep', none: before ?? '' }[asking?.doing ?? 'none'];
    this.#refocus(now, target);
    if (asking?.doing === 'rename') find('input', HTMLInputElement, now).select();
  }
}
