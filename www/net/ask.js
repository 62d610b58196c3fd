// @ts-check
/**
 * One verb over HTTP: a JSON object out, a JSON object back. The HTTP status repeats what `msg` says, so only `msg` is read.
 */

/**
 * @typedef {{ msg: string, reason?: string, [field: string]: any }} Answer
 * @typedef {{ signal?: AbortSignal, timeoutMs?: number, keepalive?: boolean }} AskOptions
 */

const DEFAULT_TIMEOUT_MS = 15_000;

/** Nobody answered, or what answered does not speak our language (a proxy's error page, for instance). */
export class Unreachable extends Error {
  /** @param {string} what @param {unknown} [cause] @param {boolean} [timedOut] it was waited for as long as it may be */
  constructor(what, cause, timedOut = false) {
    super(what, { cause });
    this.name = 'Unreachable';
    this.timedOut = timedOut;
  }
}

/** How far this device's clock is behind the server's, as its last answer told; 0 until one did. */
let clockSkewMs = 0;

/** The server's time, so that a visitor with a wrong clock still sees true countdowns. */
export function serverNowMs() {
  return Date.now() + clockSkewMs;
}

/** @param {string | null} date an HTTP Date, exact to a second */
function noteServerDate(date) {
  const serverMs = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(serverMs)) return;
  const skewMs = serverMs - Date.now();
  clockSkewMs = Math.abs(skewMs) < 2_000 ? 0 : skewMs;
}

/**
 * @param {string | URL} url
 * @param {string} verb
 * @param {Record<string, unknown>} [fields]
 * @param {AskOptions} [options]
 * @returns {Promise<Answer>} also a refusal is an answer
 * @throws {Unreachable} when there is none; the signal's own reason when it was aborted
 */
export async function askByPost(url, verb, fields = {}, { signal, timeoutMs = DEFAULT_TIMEOUT_MS, keepalive } = {}) {
  const giveUp = new AbortController();
  const abort = () => giveUp.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort);
  try {
    signal?.throwIfAborted();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ verb, ...fields }),
      cache: 'no-store',
      credentials: 'omit',
      keepalive,
      signal: giveUp.signal,
    });
    const answer = await response.json();
    if (typeof answer?.msg !== 'string') throw new Error('no msg in the answer');
    noteServerDate(response.headers.get('Date'));
    return answer;
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unreachable(`${verb} was not answered`, error, giveUp.signal.aborted);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
