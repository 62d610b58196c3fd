// @ts-check
import { texts as english } from './en.js';
import { LANGUAGES } from './languages.js';
import { lookUp } from './tags.js';
import { fillText } from './text.js';

/** The visitor's language: texts with their plural forms, times, and texts that the list of servers brings along. */

/**
 * @typedef {import('./text.js').Params} Params
 * @typedef {import('./languages.js').Texts} Texts
 */

/** What everything is said in that another language lacks. */
const FALLBACK = 'en';

/** @type {Map<string, Texts>} those that were fetched */
const tables = new Map([[FALLBACK, english]]);

/**
 * @param {string | null} asked by the address
 * @param {readonly string[]} preferred by the browser, best first
 * @returns {string} the tag of one of the page's languages
 */
export function chooseLanguage(asked, preferred) {
  return lookUp(LANGUAGES.map(({ tag }) => tag), [...(asked === null ? [] : [asked]), ...preferred]) ?? FALLBACK;
}

/**
 * Fetches the texts of a language, once.
 * @param {string} language the tag of one of the page's languages
 * @returns {Promise<boolean>} whether they are here
 */
export async function loadLanguage(language) {
  if (!tables.has(language)) {
    const loaded = await LANGUAGES.find(({ tag }) => tag === language)?.load().catch(() => undefined);
    if (loaded) tables.set(language, loaded.texts);
  }
  return tables.has(language);
}

export class I18n {
  #language;
  #preferred;
  #isAsked;
  /** @type {Set<() => void>} */ #listeners = new Set();

  /**
   * @param {string} language whose texts are here
   * @param {readonly string[]} [preferred] languages of the visitor, best first, which the page need not speak
   * @param {boolean} [isAsked] the visitor has asked for `language`
   */
  constructor(language, preferred = [], isAsked = false) {
    this.#language = language;
    this.#preferred = preferred;
    this.#isAsked = isAsked;
  }

  get language() {
    return this.#language;
  }

  /** What the visitor asks for; `loadLanguage()` comes first. */
  set language(language) {
    this.#isAsked = true;
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
    const own = tables.get(this.#language)?.[key];
    return own === undefined ? fillText(english[key] ?? key, FALLBACK, params) : fillText(own, this.#language, params);
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
   * A text that comes in several languages, as `rc_info` brings it: `[{"en": "…"}, {"pt-BR": "…"}]`, `{"en": "…"}` or plain.
   * @param {unknown} text
   * @returns {string} in the language that the visitor would rather have, else in whichever there is; empty when there is none
   */
  pick(text) {
    if (typeof text === 'string') return text;
    if (typeof text !== 'object' || text === null) return '';
    const entries = (Array.isArray(text) ? text : [text])
      .flatMap((item) => (typeof item === 'string' ? [['', item]] : Object.entries(item ?? {})))
      .filter((entry) => typeof entry[1] === 'string');
    const tag = lookUp(entries.map(([language]) => language), this.#ranges());
    return (entries.find(([language]) => language === tag) ?? entries[0])?.[1] ?? '';
  }

  /** What was asked for goes before what the browser knows, and that before what the page took of it. */
  #ranges() {
    return this.#isAsked ? [this.#language, ...this.#preferred, FALLBACK] : [...this.#preferred, this.#language, FALLBACK];
  }
}
