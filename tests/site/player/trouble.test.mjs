// @ts-check
// Why a viewing does not begin: each cause by what is known of it, and none before it can be known.

import assert from 'node:assert/strict';
import test from 'node:test';
import { findLack } from '../../../www/player/abilities.js';
import { isMixed, judge, PATIENCE_MS } from '../../../www/player/trouble.js';

/** All is under way, and nothing in its way. */
const well = {
  waitedMs: 3_000,
  mixed: false,
  admitted: true,
  playRefused: false,
  hidden: false,
  status: 201,
  ice: 'connected',
  packets: 10,
};
const late = { ...well, waitedMs: PATIENCE_MS };

/** @type {[string, object, string | null][]} */
const cases = [
  ['nothing is wrong as long as it may still be under way', { ...well, admitted: false, status: undefined, ice: 'new', packets: 0 }, null],
  ['a streamer that has let nobody in', { ...late, admitted: false, status: undefined, ice: 'new', packets: 0 }, 'unreachable'],
  ['one that has, and does not answer the offer', { ...late, status: undefined, ice: 'new', packets: 0 }, 'unreachable'],
  ['one that the browser may not ask, soon', { ...well, mixed: true, admitted: false, status: undefined }, 'mixed_content'],
  ['one that it may ask after all', { ...well, waitedMs: 100, mixed: true, admitted: false, status: undefined }, null],
  ['an offer that is at fault, at once', { ...well, status: 400, ice: 'new', packets: 0 }, 'offer_refused'],
  ['one of another kind than is taken', { ...well, status: 415, ice: 'new', packets: 0 }, 'offer_refused'],
  ['too many offers are only too early', { ...well, status: 429, ice: 'new', packets: 0 }, null],
  ['too many offers, for long', { ...late, status: 429, ice: 'new', packets: 0 }, 'server_busy'],
  ['a streamer that cannot send it now', { ...late, status: 503, ice: 'new', packets: 0 }, 'server_busy'],
  ['no way between any two candidates', { ...late, ice: 'failed', packets: 0 }, 'no_route'],
  ['one that is still looked for', { ...late, ice: 'connecting', packets: 0 }, 'no_route'],
  ['a way on which nothing comes', { ...late, packets: 0 }, 'nothing_arrives'],
  ['packets of which no frame comes', late, 'not_shown'],
  ['the same where nobody looks: browsers show no frames then', { ...late, hidden: true }, null],
  ['a browser that wants a press, at once', { ...well, playRefused: true, packets: 0 }, 'play_refused'],
  ['the same, for as long as there is something to see', { ...late, playRefused: true }, 'play_refused'],
  ['the same, where a press would show nothing', { ...late, playRefused: true, ice: 'failed', packets: 0 }, 'no_route'],
];
for (const [what, facts, trouble] of cases)
  test(`${what}: ${trouble}`, () => assert.equal(judge(/** @type {any} */ (facts)), trouble));

test('mixed content is a streamer without TLS behind a page with it, but on this very machine', () => {
  const mixed = (/** @type {string} */ page, /** @type {string} */ streamer) => isMixed(new URL(page), new URL(streamer));
  assert.equal(mixed('https://site.example/', 'http://gpu-1.example:8443/'), true);
  assert.equal(mixed('https://site.example/', 'https://gpu-1.example/'), false);
  assert.equal(mixed('http://site.example/', 'http://gpu-1.example/'), false);
  for (const own of ['localhost', '127.0.0.1', '[::1]', 'a.localhost']) assert.equal(mixed('https://site.example/', `http://${own}:8443/`), false, own);
  assert.equal(mixed('https://site.example/', 'http://127.0.0.1.example/'), true);
});

test('a browser lacks what it does not have, and nothing that it does not tell of', () => {
  const RTCPeerConnection = class {};
  const receiver = (/** @type {string[]} */ ...types) => ({ getCapabilities: () => ({ codecs: types.map(mimeType => ({ mimeType })) }) });
  assert.equal(findLack({}), 'no_webrtc');
  assert.equal(findLack({ RTCPeerConnection, RTCRtpReceiver: receiver('video/AV1', 'video/rtx') }), 'no_codec');
  assert.equal(findLack({ RTCPeerConnection, RTCRtpReceiver: receiver('video/VP8') }), null);
  assert.equal(findLack({ RTCPeerConnection, RTCRtpReceiver: receiver('video/rtx', 'video/H264') }), null);
  assert.equal(findLack({ RTCPeerConnection, RTCRtpReceiver: {} }), null);
  assert.equal(findLack({ RTCPeerConnection, RTCRtpReceiver: { getCapabilities: () => null } }), null);
});
