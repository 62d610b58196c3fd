// @ts-check
/** Whether the browser asks before the page goes. It listens only as long as it shall, since a page that listens is not kept for later. */

export class ClosingGuard {
  #isOn = false;

  /** @param {boolean} on */
  set(on) {
    if (on === this.#isOn) return;
    this.#isOn = on;
    if (on) addEventListener('beforeunload', ask);
    else removeEventListener('beforeunload', ask);
  }
}

/** @param {BeforeUnloadEvent} event */
function ask(event) {
  event.preventDefault();
  event.returnValue = true;
}
