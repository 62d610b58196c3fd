// @ts-check
import { en } from './en.js';
import { ru } from './ru.js';
import { fillText } from './text.js';

/** The visitor's language: texts with their plural forms, times, and texts that the list of servers brings along. */

/**
 * @typedef {import('./text.js').Language} Language
 * @typedef {import('./text.js').Params} Params
 */

/** @type {Record<Language, Record<string, import('./text.js').Text>>} */
export const TABLES = { en, ru };

/** @type {Language[]} */
export const LANGUAGES = ['en', 'ru'];

/**
 * @param {string | null} asked by the address
 * @param {readonly string[]} preferred by the browser, best first
 * @returns {Language}
 */
export function chooseLanguage(asked, preferred) {
  for (const tag of [asked ?? '', ...preferred]) {
    const language = LANGUAGES.find((known) => known === tag.toLowerCase().split('-')[0]);
    if (language) return language;
  }
  return 'en';
}

export class I18n {
  /** @type {Language} */ #language;
  /** @type {Set<() => void>} */ #listeners = new Set();

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
  }

  get language() {
    return this.#language;
  }

  set language(language) {
    if (language === this.#language) return;
    this.#language = language;
    this.#listeners.forEach((listener) => listener());
  }

  /** @param {() => void} listener called when the language changes */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  /**
   * @param {string} key
   * @param {Params} [params] put in for `{name}`; `count` also picks the plural form
   * @returns {string}
   */
  t(key, params = {}) {
    return fillText(TABLES[this.#language][key] ?? key, this.#language, params);
  }

  /** @param {number} ms an instant @returns {string} its time of day */
  time(ms) {
    return new Intl.DateTimeFormat(this.#language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
  }

  /** @param {number} ms an instant @returns {string} day and time of day */
  dayAndTime(ms) {
    return new Intl.DateTimeFormat(this.#language, {
      day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    }).format(ms);
  }

  /** @param {number} seconds @returns {string} a rough length of time in words */
  duration(seconds) {
    if (seconds < 90) return this.t('duration.seconds', { count: Math.max(1, Math.round(seconds)) });
    return this.t('duration.minutes', { count: Math.round(seconds / 60) });
  }

  /** @param {number} count @returns {string} for instance "39 min" */
  minutes(count) {
    return new Intl.NumberFormat(this.#language, { style: 'unit', unit: 'minute', unitDisplay: 'short' }).format(count);
  }

  /**
   * A text that comes in several languages, as `rc_info` brings it: `[{"en": "…"}, {"ru": "…"}]`, `{"en": "…"}` or plain.
   * @param {unknown} text
   * @returns {string} in the visitor's language, else in whichever there is; empty when there is none
   */
  pick(text) {
    if (typeof text === 'string') return text;
    if (typeof text !== 'object' || text === null) return '';
    const entries = (Array.isArray(text) ? text : [text])
      .flatMap((item) => (typeof item === 'string' ? [['', item]] : Object.entries(item ?? {})))
      .filter((entry) => typeof entry[1] === 'string');
    const own = entries.find(([language]) => language === this.#language) ?? entries.find(([language]) => language === 'en');
    return (own ?? entries[0])?.[1] ?? '';
  }
}
