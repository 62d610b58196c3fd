// @ts-check
/**
 * The order of input on the wire. Moves are kept and merged until the next animation frame, for a mouse reports far more of them than
 * the picture can show; everything else goes at once, and what was kept goes before it, so that a press never overtakes the move
 * that led to it.
 */

/**
 * @typedef {{ type: string, [field: string]: any }} InputMessage
 * @typedef {object} QueuePorts
 * @property {(message: InputMessage) => void} send
 * @property {() => number} backlog bytes that the network has not taken yet
 * @property {(callback: () => void) => number} requestFrame
 */

/** With more than this on its way moves are merged further: late ones are of no use. */
const BACKLOG_BYTES = 4096;

export class InputQueue {
  /** @type {Map<string, InputMessage>} what is kept, by what it replaces */ #kept = new Map();
  #frameAsked = false;
  #ports;

  /** @param {QueuePorts} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {InputMessage} message `pointermove`, `touchmove` (one a finger is kept), `pointermoverelative` or `wheel` (summed) */
  merge(message) {
    const key = message.type === 'touchmove' ? `touchmove ${message.id}` : message.type;
    const earlier = this.#kept.get(key);
    if (earlier && 'dx' in message) {
      message = { ...message, dx: earlier.dx + message.dx, dy: earlier.dy + message.dy };
    }
    this.#kept.set(key, message);
    this.#askFrame();
  }

  /** @param {InputMessage} message anything that must not be lost or wait */
  send(message) {
    this.flush();
    this.#ports.send(message);
  }

  flush() {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    kept.forEach((message) => this.#ports.send(message));
  }

  /** Forgets what is kept. */
  clear() {
    this.#kept.clear();
  }

  #askFrame() {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    this.#ports.requestFrame(() => {
      this.#frameAsked = false;
      if (this.#kept.size === 0) return;
      if (this.#ports.backlog() > BACKLOG_BYTES) this.#askFrame();
      else this.flush();
    });
  }
}
