// @ts-check
import { backoffMs, pause } from '../net/backoff.js';
import { buildSdpFragment } from './sdpfrag.js';

/**
 * A WHEP player: gets the session's picture and sound, and carries the input back over a data channel. When the connection fails it
 * makes a new one, again and again until it is closed or the server says that the viewing is over.
 */

/**
 * @typedef {object} PlayerHandlers
 * @property {(stream: MediaStream) => void} onStream
 * @property {(connected: boolean) => void} onConnected
 * @property {(status: number) => void} onRefused the server's final no, by its HTTP status; the player is closed
 */

const CONNECT_TIMEOUT_MS = 15_000;

/** A connection may call itself `disconnected` and recover; after this long a new one is quicker. */
const DISCONNECTED_MS = 3_000;

/** Candidates found within this time of each other travel in one request. */
const TRICKLE_MS = 20;

/** Statuses after which a new offer is of no use: not allowed in, or the session is gone. */
const FINAL_STATUSES = new Set([401, 403, 404, 410]);

export class WhepPlayer {
  #closing = new AbortController();
  /** @type {Viewing | null} */ #viewing = null;

  /**
   * @param {URL} endpoint
   * @param {string} ticket
   * @param {RTCIceServer[]} iceServers
   * @param {PlayerHandlers} handlers
   */
  constructor(endpoint, ticket, iceServers, handlers) {
    this.endpoint = endpoint;
    this.ticket = ticket;
    this.iceServers = iceServers;
    this.handlers = handlers;
  }

  async open() {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const viewing = new Viewing(this.endpoint, this.ticket, this.iceServers);
      this.#viewing = viewing;
      const connected = await this.#view(viewing);
      viewing.close();
      if (this.#closing.signal.aborted) return;
      this.handlers.onConnected(false);
      failures = connected ? 1 : failures + 1;
      await pause(backoffMs(failures), this.#closing.signal).catch(() => {});
    }
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

  /** Ends the viewing for good. Works while the page unloads, too. */
  close() {
    this.#closing.abort(new DOMException('the viewing is over', 'AbortError'));
    this.#viewing?.close();
  }

  /**
   * @param {Viewing} viewing
   * @returns {Promise<boolean>} when it is over: whether there had been a picture
   */
  async #view(viewing) {
    try {
      await viewing.connect(this.handlers.onStream, this.#closing.signal);
    } catch (error) {
      if (error instanceof WhepRefused && FINAL_STATUSES.has(error.status) && !this.#closing.signal.aborted) {
        this.close();
        this.handlers.onRefused(error.status);
      }
      return false;
    }
    this.handlers.onConnected(true);
    await viewing.over;
    return true;
  }
}

class WhepRefused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`the offer was refused with ${status}`);
    this.status = status;
  }
}

/** One offer and what came of it. */
class Viewing {
  #endpoint;
  #ticket;
  #peer;
  #closed = false;
  /** @type {URL | null} */ #resource = null;
  /** @type {string | null} */ #etag = null;
  /** @type {RTCIceCandidate[]} */ #found = [];
  #gathered = false;
  #trickles = true;
  #trickleTimer = 0;
  /** @type {Promise<unknown>} PATCH requests go out one after another */ #trickled = Promise.resolve();
  /** @type {() => void} */ #end = () => {};
  /** @type {Promise<void>} settled when the connection is lost or closed */
  over;

  /**
   * @param {URL} endpoint
   * @param {string} ticket
   * @param {RTCIceServer[]} iceServers
   */
  constructor(endpoint, ticket, iceServers) {
    this.#endpoint = endpoint;
    this.#ticket = ticket;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#peer = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.input = this.#peer.createDataChannel('input', { ordered: true });
  }

