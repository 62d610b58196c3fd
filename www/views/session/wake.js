// @ts-check
/** Keeps a phone's screen lit while somebody only watches. Where that is not known or not allowed, nothing happens. */

export class WakeView {
  /** @type {WakeLockSentinel | null} */ #lock = null;
  #wanted = false;

  constructor() {
    // A browser takes the lock back when the page is hidden.
    document.addEventListener('visibilitychange', () => this.#update());
  }

  /** @param {boolean} awake */
  keep(awake) {
    if (awake === this.#wanted) return;
    this.#wanted = awake;
    this.#update();
  }

  async #update() {
    if (!this.#wanted) {
      await this.#lock?.release().catch(() => {});
      this.#lock = null;
    } else if (isAllowed() && !document.hidden && (this.#lock === null || this.#lock.released)) {
      this.#lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
      if (!this.#wanted) await this.#update();
    }
  }
}

/** Whether a site that embeds the page lets it; asking all the same would be an error in its log. */
function isAllowed() {
  const { featurePolicy } = /** @type {any} */ (document);
  return featurePolicy?.allowsFeature('screen-wake-lock') ?? true;
}
