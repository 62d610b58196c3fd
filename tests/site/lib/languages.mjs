// @ts-check
// All languages of the page, with their texts, ready to be spoken.

import { loadLanguage } from '../../../www/i18n/i18n.js';
import { LANGUAGES } from '../../../www/i18n/languages.js';

/** The tags of all. */
export const tags = LANGUAGES.map(({ tag }) => tag);

/** @type {Record<string, import('../../../www/i18n/languages.js').Texts>} by tag */
export const TABLES = Object.fromEntries(await Promise.all(LANGUAGES.map(async ({ tag, load }) => [tag, (await load()).texts])));

await Promise.all(tags.map(loadLanguage));
