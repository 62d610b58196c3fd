// @ts-check
// What the page makes of the browser's statistics: figures for a person, and whether the network is weak.

import assert from 'node:assert/strict';
import test from 'node:test';
import { figuresBetween, isSameConnection, readSample, WeaknessGauge } from '../../../www/player/stats.js';

/** A report in the form that Chromium gives, cut down to what matters. @param {Record<string, any>} [change] by id */
function report(change = {}) {
  const entries = [
    { id: 'CIT01_96', type: 'codec', mimeType: 'video/H264', payloadType: 96 },
    { id: 'IT01V1', type: 'inbound-rtp', kind: 'video', codecId: 'CIT01_96', bytesReceived: 1_000_000, packetsReceived: 1000, packetsLost: 10, framesDecoded: 600, frameWidth: 960, frameHeight: 540, jitterBufferDelay: 3, jitterBufferEmittedCount: 600, freezeCount: 1 },
    { id: 'IT01A1', type: 'inbound-rtp', kind: 'audio', bytesReceived: 50_000, packetsReceived: 200, packetsLost: 0 },
    { id: 'T01', type: 'transport', selectedCandidatePairId: 'CP1' },
    { id: 'CP0', type: 'candidate-pair', localCandidateId: 'I1', remoteCandidateId: 'I0', currentRoundTripTime: 0.9 },
    { id: 'CP1', type: 'candidate-pair', localCandidateId: 'I1', remoteCandidateId: 'I2', currentRoundTripTime: 0.042 },
    { id: 'I1', type: 'local-candidate', candidateType: 'host', protocol: 'udp' },
    { id: 'I2', type: 'remote-candidate', candidateType: 'srflx', protocol: 'udp' },
  ];
  return new Map(entries.map(entry => [entry.id, { ...entry, ...change[entry.id] }]));
}

/** @param {Record<string, any>} [change] @param {number} [atMs] */
function sample(change, atMs = 0) {
  const read = readSample(report(change), atMs);
  assert.ok(read);
  return read;
}

const later = {
  IT01V1: { bytesReceived: 1_450_000, packetsReceived: 1380, packetsLost: 30, framesDecoded: 660, jitterBufferDelay: 3.9, jitterBufferEmittedCount: 660, freezeCount: 2 },
  IT01A1: { bytesReceived: 100_000, packetsReceived: 300 },
};

test('figures are of the time between two samples', () => {
  const { framesPerSecond, kbps, lossPercent, jitterBufferMs, ...rest } = figuresBetween(sample(), sample(later, 2000));
  assert.equal(framesPerSecond, 30);
  assert.equal(kbps, 2000);
  assert.equal(lossPercent, 4);
  assert.equal(Math.round(jitterBufferMs ?? 0), 15);
  assert.deepEqual(rest, { width: 960, height: 540, codec: 'H264', roundTripMs: 42, path: 'srflx', transport: 'udp', freezes: 2, packets: 480 });
});

test('a path through a TURN server is told with the way to that server', () => {
  const { path, transport } = sample({ I1: { candidateType: 'relay', relayProtocol: 'tcp' } }).present;
  assert.deepEqual([path, transport], ['relay', 'tcp']);
  assert.equal(sample({ I2: { candidateType: 'relay' } }).present.path, 'relay', "the other end's");
});

test('where the transport is not told, the pair that is marked counts', () => {
  const { roundTripMs } = sample({ T01: { selectedCandidatePairId: undefined }, CP0: { selected: true } }).present;
  assert.equal(roundTripMs, 900);
});

test('what is not known is left out, and lost packets that come late are no negative loss', () => {
  assert.equal(readSample(new Map(), 0), undefined);
  const bare = readSample(new Map([['v', { id: 'v', type: 'inbound-rtp', kind: 'video' }]]), 0);
  assert.ok(bare);
  const figures = figuresBetween(bare, { ...bare, atMs: 1000 });
  for (const value of Object.values(figures)) assert.equal(value, undefined);
  assert.equal(figuresBetween(sample(), sample({ IT01V1: { packetsLost: 5, packetsReceived: 1100 } }, 1000)).lossPercent, 0);
  assert.equal(figuresBetween(sample(), sample({}, 1000)).lossPercent, undefined, 'nothing came');
});

test('another connection begins to count anew', () => {
  assert.ok(isSameConnection(sample(), sample(later, 1000)));
  assert.ok(!isSameConnection(sample(later), sample({}, 1000)));
});

test('the network is weak after two bad seconds, and well after five good ones', () => {
  const gauge = new WeaknessGauge();
  const good = { lossPercent: 0, packets: 300, roundTripMs: 40 };
  const said = (/** @type {object[]} */ seconds) => seconds.map(second => gauge.update(/** @type {any} */ (second)));
  assert.deepEqual(said([good, { ...good, lossPercent: 8 }, good]), [false, false, false], 'one bad second');
  assert.deepEqual(said([{ ...good, lossPercent: 8 }, { ...good, roundTripMs: 700 }]), [false, true]);
  assert.deepEqual(said([good, good, good, { ...good, lossPercent: 3 }]), [true, true, true, true], 'neither good nor bad');
  assert.deepEqual(said([good, good, good, good, good]), [true, true, true, true, false]);
  assert.deepEqual(said(Array(3).fill({ lossPercent: 50, packets: 4, roundTripMs: 40 })), [false, false, false], 'of four packets');
  assert.deepEqual(said(Array(3).fill({})), [false, false, false], 'nothing known');
});
