// @ts-check
import { pause } from '../net/backoff.js';
import { applyFragment, buildSdpFragment } from './sdpfrag.js';
import { WhepRefused, WhepResource } from './whep-resource.js';

/**
 * One viewing: an offer and what came of it. A connection that is lost is taken up again by an ICE restart, over which the picture
 * goes on as it was; where the server knows nothing of the viewing any more, it is over.
 *
 *   connecting -> connected <-> lost -> over
 */

/**
 * @typedef {object} ViewingHandlers
 * @property {(stream: MediaStream) => void} onStream
 * @property {(connected: boolean) => void} onConnected it was lost, or is there again
 */

const CONNECT_TIMEOUT_MS = 15_000;

/** The server sends a still picture once a second; after this long without anything the network is at fault. */
const QUIET_MS = 2_500;
const LISTEN_MS = 500;

/** A connection that is doubted has this long to let something be heard. */
const DOUBT_MS = 700;

/** Candidates found within this time of each other travel in one request. */
const TRICKLE_MS = 20;

/** How long a restart's request is waited for, and then again the checks that follow. The first tries are short: what was sent while
 * the network came up may be lost, and another try gets through at once. */
const TRY_MS = [1_500, 3_000, 6_000];
const RETRY_MS = 250;

/** Without a network nothing is tried, since addresses of tries that went astray get into the way of the one that succeeds; but a
 * browser may be mistaken about that. */
const OFFLINE_MS = 5_000;

/** A restart without an address of ours leads nowhere: for this long one is waited for before the server is asked. */
const ADDRESS_MS = 600;
const LOOK_MS = 25;

/** The server waits no longer than this for a player that is silent. */
const RESTARTS_MS = 15_000;

export class Viewing {
  #resource;
  #peer;
  #handlers;
  #closing = new AbortController();
  /** @type {RTCIceCandidate[]} */ #found = [];
  #gathered = false;
  #trickles = true;
  #trickleTimer = 0;
  /** @type {Promise<unknown>} PATCH requests go out one after another */ #trickled = Promise.resolve();
  #listenTimer = 0;
  /** on the present path, which is a candidate pair */ #heard = { id: '', bytes: 0 };
  #heardAtMs = 0;
  /** media, on whatever path: the server may like another one better than we do */ #media = { bytes: 0, atMs: 0 };
  #restarting = false;
  /** @type {AbortController} ends the present try of a restart, so that the next one begins */ #try = new AbortController();
  /** @type {() => void} */ #end = () => {};
  /** @type {Promise<void>} settled when it is over */
  over;

  /**
   * @param {URL} endpoint
   * @param {string} ticket
   * @param {RTCConfiguration} configuration
   * @param {ViewingHandlers} handlers
   */
  constructor(endpoint, ticket, configuration, handlers) {
    this.#resource = new WhepResource(endpoint, ticket);
    this.#handlers = handlers;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#peer = new RTCPeerConnection({ ...configuration, bundlePolicy: 'max-bundle' });
    this.input = this.#peer.createDataChannel('input', { ordered: true });
  }

