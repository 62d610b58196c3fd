// @ts-check
import { Unreachable } from './ask.js';
import { backoffMs, pause as wait } from './backoff.js';

/**
 * A visitor waits for the answer, over a network that may be just about to change: from Wi-Fi to the mobile one, say, when a browser
 * aborts whatever is under way.
 */

/** @typedef {import('./ask.js').Answer} Answer */

const TRIES = 4;

/** What was begun by a request whose answer was lost is ended by the server as soon as it notices, and is in the way until then. */
const IN_THE_WAY = 'SERVERS_BUSY';

/**
 * @param {() => Promise<Answer>} question may be asked several times
 * @param {{ pause?: (durationMs: number) => Promise<void>, random?: () => number }} [means]
 * @returns {Promise<Answer>}
 * @throws {Unreachable} when nobody answers after a few tries
 */
export async function insist(question, { pause = wait, random = Math.random } = {}) {
  for (let failures = 1, lost = false; ; failures += 1) {
    try {
      const answer = await question();
      if (!lost || answer.msg !== IN_THE_WAY || failures >= TRIES) return answer;
    } catch (error) {
      // A request that nobody answered for so long is no victim of a moment.
      const isPassing = error instanceof Unreachable && !error.timedOut;
      if (!isPassing || failures >= TRIES) throw error;
      lost = true;
    }
    await pause(backoffMs(failures, random));
  }
}
