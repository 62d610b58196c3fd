// @ts-check
/**
 * Browsers stop pages that nobody looks at: a phone that is locked, a tab in the background, a laptop that is closed. Nothing runs in
 * them then, and whatever was open may be gone when they go on. Some tell it, all leave a gap in time.
 */

/** A page that is awake looks at the clock so often; one in the background is let do so once a second at least, in general. */
const BEAT_MS = 1_000;

/** A gap so long is a sleep. */
const SLEPT_MS = 4_000;

/**
 * @typedef {object} SleepMeans
 * @property {() => number} nowMs by a clock that goes on while everything sleeps
 * @property {(look: () => void, ms: number) => void} repeat
 * @property {(look: () => void) => void} onShown calls when the page is shown again, or goes on
 */

/** @type {SleepMeans} */
const browser = {
  nowMs: () => Date.now(),
  repeat: (look, ms) => void setInterval(look, ms),
  onShown: (look) => {
    document.addEventListener('visibilitychange', look);
    document.addEventListener('resume', look);
  },
};

/**
 * @param {() => void} onWake the page has slept; called as soon as it is awake
 * @param {SleepMeans} [means]
 */
export function watchSleep(onWake, means = browser) {
  let seenMs = means.nowMs();
  const look = () => {
    const gapMs = means.nowMs() - seenMs;
    seenMs += gapMs;
    if (gapMs > SLEPT_MS) onWake();
  };
  means.repeat(look, BEAT_MS);
  means.onShown(look);
}
