// @ts-check
import { backoffMs } from '../net/backoff.js';
import { isPassing, unreachableAnswer } from '../net/outcomes.js';

/**
 * Waiting for a walk that has not begun: at its time the code is tried again, and again until the door opens. Only the clock on the
 * wall counts, so a laptop that slept knows at once that the time has come.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} ArrivalMeans
 * @property {() => Promise<Answer>} join tries the code
 * @property {(leftMs: number) => void} onTick at least once a second
 * @property {(startsAtMs: number) => void} [onMoved] it starts at another time than was told
 * @property {() => number} nowMs by the server's clock
 * @property {(durationMs: number) => Promise<void>} pause throws when the waiting is given up
 * @property {() => number} [random] from 0 up to 1
 */

const TICK_MS = 1_000;

/** Guests of one walk do not all knock in the same instant. */
const JITTER_MS = 1_500;

/** The server's clock may be a little behind: it is not asked more often than this. */
const AGAIN_MS = 2_000;

/** After that long at a door that should be open, the visitor is told why it is not. */
const PATIENCE_MS = 5 * 60_000;

/**
 * @param {number} startsAtMs
 * @param {ArrivalMeans} means
 * @returns {Promise<Answer>} SESSION_CONNECTION_DATA, or what refuses it for good
 */
export async function arrive(startsAtMs, { join, onTick, onMoved = () => {}, nowMs, pause, random = Math.random }) {
  let knockAtMs = startsAtMs + random() * JITTER_MS;
  let failures = 0;
  for (;;) {
    for (let now = nowMs(); now < knockAtMs; now = nowMs()) {
      onTick(Math.max(0, startsAtMs - now));
      await pause(Math.min(TICK_MS, knockAtMs - now));
    }
    onTick(0);
    const answer = await join().catch(unreachableAnswer);
    const now = nowMs();
    if (answer.msg === 'SESSION_NOT_STARTED') {
      const toldMs = Date.parse(answer.starts_at);
      if (!Number.isNaN(toldMs) && toldMs !== startsAtMs) onMoved((startsAtMs = toldMs));
      failures = 0;
      knockAtMs = Math.max(startsAtMs + random() * JITTER_MS, now + AGAIN_MS);
      continue;
    }
    if (!isPassing(answer) || now - startsAtMs > PATIENCE_MS) return answer;
    failures += 1;
    const askedForMs = Number(answer.retry_after_seconds) * 1000 || 0;
    knockAtMs = now + Math.max(askedForMs, backoffMs(failures, random), AGAIN_MS);
  }
}
