// @ts-check
/**
 * Events by long polling, of the coordinator and of a session alike: one question that waits at the server, asked again from the
 * cursor of its last answer.
 */

/** @typedef {import('./ask.js').Answer} Answer */

const WAIT_SECONDS = 25;

/** The server may hold a poll this long; after that the connection counts as lost. */
export const POLL_TIMEOUT_MS = (WAIT_SECONDS + 10) * 1000;

/** Nobody is left alone for longer than this, whatever a refusal says. */
const LONGEST_RETRY_S = 60;

/** An empty answer that came sooner than this was not waited for; asking on at once would be a busy loop. */
const HASTY_MS = 1_000;

/**
 * Asks until the signal aborts, the connection is lost or the server refuses. What came before is delivered. A server that lets
 * nobody wait just now (it has too many who do, or is a plain CGI program) says when to come again, and is then asked without
 * waiting.
 * @param {object} how
 * @param {(verb: string, fields: Record<string, unknown>) => Promise<Answer>} how.ask
 * @param {(event: Answer) => void} how.onEvent
 * @param {string | number} [how.cursor] where to begin; absent: from now
 * @param {(cursor: string | number | undefined) => void} [how.onCursor] how far the events go that come next
 * @param {Record<string, unknown>} [how.fields] sent with every poll, a ticket for instance
 * @param {number} [how.waitSeconds] how long the server may wait for something to tell
 * @param {(durationMs: number) => Promise<void>} how.pause
 * @param {() => number} [how.nowMs]
 * @returns {Promise<Answer>} the refusal that ended it
 * @throws {import('./ask.js').Unreachable} when the connection is lost
 */
export async function pollEvents(how) {
  const { ask, onEvent, onCursor, fields = {}, waitSeconds = WAIT_SECONDS, pause, nowMs = () => performance.now() } = how;
  let { cursor } = how;
  let mayWait = true;
  for (;;) {
    const askedMs = nowMs();
    const request = { ...fields, wait_seconds: mayWait ? waitSeconds : 0, ...(cursor === undefined ? {} : { cursor }) };
    const answer = await ask('POLL_EVENTS', request);
    const retryMs = retryAfterMs(answer);
    if (answer.msg === 'TOO_MANY_ATTEMPTS' && mayWait && retryMs > 0) {
      mayWait = false;
      await pause(retryMs);
      continue;
    }
    if (answer.msg !== 'EVENTS') return answer;
    const waited = mayWait;
    mayWait = true;
    const events = readEvents(answer);
    const moved = answer.cursor !== undefined && answer.cursor !== cursor;
    cursor = answer.cursor ?? cursor;
    onCursor?.(cursor);
    events.forEach(onEvent);
    const tookMs = nowMs() - askedMs;
    if (waited && !moved && tookMs < HASTY_MS) await pause(HASTY_MS - tookMs);
  }
}

/**
 * @param {Answer} answer
 * @returns {Answer[]} the events in it that can be events
 */
export function readEvents(answer) {
  if (!Array.isArray(answer.events)) return [];
  return answer.events.filter((event) => typeof event?.msg === 'string');
}

/** @param {Answer} refusal @returns {number} for how many milliseconds the server wants to be left alone; 0: it does not say */
export function retryAfterMs({ retry_after_seconds: seconds }) {
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, LONGEST_RETRY_S) * 1000 : 0;
}