  /** @returns {Promise<void>} when connected */
  async connect() {
    const peer = this.#peer;
    const stream = new MediaStream();
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addEventListener('track', ({ track, receiver }) => {
      askForNoDelay(receiver);
      stream.addTrack(track);
      this.#handlers.onStream(stream);
    });
    peer.addEventListener('icecandidate', ({ candidate }) => this.#gather(candidate));
    const connected = this.#connected();
    // Whoever fails first tells; the other's failure is the same one.
    connected.catch(() => {});

    await peer.setLocalDescription();
    const answer = await this.#resource.offer(peer.localDescription?.sdp ?? '', this.#closing.signal);
    if (this.#closing.signal.aborted) throw new Error('closed while connecting');
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#scheduleTrickle();
    await connected;
    this.#watch();
  }

  /** The network may have changed: if the connection does not show at once that it lives, it is restarted. */
  async doubt() {
    this.#try.abort();
    if (this.#restarting || !this.#listenTimer) return;
    await this.#listen();
    const before = this.#heardAtMs;
    await pause(DOUBT_MS, this.#closing.signal).catch(() => {});
    await this.#listen();
    if (this.#heardAtMs === before) this.#restart();
  }

  /** @returns {Promise<RTCStatsReport>} */
  getStats() {
    return this.#peer.getStats();
  }

  close() {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new DOMException('the viewing is over', 'AbortError'));
    this.#try.abort();
    clearTimeout(this.#trickleTimer);
    clearInterval(this.#listenTimer);
    this.#peer.close();
    this.#end();
    this.#resource.close();
  }

  #connected() {
    const peer = this.#peer;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no connection')), CONNECT_TIMEOUT_MS);
      this.over.then(() => {
        clearTimeout(timer);
        reject(new Error('closed'));
      });
      // The other side hung up in good order.
      this.input.addEventListener('close', () => this.close());
      peer.addEventListener('connectionstatechange', () => {
        if (peer.connectionState === 'connected') {
          clearTimeout(timer);
          resolve(undefined);
        } else if (peer.connectionState === 'failed') {
          reject(new Error('no connection'));
        }
      });
    });
  }

  // What is lost, and comes back.

  #watch() {
    this.#peer.addEventListener('connectionstatechange', () => {
      if (['disconnected', 'failed'].includes(this.#peer.connectionState)) this.#restart();
    });
    this.#heardAtMs = performance.now();
    this.#listenTimer = setInterval(async () => {
      await this.#listen();
      if (performance.now() - Math.max(this.#heardAtMs, this.#media.atMs) > QUIET_MS) this.#restart();
    }, LISTEN_MS);
  }

  /** Notes whether media came on the present path since it was last called. Answers to ICE's own checks do not count, and neither does
   * what strays in on another path. */
  async #listen() {
    const report = await this.#peer.getStats();
    let bytes = 0;
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp') bytes += entry.bytesReceived;
      const pair = entry.type === 'transport' ? report.get(entry.selectedCandidatePairId) : entry.selected ? entry : undefined;
      if (!pair) continue;
      if (pair.bytesReceived > (this.#heard.id === pair.id ? this.#heard.bytes : 0)) this.#heardAtMs = performance.now();
      this.#heard = { id: pair.id, bytes: pair.bytesReceived };
    }
    if (bytes > this.#media.bytes) this.#media.atMs = performance.now();
    this.#media.bytes = bytes;
  }

  /** Tries until something is heard again, or nothing is to be hoped for: then the viewing is over. */
  async #restart() {
    if (this.#restarting || this.#closing.signal.aborted) return;
    this.#restarting = true;
    this.#handlers.onConnected(false);
    const begunMs = performance.now();
    try {
      for (let tries = 0; !this.#closing.signal.aborted; tries++) {
        this.#try = new AbortController();
        if (!navigator.onLine) await pause(OFFLINE_MS, this.#try.signal).catch(() => {});
        this.#try = new AbortController();
        if (await this.#restartOnce(TRY_MS[Math.min(tries, TRY_MS.length - 1)])) break;
        if (performance.now() - begunMs > RESTARTS_MS) throw new Error('not to be reached');
        await pause(RETRY_MS, this.#try.signal).catch(() => {});
      }
    } catch {
      this.close();
    }
    this.#restarting = false;
    if (!this.#closing.signal.aborted) this.#handlers.onConnected(true);
  }

  /**
   * @param {number} patienceMs
   * @returns {Promise<boolean>} whether it is connected again; throws when the server does not restart it
   */
  async #restartOnce(patienceMs) {
    const peer = this.#peer;
    await this.#gatherAnew();
    const begunMs = performance.now();
    await this.#findAddress();
    const accepted = await this.#askToRestart(patienceMs);
    // Also after a request that failed: the old path may be there again.
    const untilMs = performance.now() + (accepted ? patienceMs : 0);
    for (;;) {
      await this.#listen();
      if (this.#heardAtMs > begunMs && peer.connectionState === 'connected') return true;
      if (performance.now() >= untilMs || this.#try.signal.aborted) return false;
      await pause(LOOK_MS, this.#try.signal).catch(() => {});
    }
  }

  /** Gathers until the browser has noticed its network. Addresses that it hides from the page show in the statistics alone. */
  async #findAddress() {
    const untilMs = performance.now() + ADDRESS_MS;
    while (performance.now() < untilMs && !this.#closing.signal.aborted) {
      const [, ufrag] = /^a=ice-ufrag:(.*)$/m.exec(this.#peer.localDescription?.sdp ?? '') ?? [];
      for (const { type, usernameFragment } of (await this.#peer.getStats()).values())
        if (type === 'local-candidate' && usernameFragment === ufrag) return;
      if (this.#found.length > 0) return;
      if (this.#gathered) await this.#gatherAnew();
      else await pause(LOOK_MS, this.#closing.signal);
    }
  }

  async #gatherAnew() {
    this.#peer.restartIce();
    this.#found = [];
    this.#gathered = false;
    await this.#peer.setLocalDescription();
  }

  /**
   * @param {number} timeoutMs
   * @returns {Promise<boolean>} whether the server was reached; throws when it does not restart this viewing
   */
  async #askToRestart(timeoutMs) {
    const { signal } = this.#try;
    const timer = setTimeout(() => this.#try.abort(), timeoutMs);
    try {
      const fragment = buildSdpFragment(this.#peer.localDescription?.sdp ?? '', this.#found.splice(0), false);
      const answer = await this.#resource.restart(fragment, signal);
      const sdp = applyFragment(this.#peer.remoteDescription?.sdp ?? '', answer);
      await this.#peer.setRemoteDescription({ type: 'answer', sdp });
      this.#trickles = true;
      this.#scheduleTrickle();
      return true;
    } catch (error) {
      if (error instanceof WhepRefused) throw error;
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  // Candidates.

  /** @param {RTCIceCandidate | null} candidate null when there are no more */
  #gather(candidate) {
    if (candidate?.candidate) this.#found.push(candidate);
    else this.#gathered = true;
    this.#scheduleTrickle();
  }

  /** Not while an offer waits for its answer: they go with it, or after it. */
  #scheduleTrickle() {
    if (this.#trickleTimer || this.#closing.signal.aborted || this.#peer.signalingState !== 'stable') return;
    this.#trickleTimer = setTimeout(() => {
      this.#trickleTimer = 0;
      this.#trickled = this.#trickled.then(() => this.#trickle());
    }, TRICKLE_MS);
  }

  async #trickle() {
    if (!this.#trickles || !this.#resource.isThere || this.#peer.signalingState !== 'stable') return;
    const found = this.#found.splice(0);
    const complete = this.#gathered;
    if (found.length === 0 && !complete) return;
    const fragment = buildSdpFragment(this.#peer.localDescription?.sdp ?? '', found, complete);
    // A server that takes no candidates finds ours from the packets that reach it.
    this.#trickles = await this.#resource.trickle(fragment).catch(() => false);
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
