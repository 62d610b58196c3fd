// @ts-check
// The page's side of the wire: polling, waiting, candidates, addresses.

import assert from 'node:assert/strict';
import test from 'node:test';
import { invitationLink, readAddress, readCode, withLanguage, withoutFragment } from '../../../www/app/address.js';
import { ask, serverNowMs, Unreachable } from '../../../www/net/ask.js';
import { backoffMs, pause } from '../../../www/net/backoff.js';
import { pollEvents } from '../../../www/net/poll.js';
import { applyFragment, buildSdpFragment } from '../../../www/player/sdpfrag.js';
import { readInstant } from '../../../www/session/state.js';

/**
 * Polls a server that gives these answers in turn.
 * @param {object[]} answers
 * @param {{ cursor?: string, tookMs?: number }} [options]
 */
async function poll(answers, { cursor, tookMs = 5_000 } = {}) {
  /** @type {any[]} */
  const requests = [];
  /** @type {any[]} */
  const events = [];
  /** @type {number[]} */
  const pauses = [];
  let nowMs = 0;
  const refusal = await pollEvents({
    ask: async (verb, fields) => {
      requests.push({ verb, ...fields });
      nowMs += tookMs;
      return /** @type {any} */ (answers[requests.length - 1]);
    },
    cursor,
    fields: { ticket: 'T' },
    onEvent: event => events.push(event),
    pause: async durationMs => void pauses.push(durationMs),
    nowMs: () => nowMs,
  });
  return { requests, events, pauses, refusal };
}

test('who may not wait asks again without waiting, when the refusal says', async () => {
  const { requests, events, pauses, refusal } = await poll([
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 15 },
    { msg: 'EVENTS', cursor: 'c1', events: [{ msg: 'SERVERS_CHANGED', rcs: [] }] },
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 3600 },
    { msg: 'EVENTS', cursor: 'c1', events: [] },
    { msg: 'EVENTS', cursor: 'c2', events: [{ msg: 'A' }] },
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 5 },
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 7 },
  ]);
  assert.deepEqual(
    requests.map(request => request.wait_seconds),
    [25, 0, 25, 0, 25, 25, 0],
  );
  assert.deepEqual(pauses, [15_000, 60_000, 5_000], 'a minute at most');
  assert.deepEqual(
    events.map(({ msg }) => msg),
    ['SERVERS_CHANGED', 'A'],
  );
  assert.equal(refusal.retry_after_seconds, 7, 'refused without waiting, it is the caller who thinks of something else');
});

test('polling goes on from the cursor of the last answer, and a refusal ends it', async () => {
  const { requests, events, refusal } = await poll(
    [
      { msg: 'EVENTS', cursor: 'c1', events: [{ msg: 'SERVERS_CHANGED', rcs: [] }] },
      { msg: 'EVENTS', cursor: 'c1', events: [] },
      { msg: 'EVENTS', cursor: 'c2', events: [{ msg: 'A' }, { msg: 'B' }] },
      { msg: 'NOT_AUTHORIZED' },
    ],
    { cursor: 'c0' },
  );
  assert.deepEqual(
    requests.map(request => request.cursor),
    ['c0', 'c1', 'c1', 'c2'],
  );
  for (const { verb, ticket, wait_seconds } of requests)
    assert.deepEqual({ verb, ticket, wait_seconds }, { verb: 'POLL_EVENTS', ticket: 'T', wait_seconds: 25 });
  assert.deepEqual(
    events.map(({ msg }) => msg),
    ['SERVERS_CHANGED', 'A', 'B'],
  );
  assert.equal(refusal.msg, 'NOT_AUTHORIZED');
});

test('without a cursor none is sent', async () => {
  const { requests } = await poll([{ msg: 'INTERNAL_ERROR' }]);
  assert.ok(!('cursor' in requests[0]));
});

test('what is no event is passed over', async () => {
  const { events } = await poll([
    { msg: 'EVENTS', cursor: 1, events: [null, 5, {}, { msg: 7 }, { msg: 'A' }] },
    { msg: 'EVENTS' },
    { msg: 'X' },
  ]);
  assert.deepEqual(events, [{ msg: 'A' }]);
});

