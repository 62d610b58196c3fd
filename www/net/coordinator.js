// @ts-check
import { askCoordinator } from './api.js';
import { Unreachable } from './ask.js';
import { backoffMs, pause } from './backoff.js';
import { Feed } from './feed.js';
import { insist } from './insist.js';
import { Refused } from './outcomes.js';
import { watchSleep } from './sleep.js';
import { VerbSocket } from './verb-socket.js';

/** What the page asks of the coordinator, and what it is told by it. */

/**
 * @typedef {import('./ask.js').Answer} Answer
 * @typedef {{ rc_name: string, info?: Record<string, any>, capacity?: number, free?: number, servers?: number, reachable?: number }} Rc
 * @typedef {object} Watcher
 * @property {(rcs: Rc[]) => void} onRcs the whole list, on entry and whenever it may have changed unseen
 * @property {(event: Answer) => void} onEvent
 * @property {(online: boolean) => void} onOnline whether the coordinator answers, when that changes
 */

/** Starting waits for the application, so it may take longer than any other verb. */
const START_TIMEOUT_MS = 90_000;

/** All events of the coordinator, by whichever way gets through. */
export const feed = new Feed({
  ask: askCoordinator,
  open: (signal) => VerbSocket.open(new URL('ws', document.baseURI), signal),
  pause,
});

/**
 * @param {string} rcName
 * @param {string} language what the visitor reads, for the scene
 * @param {AbortSignal} [signal] takes it back: what was begun ends by itself
 */
export function startSession(rcName, language, signal) {
  return insist(() => askCoordinator('START_SESSION', { rc_name: rcName, language }, { timeoutMs: START_TIMEOUT_MS, signal }));
}

/**
 * Shows the list of complexes and follows its changes for as long as the page lives, through any loss of the connection.
 * @param {Watcher} watcher
 */
export function followComplexes({ onRcs, onEvent, onOnline }) {
  let newest = 0;
  // The feed's cursor is taken before the list, so that no change falls between the two.
  const onFresh = async () => {
    const mine = (newest += 1);
    for (let failures = 1; mine === newest; failures += 1) {
      try {
        const rcs = await listRcs();
        if (mine === newest) onRcs(rcs);
        return;
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
        await pause(backoffMs(failures));
      }
    }
  };
  feed.listen({ onEvent, onFresh, onOnline });
  addEventListener('online', () => feed.check());
  watchSleep(() => feed.check());
}

/** @returns {Promise<Rc[]>} */
export async function listRcs() {
  const answer = await askCoordinator('GET_RCS');
  if (answer.msg !== 'RCS_FOUND' || !Array.isArray(answer.rcs)) throw new Refused(answer.msg);
  return answer.rcs.filter((rc) => typeof rc?.rc_name === 'string');
}
