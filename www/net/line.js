// @ts-check
import { askCoordinator } from './api.js';
import { Unreachable } from './ask.js';
import { POLL_TIMEOUT_MS } from './poll.js';

/** What the page asks of the coordinator to stand in a line. */

/** @typedef {import('./ask.js').Answer} Answer */

/** So long a question waits for its turn; and after that the server may still be starting. */
const WAIT_SECONDS = 25;
const TIMEOUT_MS = (WAIT_SECONDS + 65) * 1000;

/**
 * Stands in the line, and waits there where there is a place already.
 * @param {string} rcName
 * @param {string | undefined} place as the last answer had it
 * @param {string} language what the visitor reads, for the scene
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>} SERVERS_BUSY brings the place and the position
 */
export function standInLine(rcName, place, language, signal) {
  const fields = { rc_name: rcName, language, place, wait_seconds: place === undefined ? 0 : WAIT_SECONDS };
  return askCoordinator('START_SESSION', fields, { signal, timeoutMs: TIMEOUT_MS });
}

/** @param {string} verb @param {Record<string, unknown>} fields @param {AbortSignal} signal @returns {Promise<Answer>} */
export function pollPlace(verb, fields, signal) {
  return askCoordinator(verb, fields, { signal, timeoutMs: POLL_TIMEOUT_MS });
}

/** @param {string} place also when the page is about to go: nobody waits for the answer */
export async function leaveLine(place) {
  await askCoordinator('LEAVE_LINE', { place }, { keepalive: true }).catch((error) => {
    if (!(error instanceof Unreachable)) throw error;
  });
}
