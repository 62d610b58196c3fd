// @ts-check
import { KnocksView } from '../views/session/knocks.js';
import { explainRefusal } from '../words/refusals.js';
import { amendEntry } from './keep.js';

/** The door of the session that is visited: who knocks is let in or refused, and the invitation that is shown is the one that is good. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/door.js').DoorState} DoorState
 * @typedef {import('../session/session.js').Session} Session
 * @typedef {import('../session/state.js').SessionState} SessionState
 *
 * @typedef {object} DoorkeeperHandlers
 * @property {(text: () => string, kind?: { problem?: boolean, passing?: boolean }) => void} tell
 * @property {(code: string, now: import('../net/door.js').Invitation) => void} onRenewed the invitation with that code is another now
 */

/** @type {Record<DoorState, string>} */
const DOOR_NOW = { open: 'door.now.open', knock: 'door.now.knock' };

/** What answers a knock. */
const ANSWERED = new Set(['USER_ADMITTED', 'USER_REFUSED']);

export class Doorkeeper {
  #i18n;
  #handlers;
  #view;
  /** @type {Session | null} */ #session = null;
  /** @type {Pick<SessionState, 'code' | 'invite' | 'door'>} the invitation, as it is kept */
  #kept = { code: '', invite: undefined, door: undefined };

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {DoorkeeperHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#view = new KnocksView(i18n, {
      onAnswer: (id, admitted) => this.#answer(id, admitted),
      waiting: () => this.#waiting(),
      onLapsed: () => this.render(),
    });
  }

  /** @param {Session} session that is visited */
  prepare(session) {
    this.#session = session;
    const { code, invite, door } = session.state;
    this.#kept = { code, invite, door };
  }

  /** The visit is over. */
  stop() {
    this.#session = null;
    this.#view.stop();
  }

  render() {
    if (this.#session === null) return;
    const mayAnswer = this.#session.people.me?.role === 'host';
    this.#view.render({ waiting: this.#waiting(), mayAnswer, asking: this.#session.door.answering });
  }

  /** @param {DoorState} door */
  async set(door) {
    const answer = await this.#session?.door.set(door);
    if (answer && answer.msg !== 'INVITATION') this.#refuse(answer);
  }

  /**
   * Keeps what has changed, and tells the host, who gives the invitation to others.
   * @param {SessionState} now
   */
  notice({ code, invite, door }) {
    const session = this.#session;
    const before = this.#kept;
    if (session === null) return;
    const isRenewed = code !== before.code || invite !== before.invite;
    if (!isRenewed && door === before.door) return;
    this.#kept = { code, invite, door };
    amendEntry(session.entry.ticket, this.#kept);
    if (isRenewed) this.#handlers.onRenewed(before.code, { code, invite });
    if (session.people.me?.role !== 'host' || before.door === undefined || door === undefined) return;
    const words = isRenewed ? 'door.renewed' : DOOR_NOW[door];
    this.#handlers.tell(() => this.#i18n.t(words), { passing: true });
  }

  #waiting() {
    return this.#session?.door.knocks.waiting(performance.now()) ?? [];
  }

  /** @param {string} id of the knock @param {boolean} admitted */
  async #answer(id, admitted) {
    const answer = await this.#session?.door.answer(id, admitted);
    if (answer && !ANSWERED.has(answer.msg)) this.#refuse(answer);
  }

  /** @param {Answer} refusal */
  #refuse(refusal) {
    const words = () => (refusal.msg === 'NOT_FOUND' ? this.#i18n.t('knock.gone') : explainRefusal(refusal, this.#i18n));
    this.#handlers.tell(words, { problem: true, passing: true });
  }
}
