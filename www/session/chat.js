// @ts-check
import { Unreachable } from '../net/ask.js';

/**
 * What people in the session write to each other. One's own messages go out one after another, so that they arrive in the order of
 * writing; one that was not acknowledged is sent again when the connection is back, under the same id, so that nobody sees it twice.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 *
 * @typedef {object} ChatMessage
 * @property {string} id unique among those of its sender
 * @property {string} from the sender's user
 * @property {string} name the sender's, as it was then; may be empty
 * @property {number} number the sender's
 * @property {string} role the sender's
 * @property {boolean} own
 * @property {string} text
 * @property {number} atMs by this device's clock, when it was written or came
 * @property {'sent' | 'sending' | 'refused'} state
 *
 * @typedef {{ user: string, name: string, number: number, role: string }} Sender
 *
 * @typedef {object} ChatPorts
 * @property {(data: object) => Promise<Answer>} send throws Unreachable
 * @property {() => Sender | undefined} me
 * @property {(message: ChatMessage) => void} onMessage one of somebody else came
 * @property {() => void} onChange
 * @property {(durationMs: number) => Promise<void>} pause
 * @property {() => string} newId
 * @property {() => number} nowMs
 */

/** In UTF-16 units, as a text field counts. Far below what the wire carries, whatever the letters. */
export const LONGEST_TEXT = 1000;

/** Older ones are forgotten. */
const MOST_MESSAGES = 300;

/** The pause where the streamer does not say how long. */
const PAUSE_MS = 2_000;

export class Chat {
  #ports;
  #pumping = false;
  /** @type {ChatMessage[]} in the order in which they came here */
  messages = [];
  /** Messages of others that nobody has looked at yet. */
  unread = 0;

  /**
   * @param {ChatPorts} ports
   * @param {ChatMessage[]} [earlier] from before a reload
   */
  constructor(ports, earlier = []) {
    this.#ports = ports;
    this.messages = earlier.slice(-MOST_MESSAGES);
  }

  /** @param {string} text as written @returns {boolean} whether there was anything in it */
  say(text) {
    const me = this.#ports.me();
    const trimmed = text.trim().slice(0, LONGEST_TEXT);
    if (trimmed === '' || !me) return false;
    this.#add({ ...this.#stamp(me), id: this.#ports.newId(), own: true, text: trimmed, state: 'sending' });
    this.pump();
    return true;
  }

  /**
   * @param {Sender} sender
   * @param {boolean} own it is the visitor's, told back by the streamer
   * @param {any} data of a DATA event
   */
  receive(sender, own, { chat: text, id }) {
    if (typeof text !== 'string' || text.trim() === '') return;
    const known = typeof id === 'string' ? this.messages.find((one) => one.from === sender.user && one.id === id) : undefined;
    if (known) {
      this.#settle(known, 'sent');
      return;
    }
    const message = this.#add({
      ...this.#stamp(sender),
      id: typeof id === 'string' ? id.slice(0, 64) : this.#ports.newId(),
      own,
      text: text.trim().slice(0, LONGEST_TEXT),
      state: 'sent',
    });
    if (own) return;
    this.unread += 1;
    this.#ports.onMessage(message);
    this.#ports.onChange();
  }

  markRead() {
    if (this.unread === 0) return;
    this.unread = 0;
    this.#ports.onChange();
  }

  /** Tries one again that was refused. @param {string} id */
  retry(id) {
    const message = this.messages.find((one) => one.own && one.id === id && one.state === 'refused');
    if (!message) return;
    this.#settle(message, 'sending');
    this.pump();
  }

  /** Sends what is not acknowledged yet, until the connection breaks. To be called when the connection is up. */
  async pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) await this.#sendOne(next);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    } finally {
      this.#pumping = false;
    }
  }

  #next() {
    return this.messages.find(({ state }) => state === 'sending');
  }

  /** @param {ChatMessage} message */
  async #sendOne(message) {
    const answer = await this.#ports.send({ chat: message.text, id: message.id });
    if (answer.msg === 'DATA_SENT') this.#settle(message, 'sent');
    else if (answer.msg === 'TOO_MANY_ATTEMPTS') {
      const { retry_after_seconds: seconds } = answer;
      await this.#ports.pause(typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : PAUSE_MS);
    } else this.#settle(message, 'refused');
  }

  /** @param {ChatMessage} message @param {ChatMessage['state']} state */
  #settle(message, state) {
    if (message.state === state) return;
    message.state = state;
    this.#ports.onChange();
  }

  /** @param {Sender} sender */
  #stamp({ user, name, number, role }) {
    return { from: user, name, number, role, atMs: this.#ports.nowMs() };
  }

  /** @param {ChatMessage} message */
  #add(message) {
    this.messages.push(message);
    if (this.messages.length > MOST_MESSAGES) this.messages.shift();
    if (message.own) this.#ports.onChange();
    return message;
  }
}
