// @ts-check
/**
 * Who knocks at the door of the session and waits to be let in. The coordinator tells it and so does the streamer, whichever is
 * heard first: what has the same id is one knock, and one that is over does not come back.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} Knock
 * @property {string} id
 * @property {string} name empty: they gave none
 * @property {number} lapsesAtMs by the clock that the book is told the time with
 */

/** More than the coordinator lets wait at one session, and than anybody could answer. */
const MOST_WAITING = 50;

/** So many of those that are over are remembered: who tells a knock last may be slow. */
const MOST_OVER = 200;

export class Knocks {
  /** @type {Map<string, Knock>} in the order of knocking */ #waiting = new Map();
  /** @type {Set<string>} */ #over = new Set();

  /** The streamer lets the visitor in, and says who waits. @param {Answer} answer @param {number} nowMs */
  enter({ knocks }, nowMs) {
    if (!Array.isArray(knocks)) return;
    for (const id of this.#waiting.keys()) {
      if (!knocks.some((knock) => knock?.knock === id)) this.#waiting.delete(id);
    }
    for (const knock of knocks) this.#put(knock ?? {}, nowMs);
  }

  /** @param {Answer} event one that is about no knock changes nothing @param {number} nowMs */
  hear(event, nowMs) {
    if (event.msg === 'KNOCK') this.#put(event, nowMs);
    else if (event.msg === 'KNOCK_ENDED' && typeof event.knock === 'string') this.end(event.knock);
  }

  /** It was answered, or waits no more. @param {string} id */
  end(id) {
    this.#waiting.delete(id);
    this.#over.add(id);
    for (const oldest of this.#over) {
      if (this.#over.size <= MOST_OVER) break;
      this.#over.delete(oldest);
    }
  }

  /** @param {number} nowMs @returns {Knock[]} those whose time is not over, the first to knock first */
  waiting(nowMs) {
    return [...this.#waiting.values()].filter(({ lapsesAtMs }) => lapsesAtMs > nowMs);
  }

  /** @param {Record<string, unknown>} fields of a knock @param {number} nowMs */
  #put({ knock: id, name, lapses_in_seconds: seconds }, nowMs) {
    if (typeof id !== 'string' || id === '' || typeof seconds !== 'number' || this.#over.has(id) || this.#waiting.has(id)) return;
    for (const [old, { lapsesAtMs }] of this.#waiting) {
      if (lapsesAtMs <= nowMs) this.end(old);
    }
    if (this.#waiting.size >= MOST_WAITING) return;
    this.#waiting.set(id, { id, name: typeof name === 'string' ? name.trim() : '', lapsesAtMs: nowMs + seconds * 1000 });
  }
}
