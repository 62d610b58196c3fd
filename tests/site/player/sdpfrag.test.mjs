// @ts-check
// Candidates and new credentials, as WHEP wants them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { applyFragment, buildSdpFragment } from '../../../www/player/sdpfrag.js';

const credentials = ['a=ice-ufrag:frag', 'a=ice-pwd:secret'];
const video = ['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:0'];
const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:1'];
const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:2'];
/** @param {string[]} lines */
const sdp = lines => lines.map(line => `${line}\r\n`).join('');
const offer = sdp(['v=0', 's=-', video[0], ...credentials, video[1], audio[0], ...credentials, audio[1], ...data]);

test('candidates travel under their media line, with the credentials once', () => {
  const fragment = buildSdpFragment(
    offer,
    [
      { candidate: 'candidate:1 1 udp 1 10.0.0.1 5000 typ host', sdpMid: '0' },
      { candidate: 'candidate:2 1 udp 1 10.0.0.1 5001 typ host', sdpMid: '1' },
    ],
    false,
  );
  assert.equal(
    fragment,
    sdp([
      ...credentials,
      ...video,
      'a=candidate:1 1 udp 1 10.0.0.1 5000 typ host',
      ...audio,
      'a=candidate:2 1 udp 1 10.0.0.1 5001 typ host',
    ]),
  );
});

test('the end of the candidates is told, also alone', () => {
  assert.equal(buildSdpFragment(offer, [], true), sdp([...credentials, ...video, 'a=end-of-candidates']));
});

test('credentials of the whole session are found too', () => {
  const whole = sdp(['v=0', ...credentials, ...video]);
  const fragment = buildSdpFragment(whole, [{ candidate: 'candidate:1', sdpMid: '0' }], false);
  assert.equal(fragment, sdp([...credentials, ...video, 'a=candidate:1']));
});

test('an ICE restart gives the answer before new credentials and candidates, and nothing else', () => {
  const old = ['a=ice-ufrag:old', 'a=ice-pwd:older', 'a=candidate:1 old', 'a=end-of-candidates'];
  const answer = ['v=0', 's=-', 'a=ice-options:trickle'];
  const before = sdp([...answer, ...video, ...old, 'a=sendonly', ...data, ...old.slice(0, 2), 'a=sctp-port:5000']);
  const fragment = sdp([...credentials, ...video, 'a=candidate:2 new', 'a=candidate:3 new', 'a=end-of-candidates']);
  assert.equal(
    applyFragment(before, fragment),
    sdp([
      ...answer,
      ...[...video, 'a=sendonly', ...credentials, 'a=candidate:2 new', 'a=candidate:3 new', 'a=end-of-candidates'],
      ...[...data, 'a=sctp-port:5000', ...credentials],
    ]),
  );
});
