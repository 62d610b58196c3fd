// @ts-check
import { rcTitle } from '../../words/rc.js';
import { find, setText } from '../dom.js';

/**
 * The ways into a complex: start now, book a time, or enter a code. A further way is a further `[data-way]` block in the page, shown by `render`
 * when it applies.
 */

/**
 * @typedef {import('../../net/coordinator.js').Rc} Rc
 * @typedef {import('../../words/rc.js').RcState} RcState
 * @typedef {'start' | 'join'} Asking what the coordinator is being asked
 */

/** What is said of the ways into a complex, none of which it may lack. @type {Record<RcState, string>} */
const HINTS = { free: 'ways.start.hint', busy: 'ways.busy.hint', closed: 'ways.closed.hint', unreachable: 'refusal.SERVERS_UNREACHABLE' };

export class WaysView {
  #i18n;
  #panel = find('[data-ways]', HTMLElement);
  #heading = find('[data-ways-heading]', HTMLElement);
  #hint = find('[data-ways-hint]', HTMLElement);
  #startWay = find('[data-way="start"]', HTMLElement);
  #start = find('[data-action="start"]', HTMLButtonElement);
  #planWay = find('[data-way="plan"]', HTMLElement);
  #plan = find('[data-action="plan"]', HTMLButtonElement);
  #form = find('[data-way="join"]', HTMLFormElement);
  #code = find('input[name="code"]', HTMLInputElement);
  #join = find('[data-action="join"]', HTMLButtonElement);
  #cancelWay = find('[data-way="cancel"]', HTMLElement);

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {{ onStart: () => void, onPlan: () => void, onJoin: (code: string) => void, onCancel: () => void }} handlers
   */
  constructor(i18n, { onStart, onPlan, onJoin, onCancel }) {
    this.#i18n = i18n;
    this.#start.addEventListener('click', onStart);
    this.#plan.addEventListener('click', onPlan);
    find('button', HTMLButtonElement, this.#cancelWay).addEventListener('click', onCancel);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      onJoin(this.#code.value);
    });
  }

  /**
   * @param {Rc | undefined} rc the chosen one
   * @param {RcState | undefined} state of it
   * @param {Asking | null} asking
   * @param {boolean} knocking somebody inside is being asked to let the visitor in
   * @param {boolean} cancellable what is being asked can be taken back
   * @param {boolean} canStart this browser could show it
   */
  render(rc, state, asking, knocking, cancellable, canStart) {
    const t = this.#i18n.t.bind(this.#i18n);
    setText(this.#heading, rc ? rcTitle(rc, this.#i18n) : t('ways.heading.none'));
    setText(this.#hint, t(rc && !canStart ? 'notice.unsupported' : state ? HINTS[state] : 'ways.hint.none'));
    this.#panel.classList.toggle('ways--chosen', rc !== undefined);
    this.#panel.dataset.state = canStart ? state ?? '' : 'unable';
    this.#startWay.hidden = !canStart || (state !== 'free' && asking !== 'start');
    this.#planWay.hidden = rc === undefined;
    setText(this.#start, t(asking === 'start' ? 'ways.starting' : 'ways.start'));
    setText(this.#join, t(knocking ? 'knock.waiting' : asking === 'join' ? 'ways.joining' : 'ways.join'));
    // Not `disabled`, which would take the focus away from whoever pressed it.
    for (const button of [this.#start, this.#plan, this.#join]) {
      button.setAttribute('aria-disabled', String(asking !== null));
    }
    this.#cancelWay.hidden = asking === null || !cancellable;
    this.#start.classList.toggle('button--working', asking === 'start');
    this.#join.classList.toggle('button--working', asking === 'join');
  }

  /** Brings the ways before the visitor's eyes and hands. */
  focus() {
    this.#heading.focus({ preventScroll: true });
    this.#reveal();
  }

  focusPlan() {
    this.#plan.focus({ preventScroll: true });
    this.#reveal();
  }

  focusCode() {
    this.#code.focus();
    this.#code.select();
  }

  /** @param {Asking} asking what was refused */
  focusAfterRefusal(asking) {
    if (asking === 'join') this.focusCode();
    else if (this.#startWay.hidden) this.#heading.focus({ preventScroll: true });
    else this.#start.focus({ preventScroll: true });
    this.#reveal();
  }

  #reveal() {
    this.#panel.scrollIntoView({ block: 'nearest' });
  }
}
