// @ts-check
import { isoDate, utcNoonMs } from '../../plan/days.js';
import { byPartOfDay, isLong, oneEachHalfHour } from '../../plan/starts.js';
import { dayInWords, dayParts } from '../../words/times.js';
import { create, find, setText } from '../dom.js';

/** Choosing a day and a start. Both are native radio buttons, so keys and screen readers work as everywhere. */

/**
 * @typedef {import('../../plan/days.js').Day} Day
 * @typedef {import('../../plan/starts.js').Start} Start
 *
 * @typedef {object} PlanState what the view shows
 * @property {string} title of the complex
 * @property {Day[]} days to choose from at once
 * @property {Day} day the chosen one
 * @property {Day | undefined} lastDay that can be booked, where the coordinator told it
 * @property {Start[] | null} starts of that day; null while they are being asked for
 * @property {string} note instead of the starts
 * @property {string} zones whose times these are
 * @property {number | null} chosenMs the chosen start
 * @property {string} summary of the choice
 * @property {boolean} booking
 *
 * @typedef {object} PlanHandlers
 * @property {(isoDay: string) => void} onDay
 * @property {(startsAtMs: number) => void} onStart
 * @property {() => void} onBook
 * @property {() => void} onBack
 */

export class PlanView {
  #i18n;
  #title = find('[data-plan-title]', HTMLElement);
  #zones = find('[data-plan-zones]', HTMLElement);
  #days = find('[data-plan-days]', HTMLElement);
  #otherDay = find('input[name="other-day"]', HTMLInputElement);
  #box = find('[data-plan-box]', HTMLElement);
  #note = find('[data-plan-note]', HTMLElement);
  #starts = find('[data-plan-starts]', HTMLElement);
  #exactLabel = find('[data-plan-exact]', HTMLElement);
  #exact = find('input[name="exact"]', HTMLInputElement);
  #summary = find('[data-plan-summary]', HTMLElement);
  #book = find('[data-plan="book"]', HTMLButtonElement);
  /** @type {PlanState | null} */ #state = null;
  #daysShown = '';
  #startsShown = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {PlanHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    find('[data-plan="back"]', HTMLButtonElement).addEventListener('click', handlers.onBack);
    find('[data-plan-form]', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      handlers.onBook();
    });
    this.#days.addEventListener('change', () => handlers.onDay(chosenValue(this.#days)));
    this.#otherDay.addEventListener('change', () => handlers.onDay(this.#otherDay.value));
    this.#starts.addEventListener('change', () => handlers.onStart(Number(chosenValue(this.#starts))));
    this.#exact.addEventListener('change', () => this.#state && this.render(this.#state));
  }

  /** @param {PlanState} state */
  render(state) {
    this.#state = state;
    const t = this.#i18n.t.bind(this.#i18n);
    setText(this.#title, t('plan.heading', { name: state.title }));
    setText(this.#zones, state.zones);
    this.#showDays(state);
    this.#box.setAttribute('aria-busy', String(state.starts === null));
    this.#box.classList.toggle('starts--loading', state.starts === null);
    setText(this.#note, state.note);
    this.#note.hidden = state.note === '';
    this.#showStarts(state);
    setText(this.#summary, state.summary);
    setText(this.#book, t(state.booking ? 'plan.booking' : 'plan.book'));
    this.#book.setAttribute('aria-disabled', String(state.booking || state.chosenMs === null));
    this.#book.classList.toggle('button--working', state.booking);
    this.#book.classList.toggle('button--idle', state.chosenMs === null);
  }

  focus() {
    this.#title.focus();
    scrollTo({ top: 0 });
  }

  /** Another visit begins with the short list. */
  reset() {
    this.#exact.checked = false;
  }

  /** @param {PlanState} state */
  #showDays({ days, day, lastDay }) {
    const shown = [this.#i18n.language, ...days.map(isoDate)].join(' ');
    if (shown !== this.#daysShown) {
      this.#daysShown = shown;
      this.#keepFocus(this.#days, () => this.#days.replaceChildren(...days.map((each) => this.#createDay(each))));
    }
    check(this.#days, isoDate(day));
    this.#otherDay.min = isoDate(days[0]);
    this.#otherDay.max = lastDay ? isoDate(lastDay) : '';
    const inRow = days.some((each) => isoDate(each) === isoDate(day));
    if (document.activeElement !== this.#otherDay) this.#otherDay.value = inRow ? '' : isoDate(day);
    this.#otherDay.classList.toggle('days__date--chosen', !inRow);
  }

  /** @param {Day} day */
  #createDay(day) {
    const ms = utcNoonMs(day);
    const input = create('input', { type: 'radio', name: 'day', value: isoDate(day), class: 'choice__input', 'data-day': isoDate(day) });
    const words = create('span', { class: 'visually-hidden' }, dayInWords(ms, this.#i18n));
    /** @param {string} name @param {string} text */
    const part = (name, text) => create('span', { class: `day__${name}`, 'aria-hidden': 'true' }, text);
    const { weekday, month } = dayParts(ms, this.#i18n);
    return create('label', { class: 'choice day' }, input, words,
      part('week', weekday), part('number', String(day.day)), part('month', month));
  }

  /** @param {PlanState} state */
  #showStarts({ starts, chosenMs }) {
    const all = starts ?? [];
    const long = isLong(all);
    this.#exactLabel.hidden = !long;
    const listed = long && !this.#exact.checked ? oneEachHalfHour(all) : all;
    // What was chosen stays in sight, also where the short list would pass over it.
    const chosen = all.find(({ startsAtMs }) => startsAtMs === chosenMs);
    const groups = byPartOfDay(chosen && !listed.includes(chosen) ? insert(listed, chosen) : listed);
    const shown = JSON.stringify([this.#i18n.language, groups]);
    if (shown !== this.#startsShown) {
      this.#startsShown = shown;
      this.#keepFocus(this.#starts, () => this.#starts.replaceChildren(...groups.map((group) => this.#createPart(group))));
    }
    check(this.#starts, chosenMs === null ? '' : String(chosenMs));
  }

  /** @param {{ part: string, starts: Start[] }} group */
  #createPart({ part, starts }) {
    const id = `part-${part}`;
    return create('div', { class: 'starts__part', role: 'group', 'aria-labelledby': id },
      create('p', { class: 'starts__heading', id }, this.#i18n.t(`plan.part.${part}`)),
      create('div', { class: 'starts__row' }, ...starts.map((start) => this.#createStart(start))));
  }

  /** @param {Start} start */
  #createStart({ startsAtMs, time, free }) {
    const full = free === 0;
    const input = create('input', {
      type: 'radio', name: 'start', value: String(startsAtMs), class: 'choice__input', 'data-start': new Date(startsAtMs).toISOString(),
      ...(full ? { disabled: '' } : {}),
    });
    const words = full ? [create('span', { class: 'start__full' }, this.#i18n.t('plan.full'))] : [];
    return create('label', { class: full ? 'choice start start--full' : 'choice start' }, input,
      create('span', { class: 'start__time' }, time), ...words);
  }

  /**
   * A list that is made anew keeps the focus where it was.
   * @param {HTMLElement} list
   * @param {() => void} change
   */
  #keepFocus(list, change) {
    const focused = document.activeElement;
    const value = focused instanceof HTMLInputElement && list.contains(focused) ? focused.value : null;
    change();
    if (value === null) return;
    const again = find('input', HTMLInputElement, list);
    (radios(list).find((radio) => radio.value === value && !radio.disabled) ?? again).focus({ preventScroll: true });
  }
}

/** @param {Start[]} starts in order @param {Start} start */
function insert(starts, start) {
  return [...starts, start].sort((one, other) => one.startsAtMs - other.startsAtMs);
}

/** @param {HTMLElement} list @returns {HTMLInputElement[]} */
function radios(list) {
  return [...list.querySelectorAll('input')];
}

/** @param {HTMLElement} list @param {string} value */
function check(list, value) {
  for (const radio of radios(list)) radio.checked = radio.value === value;
}

/** @param {HTMLElement} list @returns {string} */
function chosenValue(list) {
  return radios(list).find((radio) => radio.checked)?.value ?? '';
}
