// @ts-check
import { answerKnock, getInvitation, setDoor } from '../net/door.js';
import { unreachableAnswer } from '../net/outcomes.js';
import { Knocks } from './knocks.js';

/** The door of a session, seen from inside: who knocks, what the host answers, and the invitation that is good now. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/door.js').DoorState} DoorState
 * @typedef {object} DoorHandlers
 * @property {() => void} onChange of who knocks, or of what is being asked
 * @property {(invitation: Answer) => void} onInvitation INVITATION, newer than any before
 */

/** What answers a knock, or says that somebody else has. */
const KNOCK_OVER = new Set(['USER_ADMITTED', 'USER_REFUSED', 'NOT_FOUND']);

export class Door {
  #ticket;
  #handlers;
  #means;
  #closed = false;
  /** How often the invitation was told or asked for: what was asked before is older than that. */
  #told = 0;
  #setting = false;
  /** @type {Set<string>} knocks that are being answered */
  answering = new Set();
  knocks = new Knocks();

  /**
   * @param {string} ticket
   * @param {DoorHandlers} handlers
   * @param {{ answerKnock: typeof answerKnock, getInvitation: typeof getInvitation, setDoor: typeof setDoor }} [means]
   */
  constructor(ticket, handlers, means = { answerKnock, getInvitation, setDoor }) {
    this.#ticket = ticket;
    this.#handlers = handlers;
    this.#means = means;
  }

  /** The session is over: what is answered now is too late. */
  close() {
    this.#closed = true;
  }

  /** @param {Answer} event of the streamer or the coordinator @param {number} nowMs */
  hear(event, nowMs) {
    if (event.msg === 'INVITATION_CHANGED') this.#told += 1;
    this.knocks.hear(event, nowMs);
  }

  /** The invitation may have been renewed unseen: asks for the one that is good. */
  async refresh() {
    const told = (this.#told += 1);
    const answer = await this.#means.getInvitation(this.#ticket).catch(unreachableAnswer);
    if (!this.#closed && this.#told === told && answer.msg === 'INVITATION') this.#handlers.onInvitation(answer);
  }

  /** @param {DoorState} door @returns {Promise<Answer | null>} INVITATION or what refuses it; null: it is being set, or all is over */
  async set(door) {
    if (this.#closed || this.#setting) return null;
    this.#setting = true;
    const answer = await this.#means.setDoor(this.#ticket, door).catch(unreachableAnswer);
    this.#setting = false;
    if (this.#closed) return null;
    if (answer.msg === 'INVITATION') {
      this.#told += 1;
      this.#handlers.onInvitation(answer);
    }
    return answer;
  }

  /**
   * @param {string} id of a knock
   * @param {boolean} admitted else refused
   * @returns {Promise<Answer | null>} what became of it; null: it is being answered, or all is over
   */
  async answer(id, admitted) {
    if (this.#closed || this.answering.has(id)) return null;
    this.answering.add(id);
    this.#handlers.onChange();
    const answer = await this.#means.answerKnock(this.#ticket, id, admitted).catch(unreachableAnswer);
    this.answering.delete(id);
    if (this.#closed) return null;
    if (KNOCK_OVER.has(answer.msg)) this.knocks.end(id);
    this.#handlers.onChange();
    return answer;
  }
}
