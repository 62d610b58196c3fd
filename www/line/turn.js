// @ts-check
import { backoffMs } from '../net/backoff.js';
import { isPassing, unreachableAnswer } from '../net/outcomes.js';

/** Standing in a line: asked again and again with the same place, through lost connections, until the turn has come. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} TurnMeans
 * @property {(place: string | undefined) => Promise<Answer>} ask waits at the server where there is a place already
 * @property {(answer: Answer) => void} onPlace the place, position and estimate of the last answer
 * @property {() => void} onLost nobody answers; the place is kept for a while
 * @property {(durationMs: number) => Promise<void>} pause throws when the waiting is given up
 * @property {() => number} [nowMs]
 * @property {() => number} [random] from 0 up to 1
 */

/** The same place may be asked for elsewhere, in a copy of this tab: then answers come at once. */
const HASTY_MS = 1_000;

/**
 * @param {string | undefined} place from before a reload
 * @param {TurnMeans} means
 * @returns {Promise<Answer>} SESSION_CONNECTION_DATA, or what refuses it for good
 */
export async function waitForTurn(place, { ask, onPlace, onLost, pause, nowMs = () => performance.now(), random = Math.random }) {
  let failures = 0;
  for (;;) {
    const askedMs = nowMs();
    const answer = await ask(place).catch(unreachableAnswer);
    if (answer.msg === 'SERVERS_BUSY' && typeof answer.place === 'string') {
      const waited = place !== undefined;
      failures = 0;
      place = answer.place;
      onPlace(answer);
      const tookMs = nowMs() - askedMs;
      if (waited && tookMs < HASTY_MS) await pause(HASTY_MS - tookMs);
      continue;
    }
    if (!isPassing(answer) || place === undefined) return answer;
    failures += 1;
    onLost();
    await pause(Math.max(Number(answer.retry_after_seconds) * 1000 || 0, backoffMs(failures, random)));
  }
}
