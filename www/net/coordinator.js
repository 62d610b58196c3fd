// @ts-check
import { ask, Unreachable } from './ask.js';
import { backoffMs, pause } from './backoff.js';
import { POLL_TIMEOUT_MS, pollEvents, readEvents } from './poll.js';

/**
 * What the page asks of the coordinator. `watch` is the one place that knows how events travel: a faster way than long polling
 * goes there, and nothing else changes.
 */

/**
 * @typedef {import('./ask.js').Answer} Answer
 * @typedef {{ rc_name: string, info?: Record<string, any>, capacity?: number, free?: number, servers?: number }} Rc
 * @typedef {object} Watcher
 * @property {(rcs: Rc[]) => void} onRcs the whole list, on entry and whenever it may have changed unseen
 * @property {(event: Answer) => void} onEvent
 * @property {(online: boolean) => void} onLine whether the coordinator answers, when that changes
 */

const API = new URL('api', document.baseURI);

/** Starting waits for the application, so it may take longer than any other verb. */
const START_TIMEOUT_MS = 90_000;

/** A refusal of a list or of a poll, for instance while the server restarts: worth another try. */
class Refused extends Error {}

/** @param {string} rcName */
export function startSession(rcName) {
  return ask(API, 'START_SESSION', { rc_name: rcName }, { timeoutMs: START_TIMEOUT_MS });
}

/**
 * @param {string} code
 * @param {string} [key] of one's own booking: whoever has it is not taken for one who guesses codes
 */
export function joinSession(code, key) {
  return ask(API, 'CONNECT_SESSION_WITH_CODE', { code, key }, { timeoutMs: START_TIMEOUT_MS });
}

/**
 * Shows the list of complexes and follows its changes for as long as the page lives, through any loss of the line.
 * @param {Watcher} watcher
 * @returns {Promise<never>}
 */
export async function watch(watcher) {
  let failures = 0;
  let online = true;
  /** @param {boolean} now */
  const tellLine = (now) => {
    if (now === online) return;
    online = now;
    watcher.onLine(now);
  };
  for (;;) {
    try {
      // The cursor is taken before the list, so that no change falls between the two.
      const start = await ask(API, 'POLL_EVENTS', { wait_seconds: 0 });
      watcher.onRcs(await listRcs());
      failures = 0;
      tellLine(true);
      readEvents(start).forEach(watcher.onEvent);
      const refusal = await pollEvents({
        ask: (verb, fields) => ask(API, verb, fields, { timeoutMs: POLL_TIMEOUT_MS }),
        cursor: start.cursor,
        onEvent: watcher.onEvent,
        pause,
      });
      throw new Refused(refusal.msg);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      failures += 1;
      if (failures > 1) tellLine(false);
      await pause(backoffMs(failures));
    }
  }
}

/** @returns {Promise<Rc[]>} */
export async function listRcs() {
  const answer = await ask(API, 'GET_RCS');
  if (answer.msg !== 'RCS_FOUND' || !Array.isArray(answer.rcs)) throw new Refused(answer.msg);
  return answer.rcs.filter((rc) => typeof rc?.rc_name === 'string');
}
