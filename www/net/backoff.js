// @ts-check
/**
 * How long to wait before trying again: doubling from 0.5 s to 15 s, and a random part of it, so that a thousand pages that
 * lost one server do not come back in the same instant.
 */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * @param {number} failures how many tries failed in a row, 1 or more
 * @param {() => number} [random] from 0 up to 1
 */
export function backoffMs(failures, random = Math.random) {
  const ceilingMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return ceilingMs * (0.5 + random() / 2);
}

/**
 * @param {number} durationMs
 * @param {AbortSignal} [signal] ends the waiting early, with its reason thrown
 * @returns {Promise<void>}
 */
export function pause(durationMs, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, durationMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