test('a server that does not wait is not asked in a busy loop', async () => {
  const { pauses } = await poll(
    [
      { msg: 'EVENTS', cursor: 1, events: [] },
      { msg: 'EVENTS', cursor: 1, events: [] },
      { msg: 'EVENTS', cursor: 2, events: [{ msg: 'A' }] },
      { msg: 'X' },
    ],
    { tookMs: 10 },
  );
  // The first and the third moved the cursor on: there may be more at once.
  assert.deepEqual(pauses, [990]);
});

test('waiting before another try grows, is bounded and differs from page to page', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 50, 1000].map(failures => backoffMs(failures, () => 1)),
    [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000],
  );
  assert.equal(backoffMs(1, () => 0), 250);
});

test('a pause ends early with its signal', async () => {
  const controller = new AbortController();
  const waiting = pause(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(pause(60_000, controller.signal), /enough/);
});

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

test('the address chooses, joins and sets the language', () => {
  const address = new URL('https://flats.example/show/?lang=ru#rc=River%20Quarter');
  assert.deepEqual(readAddress(address), { code: null, rcName: 'River Quarter', language: 'ru' });
  assert.equal(readAddress(new URL('https://flats.example/#code=0427')).code, '0427');
  assert.equal(readAddress(new URL('https://flats.example/#code=42')).code, null);
});

test('a code is four digits, however they are set apart', () => {
  for (const text of ['0427', ' 0427 ', '04 27', '04-27', '04\u00a027'])
    assert.equal(readCode(text), '0427', JSON.stringify(text));
  for (const text of ['', '427', '0427042704', '04a7', '٠٤٢٧']) assert.equal(readCode(text), null, JSON.stringify(text));
});

test('an invitation keeps the site’s path and nothing else of the address', () => {
  const link = invitationLink(new URL('https://flats.example/show/?lang=ru#rc=X'), '0427');
  assert.equal(link, 'https://flats.example/show/#code=0427');
});

test('a change of language keeps the rest of the address', () => {
  const changed = withLanguage(new URL('https://a.example/?x=1&lang=en#rc=Y'), 'ru');
  assert.equal(changed, 'https://a.example/?x=1&lang=ru#rc=Y');
  assert.equal(withoutFragment(new URL('https://a.example/?x=1#code=1')), 'https://a.example/?x=1');
});

test('an instant that is none is not there', () => {
  assert.equal(readInstant('2026-12-01T15:00:00Z'), Date.UTC(2026, 11, 1, 15));
  for (const odd of [undefined, 5, 'tomorrow', null]) assert.equal(readInstant(odd), undefined);
});

/** @param {test.TestContext} t @param {(url: string, init: any) => Promise<any>} answer what a server does */
function serve(t, answer) {
  t.mock.method(globalThis, 'fetch', answer);
}

test('a refusal is an answer, whatever its HTTP status', async t => {
  serve(t, async () => new Response('{"msg":"SERVERS_BUSY","retry_after_seconds":7}', { status: 503 }));
  assert.deepEqual(await ask('api', 'START_SESSION', { rc_name: 'X' }), { msg: 'SERVERS_BUSY', retry_after_seconds: 7 });
});

test('a proxy’s error page is no answer', async t => {
  serve(t, async () => new Response('<html>Bad Gateway</html>', { status: 502 }));
  await assert.rejects(ask('api', 'GET_RCS'), Unreachable);
});

test('whoever does not answer in time is unreachable', async t => {
  serve(t, (_, { signal }) => new Promise((_settle, fail) => signal.addEventListener('abort', () => fail(signal.reason))));
  await assert.rejects(ask('api', 'GET_RCS', {}, { timeoutMs: 5 }), Unreachable);
});

test('countdowns go by the server’s clock', async t => {
  let serverMs = Date.now() + 3_600_000;
  serve(t, async () => new Response('{"msg":"RCS_FOUND"}', { headers: { Date: new Date(serverMs).toUTCString() } }));
  await ask('api', 'GET_RCS');
  assert.ok(Math.abs(serverNowMs() - Date.now() - 3_600_000) < 5_000);
  serverMs = Date.now();
  await ask('api', 'GET_RCS');
  assert.ok(Math.abs(serverNowMs() - Date.now()) < 5_000);
});
