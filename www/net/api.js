// @ts-check
import { askByPost } from './ask.js';

/** The coordinator, which answers beside the page. */

const API = new URL('api', document.baseURI);

/**
 * @param {string} verb
 * @param {Record<string, unknown>} [fields]
 * @param {import('./ask.js').AskOptions} [options]
 * @returns {ReturnType<typeof askByPost>}
 */
export function askCoordinator(verb, fields, options) {
  return askByPost(API, verb, fields, options);
}
