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
 * @property {(message: EngineMessage) => void} onMessage the engine says something over the channel of the input
 * @property {() => void} [onInputOpen] input can be sent now
 *
 * @typedef {{ type: string, [field: string]: unknown }} EngineMessage
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

/** During a restart the connection is looked at so often. */
const LOOK_MS = 25;

/** The server waits no longer than this for a player that is silent. */
const RESTARTS_MS = 15_000;

export class Viewing {
  #resource;
  #peer;
  #handlers;
  #closing = new AbortController();
  /** @type {RTCIceCandidate[]} */ #found = [];
  /** that was all, which is to be said once */ #gathered = false;
  #trickles = true;
  #trickleTimer = 0;
  /** @type {Promise<unknown>} candidates go out one request after another */ #trickled = Promise.resolve();
  /** @type {AbortController} ends what is said of an ICE generation that is no more */ #generation = new AbortController();
  /** The server is being asked for a new generation: what is found of the old one is of no use. */ #asking = false;
  #listenTimer = 0;
  /** @type {Map<string, number>} bytes that came so far on each path, which is a candidate pair */ #paths = new Map();
  /** when something last came on the present path */ #heardAtMs = 0;
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
    this.input.addEventListener('message', ({ data }) => {
      const message = readMessage(data);
      if (message) handlers.onMessage(message);
    });
    this.input.addEventListener('open', () => handlers.onInputOpen?.());
  }

  /** @param {() => void} onAnswered the server has taken the offer @returns {Promise<void>} when connected */
  async connect(onAnswered = () => {}) {
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
    onAnswered();
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

  /** How far it has come. @returns {Promise<Omit<import('./trouble.js').Progress, 'status'>>} */
  async look() {
    let packets = 0;
    for (const entry of (await this.#peer.getStats()).values())
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') packets += entry.packetsReceived;
    return { ice: this.#peer.connectionState, packets };
  }

  /** @returns {Promise<RTCStatsReport>} */
  getStats() {
    return this.#peer.getStats();
  }

  close() {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new DOMException('the viewing is over', 'AbortError'));
    this.#try.abort();
    this.#generation.abort();
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
   * what strays in on another path. A path that was not there before has brought nothing yet: when our address changes, the same path
   * goes on under another name, with all that it brought before. */
  async #listen() {
    const report = await this.#peer.getStats();
    const nowMs = performance.now();
    const before = this.#paths;
    this.#paths = new Map();
    let present = '';
    let media = 0;
    for (const entry of report.values()) {
      if (entry.type === 'candidate-pair') this.#paths.set(entry.id, entry.bytesReceived);
      if (entry.type === 'inbound-rtp') media += entry.bytesReceived;
      if (entry.type === 'transport') present = entry.selectedCandidatePairId;
      else if (entry.selected) present = entry.id;
    }
    if ((this.#paths.get(present) ?? 0) > (before.get(present) ?? Infinity)) this.#heardAtMs = nowMs;
    if (media > this.#media.bytes) this.#media.atMs = nowMs;
    this.#media.bytes = media;
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
    const begunMs = performance.now();
    const accepted = await this.#askToRestart(patienceMs);
    // Also after a request that failed: the old path may be there again.
    const untilMs = performance.now() + (accepted ? patienceMs : 0);
    for (;;) {
      await this.#listen();
      if (this.#heardAtMs > begunMs && this.#peer.connectionState === 'connected') return true;
      if (performance.now() >= untilMs || this.#try.signal.aborted) return false;
      await pause(LOOK_MS, this.#try.signal).catch(() => {});
    }
  }

  /**
   * The offer is put into force when the server has answered it, and not before: from then on the browser checks its new addresses
   * with what it knows of the server, which until the answer are the old credentials. A path that these checks open becomes the
   * present one, and Chromium makes no other to the same address: the new credentials were never tried.
   * @param {number} timeoutMs
   * @returns {Promise<boolean>} whether the server was reached; throws when it does not restart this viewing
   */
  async #askToRestart(timeoutMs) {
    const { signal } = this.#try;
    const timer = setTimeout(() => this.#try.abort(), timeoutMs);
    this.#asking = true;
    try {
      const offer = await this.#peer.createOffer({ iceRestart: true });
      const answer = await this.#resource.restart(buildSdpFragment(offer.sdp ?? '', [], false), signal);
      const sdp = applyFragment(this.#peer.remoteDescription?.sdp ?? '', answer);
      this.#beginGeneration();
      await this.#peer.setLocalDescription(offer);
      await this.#peer.setRemoteDescription({ type: 'answer', sdp });
      return true;
    } catch (error) {
      if (error instanceof WhepRefused) throw error;
      return false;
    } finally {
      clearTimeout(timer);
      this.#asking = false;
      this.#scheduleTrickle();
    }
  }

  #beginGeneration() {
    this.#generation.abort();
    this.#generation = new AbortController();
    this.#trickles = true;
    this.#found = [];
    this.#gathered = false;
  }

  // Candidates.

  /** @param {RTCIceCandidate | null} candidate null when there are no more */
  #gather(candidate) {
    if (candidate?.candidate) this.#found.push(candidate);
    else this.#gathered = true;
    this.#scheduleTrickle();
  }

  /** Not while an offer waits for its answer: they go after it. */
  #scheduleTrickle() {
    if (this.#trickleTimer || this.#closing.signal.aborted || this.#asking || this.#peer.signalingState !== 'stable') return;
    this.#trickleTimer = setTimeout(() => {
      this.#trickleTimer = 0;
      this.#trickled = this.#trickled.then(() => this.#trickle());
    }, TRICKLE_MS);
  }

  async #trickle() {
    if (!this.#trickles || !this.#resource.isThere || this.#asking || this.#peer.signalingState !== 'stable') return;
    const { signal } = this.#generation;
    const found = this.#found.splice(0);
    const complete = this.#gathered;
    this.#gathered = false;
    if (found.length === 0 && !complete) return;
    const fragment = buildSdpFragment(this.#peer.localDescription?.sdp ?? '', found, complete);
    const taken = await this.#resource.trickle(fragment, signal).catch(() => false);
    // A server that takes no candidates finds ours from the packets that reach it.
    if (!taken && !signal.aborted) this.#trickles = false;
  }
}

/** @param {unknown} data @returns {EngineMessage | null} null: none that could be understood */
function readMessage(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
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
