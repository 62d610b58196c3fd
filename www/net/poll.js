// @ts-check
/**
 * Events by long polling, of the coordinator and of a session alike: one question that waits at the server, asked again from the
 * cursor of its last answer.
 */

/** @typedef {import('./ask.js').Answer} Answer */

const WAIT_SECONDS = 25;

/** The server may hold a poll this long; after that the connection counts as lost. */
export const POLL_TIMEOUT_MS = (WAIT_SECONDS + 10) * 1000;

/** An empty answer that came sooner than this was not waited for; asking on at once would be a busy loop. */
const HASTY_MS = 1_000;

/**
 * Asks until the signal aborts, the line is lost or the server refuses. What came before is delivered.
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
 * @throws {import('./ask.js').Unreachable} when the line is lost
 */
export async function pollEvents(how) {
  const { ask, onEvent, onCursor, fields = {}, waitSeconds = WAIT_SECONDS, pause, nowMs = () => performance.now() } = how;
  let { cursor } = how;
  for (;;) {
    const askedMs = nowMs();
    const request = { ...fields, wait_seconds: waitSeconds, ...(cursor === undefined ? {} : { cursor }) };
    const answer = await ask('POLL_EVENTS', request);
    if (answer.msg !== 'EVENTS') return answer;
    const events = readEvents(answer);
    const moved = answer.cursor !== undefined && answer.cursor !== cursor;
    cursor = answer.cursor ?? cursor;
    onCursor?.(cursor);
    events.forEach(onEvent);
    const tookMs = nowMs() - askedMs;
    if (!moved && tookMs < HASTY_MS) await pause(HASTY_MS - tookMs);
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
