// @ts-check
/** Finding a complex by what a visitor types: parts of words, in any order, without regard to case and accents. */

/** From this many complexes on there is something to type into. */
export const SEARCH_FROM = 10;

/** @param {string} text @returns {string} as it is compared */
function plain(text) {
  return text.toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '');
}

/**
 * @param {string} query as typed
 * @param {readonly string[]} texts where it may be found
 * @returns {boolean} whether each word of `query` stands somewhere in them
 */
export function isFound(query, texts) {
  const all = plain(texts.join('\n'));
  return plain(query).split(/\s+/).every((word) => all.includes(word));
}
