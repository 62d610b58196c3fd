// @ts-check
import { askByPost, Unreachable } from './ask.js';
import { backoffMs, pause } from './backoff.js';

/** The coordinator, which answers beside the page. */

const API = new URL('api', document.baseURI);

/** What was not answered is asked for again in the same words: it may have been done. */
const MOST_TRIES = 3;

/**
 * @param {string} verb
 * @param {Record<string, unknown>} [fields]
 * @param {import('./ask.js').AskOptions} [options]
 * @returns {ReturnType<typeof askByPost>}
 */
export function askCoordinator(verb, fields, options) {
  return askByPost(API, verb, fields, options);
}

/**
 * Asks what done twice is done once, again when nobody answers.
 * @param {string} verb
 * @param {Record<string, unknown>} fields
 * @returns {ReturnType<typeof askByPost>}
 */
export async function askAgain(verb, fields) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await askCoordinator(verb, fields);
    } catch (error) {
      if (!(error instanceof Unreachable) || tries === MOST_TRIES) throw error;
      await pause(backoffMs(tries));
    }
  }
}
