// @ts-check
/** Where people point on the picture, in fractions of it. Pointing is fleeting: only the newest place counts. */

/**
 * @typedef {import('../player/geometry.js').Point} Point
 *
 * @typedef {object} SenderPorts
 * @property {(pointer: Point | null) => Promise<unknown>} send settled when it has arrived, or could not
 * @property {() => number} limit how many may be on their way at once
 * @property {() => number} nowMs
 * @property {(callback: () => void, delayMs: number) => unknown} setTimer
 */

/** Fifteen a second at most. */
const STEP_MS = 67;

/** A finger that rests is told again this often, so that it does not fade. */
const REPEAT_MS = 1_000;

/** Whoever was not heard of for so long does not point any more. */
export const FADE_MS = 2_500;

/** Sends where the visitor points. */
export class PointerSender {
  #ports;
  /** @type {Point | null} */ #place = null;
  #due = false;
  #onTheWay = 0;
  #sentMs = -Infinity;
  /** @type {Set<'step' | 'repeat'>} */ #waiting = new Set();

  /** @param {SenderPorts} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {Point | null} place null: the visitor points no more */
  point(place) {
    if (place === null && this.#place === null) return;
    this.#place = place;
    this.#due = true;
    this.#pump();
  }

  #pump() {
    if (!this.#due || this.#onTheWay >= this.#ports.limit()) return;
    const waitMs = this.#sentMs + STEP_MS - this.#ports.nowMs();
    if (waitMs > 0) this.#later('step', waitMs, () => this.#pump());
    else this.#send();
  }

  #send() {
    this.#due = false;
    this.#sentMs = this.#ports.nowMs();
    this.#onTheWay += 1;
    this.#ports.send(this.#place).catch(() => {}).finally(() => {
      this.#onTheWay -= 1;
      this.#pump();
    });
    if (this.#place !== null) this.#later('repeat', REPEAT_MS, () => this.#repeat());
  }

  #repeat() {
    if (this.#place === null) return;
    const waitMs = this.#sentMs + REPEAT_MS - this.#ports.nowMs();
    if (waitMs > 0) {
      this.#later('repeat', waitMs, () => this.#repeat());
      return;
    }
    this.#due = true;
    this.#pump();
  }

  /** @param {'step' | 'repeat'} what of each kind one is waited for @param {number} delayMs @param {() => void} act */
  #later(what, delayMs, act) {
    if (this.#waiting.has(what)) return;
    this.#waiting.add(what);
    this.#ports.setTimer(() => {
      this.#waiting.delete(what);
      act();
    }, delayMs);
  }
}

/** Where the others point. */
export class Pointers {
  /** @type {Map<string, { place: Point, heardMs: number }>} */ #places = new Map();

  /** @param {string} user @param {unknown} pointer as it came @param {number} nowMs */
  receive(user, pointer, nowMs) {
    const place = readPlace(pointer);
    if (place) this.#places.set(user, { place, heardMs: nowMs });
    else this.#places.delete(user);
  }

  /** @param {string} user who has left */
  forget(user) {
    this.#places.delete(user);
  }

  clear() {
    this.#places.clear();
  }

  /** @param {number} nowMs @returns {{ user: string, place: Point }[]} */
  visible(nowMs) {
    for (const [user, { heardMs }] of this.#places) if (nowMs - heardMs >= FADE_MS) this.#places.delete(user);
    return [...this.#places].map(([user, { place }]) => ({ user, place }));
  }
}

/** @param {any} pointer @returns {Point | null} */
function readPlace(pointer) {
  const isFraction = (/** @type {unknown} */ value) => typeof value === 'number' && value >= 0 && value <= 1;
  return isFraction(pointer?.x) && isFraction(pointer?.y) ? { x: pointer.x, y: pointer.y } : null;
}