  /**
   * @param {(stream: MediaStream) => void} onStream
   * @param {AbortSignal} signal
   * @returns {Promise<void>} when connected
   */
  async connect(onStream, signal) {
    const peer = this.#peer;
    const stream = new MediaStream();
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addEventListener('track', ({ track, receiver }) => {
      askForNoDelay(receiver);
      stream.addTrack(track);
      onStream(stream);
    });
    peer.addEventListener('icecandidate', ({ candidate }) => this.#gather(candidate));
    const connected = this.#watchConnection();
    // Whoever fails first tells; the other's failure is the same one.
    connected.catch(() => {});

    await peer.setLocalDescription();
    const answer = await this.#post(peer.localDescription?.sdp ?? '', signal);
    if (this.#closed) throw new Error('closed while connecting');
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#scheduleTrickle();
    await connected;
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#trickleTimer);
    this.#peer.close();
    this.#end();
    if (this.#resource) this.#delete(this.#resource);
  }

  #watchConnection() {
    const peer = this.#peer;
    let disconnectedTimer = 0;
    return new Promise((resolve, reject) => {
      const fail = () => {
        reject(new Error('no connection'));
        this.#end();
      };
      const connectTimer = setTimeout(fail, CONNECT_TIMEOUT_MS);
      this.over.then(() => {
        clearTimeout(connectTimer);
        clearTimeout(disconnectedTimer);
        reject(new Error('closed'));
      });
      // The other side hung up in good order.
      this.input.addEventListener('close', fail);
      peer.addEventListener('connectionstatechange', () => {
        clearTimeout(disconnectedTimer);
        if (peer.connectionState === 'connected') {
          clearTimeout(connectTimer);
          resolve(undefined);
        } else if (peer.connectionState === 'failed') {
          fail();
        } else if (peer.connectionState === 'disconnected') {
          disconnectedTimer = setTimeout(fail, DISCONNECTED_MS);
        }
      });
    });
  }

  /**
   * @param {string} offer
   * @param {AbortSignal} signal
   * @returns {Promise<string>} the answer
   */
  async #post(offer, signal) {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${this.#ticket}` },
      body: offer,
      credentials: 'omit',
      signal,
    });
    if (response.status !== 201) throw new WhepRefused(response.status);
    const location = response.headers.get('Location');
    if (location) this.#resource = new URL(location, response.url || this.#endpoint);
    this.#etag = response.headers.get('ETag');
    const answer = await response.text();
    // Left in the meantime: nobody else knows what to delete.
    if (this.#closed && this.#resource) this.#delete(this.#resource);
    return answer;
  }

  /** @param {RTCIceCandidate | null} candidate null when there are no more */
  #gather(candidate) {
    if (candidate?.candidate) this.#found.push(candidate);
    else this.#gathered = true;
    this.#scheduleTrickle();
  }

  #scheduleTrickle() {
    if (!this.#resource || this.#trickleTimer || this.#closed) return;
    this.#trickleTimer = setTimeout(() => {
      this.#trickleTimer = 0;
      this.#trickled = this.#trickled.then(() => this.#trickle());
    }, TRICKLE_MS);
  }

  async #trickle() {
    const found = this.#found.splice(0);
    const complete = this.#gathered;
    if (!this.#trickles || this.#closed || !this.#resource || (found.length === 0 && !complete)) return;
    const body = buildSdpFragment(this.#peer.localDescription?.sdp ?? '', found, complete);
    /** @type {Record<string, string>} */
    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', Authorization: `Bearer ${this.#ticket}` };
    if (this.#etag) headers['If-Match'] = this.#etag;
    try {
      const response = await fetch(this.#resource, { method: 'PATCH', headers, body, credentials: 'omit' });
      // A server that takes no candidates finds ours from the packets that reach it.
      if (!response.ok) this.#trickles = false;
    } catch {
      this.#trickles = false;
    }
  }

  /** @param {URL} resource */
  #delete(resource) {
    const headers = { Authorization: `Bearer ${this.#ticket}` };
    fetch(resource, { method: 'DELETE', headers, credentials: 'omit', keepalive: true }).catch(() => {});
  }
}

/**
 * The picture answers a hand on the mouse, so nothing is to be kept back for smoothness.
 * @param {RTCRtpReceiver} receiver
 */
function askForNoDelay(receiver) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
}
