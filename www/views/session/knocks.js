// @ts-check
import { countdown } from '../../words/times.js';
import { create, find, setText } from '../dom.js';
import { Cards, createCardButton } from './cards.js';

/** Who knocks, over the picture: for the host with the two answers, for the others to know. */

/**
 * @typedef {import('../../session/knocks.js').Knock} Knock
 * @typedef {object} KnocksState
 * @property {Knock[]} waiting the first to knock first
 * @property {boolean} mayAnswer the visitor is the host
 * @property {Set<string>} asking those that are being answered
 *
 * @typedef {object} KnocksHandlers
 * @property {(id: string, admitted: boolean) => void} onAnswer
 * @property {() => Knock[]} waiting
 * @property {() => void} onLapsed the time of one is over
 */

/** So many are shown at once, so that the picture stays in sight; the others come up as these are answered. */
const MOST_SHOWN = 2;

const TICK_MS = 250;

export class KnocksView {
  #i18n;
  #handlers;
  #box = find('[data-knocks]', HTMLElement);
  #more = find('[data-knocks-more]', HTMLElement);
  #cards = new Cards(this.#box);
  #timer = 0;
  #count = 0;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {KnocksHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
  }

  /** @param {KnocksState} state */
  render({ waiting, mayAnswer, asking }) {
    // There is little time to answer: a screen reader tells it before it reads on.
    this.#box.setAttribute('aria-live', mayAnswer ? 'assertive' : 'polite');
    this.#count = waiting.length;
    this.#cards.render(waiting.slice(0, MOST_SHOWN).map((knock) => {
      const isAsking = asking.has(knock.id);
      const look = JSON.stringify([this.#i18n.language, knock.name, mayAnswer, isAsking]);
      return { id: knock.id, look, create: () => this.#createCard(knock, mayAnswer, isAsking) };
    }));
    const more = waiting.length - MOST_SHOWN;
    this.#more.hidden = more <= 0;
    setText(this.#more, more > 0 ? this.#i18n.t('knock.more', { count: more }) : '');
    clearInterval(this.#timer);
    if (waiting.length > 0) this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#showClocks(waiting);
  }

  stop() {
    this.render({ waiting: [], mayAnswer: false, asking: new Set() });
  }

  #tick() {
    const waiting = this.#handlers.waiting();
    if (waiting.length < this.#count) this.#handlers.onLapsed();
    else this.#showClocks(waiting);
  }

  /** @param {Knock[]} waiting */
  #showClocks(waiting) {
    for (const { id, lapsesAtMs } of waiting) {
      const clock = this.#cards.find(id)?.querySelector('[data-knock-clock]');
      if (clock) setText(clock, countdown(lapsesAtMs - performance.now()));
    }
  }

  /** @param {Knock} knock @param {boolean} mayAnswer @param {boolean} isAsking */
  #createCard({ id, name }, mayAnswer, isAsking) {
    const t = this.#i18n.t.bind(this.#i18n);
    const who = name === '' ? t('knock.somebody') : t('knock.knocks', { name });
    const text = create('p', { class: 'ask__text' }, who);
    // For the eyes alone: told once a second it would drown all else.
    const clock = create('span', { class: 'knock__clock', 'data-knock-clock': '', 'aria-hidden': 'true' });
    const card = create('div', { class: 'ask knock', role: 'group', 'aria-label': who, 'data-knock': id }, text, clock);
    if (!mayAnswer) {
      text.append(' ', create('span', { class: 'knock__host' }, t('knock.host')));
      return card;
    }
    const admit = createCardButton('admit', t('knock.admit'), 'button--primary', () => this.#handlers.onAnswer(id, true));
    const refuse = createCardButton('refuse', t('knock.refuse'), '', () => this.#handlers.onAnswer(id, false));
    for (const button of [admit, refuse]) button.setAttribute('aria-disabled', String(isAsking));
    card.append(create('div', { class: 'knock__acts' }, admit, refuse));
    return card;
  }
}
