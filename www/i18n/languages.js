// @ts-check
/**
 * The languages of the page: a row here and a file with its texts each. A file is fetched when its language is spoken; English is always
 * there, and gives what another one lacks.
 */

/**
 * @typedef {Record<string, import('./text.js').Text>} Texts
 * @typedef {{ tag: string, name: string, load: () => Promise<{ texts: Texts }> }} LanguageRow `tag` as in BCP 47; `name` in the language itself
 */

/** @type {LanguageRow[]} as they are offered */
export const LANGUAGES = [
  { tag: 'ru', name: 'Русский', load: () => import('./ru.js') },
  { tag: 'en', name: 'English', load: () => import('./en.js') },
  { tag: 'de', name: 'Deutsch', load: () => import('./de.js') },
];
