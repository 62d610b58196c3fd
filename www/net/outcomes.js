// @ts-check
import { Unreachable } from './ask.js';

/** What an answer means for whoever could ask again. */

/** @typedef {import('./ask.js').Answer} Answer */

/** Asking again with the same ticket is of no use. */
const FINAL = new Set(['NOT_AUTHORIZED', 'FORBIDDEN', 'SESSION_NOT_EXIST', 'BAD_REQUEST', 'UNKNOWN_VERB']);

/** What may be otherwise a moment later. */
const PASSING = new Set(['SERVERS_BUSY', 'SERVERS_UNREACHABLE', 'SESSION_START_FAILED', 'STORE_UNAVAILABLE', 'INTERNAL_ERROR', 'TOO_MANY_ATTEMPTS', 'UNREACHABLE']);

/** A refusal where none is expected, for instance while the server restarts: worth another try. */
export class Refused extends Error {}

/** @param {Answer} answer */
export function isFinal({ msg }) {
  return FINAL.has(msg);
}

/** @param {Answer} answer */
export function isPassing({ msg }) {
  return PASSING.has(msg);
}

/**
 * For `.catch()`: that nobody answered is one more refusal, with a word of this page's own.
 * @param {unknown} error
 * @returns {Answer}
 * @throws any other error
 */
export function unreachableAnswer(error) {
  if (error instanceof Unreachable) return { msg: 'UNREACHABLE' };
  throw error;
}
