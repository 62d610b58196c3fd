// @ts-check
import { followComplexes, listRcs } from '../net/coordinator.js';
import { rcPlaces } from '../words/rc.js';

/** The complexes as the coordinator tells of them, which one the visitor has chosen, and which one they have found full. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/coordinator.js').Rc} Rc
 *
 * @typedef {object} ComplexesHandlers
 * @property {() => void} onFirst the list has come, and nothing is chosen from it yet
 * @property {() => void} onChange after that, too
 * @property {(online: boolean) => void} onOnline whether the coordinator answers, when that changes
 */

export class Complexes {
  #handlers;
  #means;
  /** @type {Rc[] | null} null until the list came */
  all = null;
  /** @type {string | null} by name; one that is no more on the list is not chosen any more */
  chosen = null;
  /** @type {string | null} by name */
  full = null;

  /**
   * @param {ComplexesHandlers} handlers
   * @param {{ follow: typeof followComplexes, list: typeof listRcs }} [means]
   */
  constructor(handlers, means = { follow: followComplexes, list: listRcs }) {
    this.#handlers = handlers;
    this.#means = means;
  }

  /** From now on, for as long as the page lives. */
  follow() {
    this.#means.follow({
      onRcs: (rcs) => this.#take(rcs),
      onEvent: (event) => this.#hear(event),
      onOnline: this.#handlers.onOnline,
    });
  }

  /** @param {string | null | undefined} rcName @returns {Rc | undefined} */
  find(rcName) {
    return this.all?.find((rc) => rc.rc_name === rcName);
  }

  get chosenRc() {
    return this.find(this.chosen);
  }

  get isChosenFull() {
    return this.full !== null && this.full === this.chosen;
  }

  /** Chooses what was asked for, or the only one that there is. @param {string | null} asked @returns {Rc | undefined} what was asked for */
  chooseFirst(asked) {
    const rc = this.find(asked);
    if (rc) this.chosen = rc.rc_name;
    else if (this.all?.length === 1) this.chosen = this.all[0].rc_name;
    return rc;
  }

  /** Whether it can be begun: what was full when last tried is, whatever is said of it. */
  get chosenState() {
    const rc = this.chosenRc;
    if (!rc) return undefined;
    return this.isChosenFull ? 'busy' : rcPlaces(rc).state;
  }

  /** Keeps in mind that the chosen one is full, as the list says, so that a free place can be told. */
  noticeFull() {
    if (this.chosenState === 'busy') this.full = this.chosen;
  }

  /** @returns {boolean} whether the one that was full has a free place: told once */
  noticeFreePlace() {
    if (this.full === null || !((this.find(this.full)?.free ?? 0) > 0)) return false;
    this.full = null;
    return true;
  }

  /** @param {Rc[]} rcs */
  #take(rcs) {
    const first = this.all === null;
    this.all = rcs;
    if (first) this.#handlers.onFirst();
    if (this.chosen !== null && !this.find(this.chosen)) this.chosen = null;
    this.#handlers.onChange();
  }

  /** @param {Answer} event */
  async #hear(event) {
    if (event.msg !== 'SERVERS_CHANGED' || !Array.isArray(event.rcs) || this.all === null) return;
    /** @type {Map<string, Rc>} those whose numbers have changed */
    const changes = new Map(event.rcs.map((/** @type {Rc} */ rc) => [rc.rc_name, rc]));
    this.#take(this.all.map((rc) => ({ ...rc, ...changes.get(rc.rc_name) })));
    // One that came or went: only the whole list tells what it is, or whether it is still on it.
    const listed = [...changes.values()].every((rc) => this.find(rc.rc_name) && rc.capacity !== 0);
    if (!listed) await this.#means.list().then((rcs) => this.#take(rcs)).catch(() => {});
  }
}
