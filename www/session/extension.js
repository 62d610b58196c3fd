// @ts-check
import { isFinal, unreachableAnswer } from '../net/outcomes.js';
import { extendSession } from '../net/planning.js';

/** Staying longer: what the coordinator offers to the people of a session, and taking it. */

/** @typedef {import('../net/ask.js').Answer} Answer */

/** Nobody is offered more at once: others want to come, too. */
const MOST_MINUTES = 30;

export class Extension {
  #ticket;
  #onChange;
  #ask;
  #closed = false;
  /** The end that the last offer would put off, and that of an offer which is over: it may be told again. */
  endsAt = '';
  #overAt = '';
  /** By how much the walk can be made longer; 0: it cannot, or is not offered. */
  minutes = 0;
  /** The coordinator is being asked. */
  asking = false;

  /**
   * @param {import('./state.js').Entry} entry
   * @param {() => void} onChange
   * @param {typeof extendSession} [ask]
   */
  constructor({ ticket, offered_minutes: minutes, offered_end: endsAt }, onChange, ask = extendSession) {
    this.#ticket = ticket;
    this.#ask = ask;
    this.#onChange = onChange;
    this.endsAt = String(endsAt ?? '');
    this.minutes = this.endsAt === '' ? 0 : offeredMinutes({ msg: '', available_minutes: minutes });
  }

  /** The session is over. */
  close() {
    this.#closed = true;
    this.minutes = 0;
  }

  /** The offer is declined, or was taken by somebody else of the same walk. */
  withdraw() {
    if (this.minutes === 0) return;
    this.minutes = 0;
    this.#overAt = this.endsAt;
    this.#onChange();
  }

  /** @returns {Promise<Answer | null>} SESSION_EXTENDED or what refuses it; null when there is nothing to ask */
  async extend() {
    if (this.minutes === 0 || this.asking) return null;
    this.asking = true;
    this.#onChange();
    const until = new Date(Date.parse(this.endsAt) + this.minutes * 60_000).toISOString();
    const answer = await this.#ask(this.#ticket, until).catch(unreachableAnswer);
    this.asking = false;
    if (answer.msg === 'SESSION_EXTENDED') this.minutes = 0;
    else if (answer.msg === 'EXTENSION_NOT_AVAILABLE') this.minutes = offeredMinutes(answer);
    else if (isFinal(answer)) this.withdraw();
    this.#onChange();
    return answer;
  }

  /** @param {Answer} event of the coordinator, to those in the session */
  hear(event) {
    if (this.#closed || event.msg !== 'EXTENSION_OFFERED' || Number.isNaN(Date.parse(event.ends_at)) || (this.#overAt && event.ends_at === this.#overAt)) return;
    this.endsAt = String(event.ends_at);
    this.minutes = offeredMinutes(event);
    this.#onChange();
  }
}

/** @param {Answer} answer @returns {number} whole minutes, 0 when none are told */
function offeredMinutes({ available_minutes: minutes }) {
  return typeof minutes === 'number' && minutes >= 1 ? Math.min(MOST_MINUTES, Math.floor(minutes)) : 0;
}
