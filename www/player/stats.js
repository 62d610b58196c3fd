// @ts-check
/**
 * What RTCPeerConnection.getStats() says of the picture's way here, as figures for a person, and whether the network is weak. Pure.
 */

/**
 * @typedef {Map<string, any> | RTCStatsReport} Report
 *
 * @typedef {object} Sample what is counted since the connection began; undefined: not known
 * @property {number} atMs
 * @property {number | undefined} bytes of picture and sound
 * @property {number | undefined} frames decoded
 * @property {number | undefined} packets
 * @property {number | undefined} lost
 * @property {number | undefined} jitterBufferSeconds that frames waited, and how many those were
 * @property {number | undefined} jitterBufferFrames
 * @property {number | undefined} freezes
 * @property {Present} present
 *
 * @typedef {object} Present what holds now
 * @property {number | undefined} width
 * @property {number | undefined} height
 * @property {string | undefined} codec
 * @property {number | undefined} roundTripMs
 * @property {string | undefined} path `host`, `srflx`, `prflx` or `relay`: the farther of the two ends
 * @property {string | undefined} transport `udp`, `tcp` or `tls`, to the TURN server where there is one
 *
 * @typedef {object} Rates
 * @property {number | undefined} framesPerSecond
 * @property {number | undefined} packets that came
 * @property {number | undefined} kbps
 * @property {number | undefined} lossPercent
 * @property {number | undefined} jitterBufferMs
 * @property {number | undefined} freezes since the connection began
 *
 * @typedef {Present & Rates} Figures
 */

/** @param {Report} report @param {number} atMs @returns {Sample | undefined} undefined: no picture yet */
export function readSample(report, atMs) {
  const entries = [...report.values()];
  const picture = entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  if (!picture) return undefined;
  const sound = entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  return {
    atMs,
    bytes: sum(picture.bytesReceived, sound?.bytesReceived),
    frames: picture.framesDecoded,
    packets: sum(picture.packetsReceived, sound?.packetsReceived),
    lost: sum(picture.packetsLost, sound?.packetsLost),
    jitterBufferSeconds: picture.jitterBufferDelay,
    jitterBufferFrames: picture.jitterBufferEmittedCount,
    freezes: picture.freezeCount,
    present: {
      width: picture.frameWidth,
      height: picture.frameHeight,
      codec: /\/(.*)/.exec(report.get(picture.codecId)?.mimeType ?? '')?.[1],
      ...readPath(report, entries),
    },
  };
}

/** @param {Report} report @param {any[]} entries */
function readPath(report, entries) {
  const chosen = entries.find(({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId);
  // Firefox has no transport, but marks the pair.
  const pair = chosen ? report.get(chosen.selectedCandidatePairId) : entries.find(({ type, selected }) => type === 'candidate-pair' && selected);
  const local = report.get(pair?.localCandidateId);
  const remote = report.get(pair?.remoteCandidateId);
  const farthest = ['relay', 'srflx', 'prflx', 'host'].find((kind) => kind === local?.candidateType || kind === remote?.candidateType);
  return {
    roundTripMs: pair?.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1000,
    path: farthest,
    transport: local?.relayProtocol ?? local?.protocol,
  };
}

/**
 * @param {Sample} before of the same connection
 * @param {Sample} after
 * @returns {Figures}
 */
export function figuresBetween(before, after) {
  const seconds = (after.atMs - before.atMs) / 1000;
  const bytes = grown(before.bytes, after.bytes);
  const frames = grown(before.frames, after.frames);
  const packets = grown(before.packets, after.packets);
  const waited = grown(before.jitterBufferSeconds, after.jitterBufferSeconds);
  const shown = grown(before.jitterBufferFrames, after.jitterBufferFrames);
  // A late packet makes the count of lost ones fall.
  const lost = before.lost === undefined || after.lost === undefined ? undefined : Math.max(0, after.lost - before.lost);
  return {
    ...after.present,
    framesPerSecond: seconds > 0 && frames !== undefined ? frames / seconds : undefined,
    packets,
    kbps: seconds > 0 && bytes !== undefined ? (bytes * 8) / 1000 / seconds : undefined,
    lossPercent: lost !== undefined && packets !== undefined && lost + packets > 0 ? (100 * lost) / (lost + packets) : undefined,
    jitterBufferMs: waited !== undefined && shown ? (1000 * waited) / shown : undefined,
    freezes: after.freezes,
  };
}

/** Whether one connection's samples: counts never fall. @param {Sample} before @param {Sample} after */
export function isSameConnection(before, after) {
  return (after.bytes ?? 0) >= (before.bytes ?? 0) && (after.frames ?? 0) >= (before.frames ?? 0);
}

/** From when on the network is called weak, and from when on no longer: apart, so that the word does not flicker. */
const WEAK = { lossPercent: 5, roundTripMs: 400, bad: 2 };
const WELL = { lossPercent: 2, roundTripMs: 250, good: 5 };

/** Of fewer packets a lost one says nothing: a picture that stands still needs few. */
const TELLING_PACKETS = 20;

/**
 * Says `weak` after some bad seconds in a row, and no longer after more good ones. Freezes do not count: the browser also calls it
 * one when the scene stops moving.
 */
export class WeaknessGauge {
  #bad = 0;
  #good = 0;
  weak = false;

  /** @param {Figures} figures of the last second @returns {boolean} whether the network is weak */
  update({ lossPercent = 0, packets = 0, roundTripMs = 0 }) {
    const loss = packets >= TELLING_PACKETS ? lossPercent : 0;
    const bad = loss > WEAK.lossPercent || roundTripMs > WEAK.roundTripMs;
    const good = loss < WELL.lossPercent && roundTripMs < WELL.roundTripMs;
    this.#bad = bad ? this.#bad + 1 : 0;
    this.#good = good ? this.#good + 1 : 0;
    if (this.#bad >= WEAK.bad) this.weak = true;
    else if (this.#good >= WELL.good) this.weak = false;
    return this.weak;
  }

  /** Another connection begins. */
  reset() {
    this.#bad = 0;
    this.#good = 0;
    this.weak = false;
  }
}

/** @param {number | undefined} one @param {number | undefined} other */
function sum(one, other) {
  return one === undefined ? other : one + (other ?? 0);
}

/** @param {number | undefined} before @param {number | undefined} after */
function grown(before, after) {
  return before === undefined || after === undefined ? undefined : after - before;
}
