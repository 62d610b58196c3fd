// @ts-check
import { LANGUAGES } from '../i18n/languages.js';
import { create, find } from './dom.js';
import { setIcon } from './icons.js';

/** The frame of the page: which of its views shows, the fixed texts, the switch of language. */

export class PageView {
  #i18n;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {{ onLanguage: (language: string) => void }} handlers
   */
  constructor(i18n, { onLanguage }) {
    this.#i18n = i18n;
    find('[data-languages]', HTMLElement).replaceChildren(...LANGUAGES.map((language) => createButton(language, onLanguage)));
    for (const button of document.querySelectorAll('[data-icon]')) setIcon(button, button.getAttribute('data-icon') ?? '');
  }

  /** @param {string} name of the view */
  show(name) {
    document.body.dataset.showing = name;
    for (const view of document.querySelectorAll('[data-view]')) {
      if (view instanceof HTMLElement) view.hidden = view.dataset.view !== name;
    }
  }

  /** @param {string | null} title of the browser's tab; null: the usual one */
  render(title) {
    const { language } = this.#i18n;
    document.documentElement.lang = language;
    document.body.dataset.spoken = language;
    document.title = title ?? this.#i18n.t('page.title');
    for (const element of document.body.querySelectorAll('[data-i18n]')) {
      element.textContent = this.#i18n.t(element.getAttribute('data-i18n') ?? '');
    }
    for (const element of document.querySelectorAll('[data-i18n-label]')) {
      label(element, this.#i18n.t(element.getAttribute('data-i18n-label') ?? ''));
    }
    for (const field of document.querySelectorAll('[data-i18n-placeholder]')) {
      field.setAttribute('placeholder', this.#i18n.t(field.getAttribute('data-i18n-placeholder') ?? ''));
    }
    for (const button of this.#languageButtons()) {
      button.setAttribute('aria-pressed', String(button.dataset.language === language));
    }
  }

  /** @returns {NodeListOf<HTMLElement>} */
  #languageButtons() {
    return document.querySelectorAll('[data-language]');
  }
}

/**
 * @param {import('../i18n/languages.js').LanguageRow} language
 * @param {(language: string) => void} onLanguage
 */
function createButton({ tag, name }, onLanguage) {
  const rest = create('span', { class: 'visually-hidden' }, `, ${name}`);
  const button = create('button', { type: 'button', class: 'languages__one', 'data-language': tag, lang: tag }, tag.toUpperCase(), rest);
  button.addEventListener('click', () => onLanguage(tag));
  return button;
}

/** @param {Element} element @param {string} text its name, shown by the pointer too where it is a tool without words */
export function label(element, text) {
  element.setAttribute('aria-label', text);
  if (element.matches('button')) element.setAttribute('title', text);
}
