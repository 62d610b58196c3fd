// @ts-check
import { backoffMs, pause } from '../net/backoff.js';
import { isFault } from './trouble.js';
import { Viewing } from './viewing.js';
import { WhepRefused } from './whep-resource.js';

/**
 * A WHEP player: gets the session's picture and sound, and carries the input back over a data channel. When the connection is lost
 * for good it makes a new one, again and again until it is closed or the server says that the viewing is over.
 */

/**
 * @typedef {object} PlayerHandlers
 * @property {(stream: MediaStream) => void} onStream
 * @property {(connected: boolean) => void} onConnected
 * @property {(message: import('./viewing.js').EngineMessage) => void} onMessage the engine says something
 * @property {() => void} [onInputOpen] input can be sent now, on a new connection
 * @property {(status: number) => void} onRefused the server's final no, by its HTTP status; the player is closed
 * @property {() => void} onFault the server finds the offer itself at fault; nothing is asked again until there is a reason
 */

/** Statuses after which a new offer is of no use: not allowed in, or the session is gone. */
const FINAL_STATUSES = new Set([401, 403, 404, 410]);

/** The offer was taken. */
const CREATED = 201;

/** After a picture that lasted, the next one is asked for at once. */
const STEADY_MS = 5_000;

export class WhepPlayer {
  #closing = new AbortController();
  /** @type {Viewing | null} */ #viewing = null;
  /** @type {AbortController} ends the waiting between two tries */ #waiting = new AbortController();
  /** @type {number | undefined} of the last offer, by HTTP; undefined: nobody has answered it */ #status;

  /**
   * @param {URL} endpoint
   * @param {string} ticket
   * @param {RTCConfiguration} configuration
   * @param {PlayerHandlers} handlers
   */
  constructor(endpoint, ticket, configuration, handlers) {
    this.endpoint = endpoint;
    this.ticket = ticket;
    this.configuration = configuration;
    this.handlers = handlers;
  }

  async open() {
    let failures = 0;
    for (let count = 0; !this.#closing.signal.aborted; count++) {
      const handlers = count === 0 ? this.handlers : { ...this.handlers, onStream: this.#replace };
      const viewing = new Viewing(this.endpoint, this.ticket, this.configuration, handlers);
      this.#viewing = viewing;
      const livedMs = await this.#view(viewing);
      viewing.close();
      if (this.#closing.signal.aborted) return;
      this.handlers.onConnected(false);
      failures = livedMs > STEADY_MS ? 0 : failures + 1;
      this.#waiting = new AbortController();
      if (this.#status !== undefined && isFault(this.#status)) {
        this.handlers.onFault();
        await untilAborted(this.#waiting.signal);
      } else if (failures > 0) {
        await pause(backoffMs(failures), this.#waiting.signal).catch(() => {});
      }
    }
  }

  /** There is a reason to doubt that the connection lives: the network changed, or the page slept. */
  doubt() {
    this.#waiting.abort();
    this.#viewing?.doubt();
  }

  /**
   * @param {object} message one input message
   * @returns {boolean} whether it went out
   */
  send(message) {
    const input = this.#viewing?.input;
    if (input?.readyState !== 'open') return false;
    input.send(JSON.stringify(message));
    return true;
  }

  /** @returns {number} bytes of input that the network has not taken yet */
  get backlog() {
    return this.#viewing?.input.bufferedAmount ?? 0;
  }

  /** How far it has come. @returns {Promise<import('./trouble.js').Progress>} */
  async look() {
    const progress = await this.#viewing?.look();
    return { ice: 'new', packets: 0, ...progress, status: this.#status };
  }

  /** @returns {Promise<RTCStatsReport> | undefined} of the present connection */
  getStats() {
    return this.#viewing?.getStats();
  }

  /** Ends the viewing for good. Works while the page unloads, too. */
  close() {
    this.#closing.abort(new DOMException('the viewing is over', 'AbortError'));
    this.#waiting.abort();
    this.#viewing?.close();
  }

  /** The last frame of the old stream stays until the new one flows. @param {MediaStream} stream */
  #replace = (stream) => {
    const [picture] = stream.getVideoTracks();
    if (!picture?.muted) this.handlers.onStream(stream);
    else picture.addEventListener('unmute', () => this.handlers.onStream(stream), { once: true });
  };

  /**
   * @param {Viewing} viewing
   * @returns {Promise<number>} when it is over: how long there was a picture
   */
  async #view(viewing) {
    try {
      await viewing.connect(() => void (this.#status = CREATED));
    } catch (error) {
      if (error instanceof WhepRefused) this.#status = error.status;
      // What fetch() throws where nobody answers.
      else if (error instanceof TypeError) this.#status = undefined;
      if (error instanceof WhepRefused && FINAL_STATUSES.has(error.status) && !this.#closing.signal.aborted) {
        this.close();
        this.handlers.onRefused(error.status);
      }
      return 0;
    }
    const beganMs = performance.now();
    this.handlers.onConnected(true);
    await viewing.over;
    return performance.now() - beganMs;
  }
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
function untilAborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
