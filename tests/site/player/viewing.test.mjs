// @ts-check
// A viewing whose network comes back: ICE is restarted at the first try, however slow the way to the server is.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Viewing } from '../../../www/player/viewing.js';

/** @template T @param {() => T} condition @returns {Promise<NonNullable<T>>} */
async function until(condition) {
  const endMs = Date.now() + 10_000;
  for (;;) {
    const value = condition();
    if (value) return /** @type {any} */ (value);
    assert.ok(Date.now() < endMs, String(condition));
    await new Promise(wake => setTimeout(wake, 5));
  }
}

const sdp = (/** @type {string} */ ufrag) =>
  ['v=0', 's=-', 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:0', `a=ice-ufrag:${ufrag}`, `a=ice-pwd:password-of-${ufrag}-long-enough`, ''].join('\r\n');
const ufragOf = (/** @type {string | undefined} */ text) => /^a=ice-ufrag:(.*)$/m.exec(text ?? '')?.[1].trim() ?? '';

/** The server's side of ICE: it answers checks that know its present credentials. */
class FakeServer {
  generation = 1;
  /** @type {string} of the player */ ufrag = '';
  /** @type {{ method: string, ufrag: string, inForce: string }[]} `inForce`: at the player, when it asked */ requests = [];
  /** @type {(signal: AbortSignal | null | undefined) => Promise<unknown>} */ delay = async () => {};

  get own() {
    return `server-${this.generation}`;
  }

  /** In place of fetch(). @param {URL} _url @param {RequestInit} request */
  ask = async (_url, { method = '', body, headers, signal }) => {
    const ufrag = ufragOf(String(body));
    this.requests.push({ method, ufrag, inForce: ufragOf(FakePeer.newest.localDescription?.sdp) });
    if (method === 'POST') {
      this.ufrag = ufrag;
      return new Response(sdp(this.own), { status: 201, headers: { Location: 'https://streamer.example/whep/1', ETag: '"1"' } });
    }
    if (method !== 'PATCH') return new Response(null, { status: 200 });
    await this.delay(signal);
    const ETag = `"${this.generation}"`;
    if (/** @type {Record<string, string>} */ (headers)['If-Match'] !== ETag) return new Response(null, { status: 412, headers: { ETag } });
    if (ufrag === this.ufrag) return new Response(null, { status: 204 });
    this.ufrag = ufrag;
    this.generation++;
    return new Response(sdp(this.own), { status: 200, headers: { ETag: `"${this.generation}"` } });
  };
}

/** A browser's end, with one path to the server. As in Chromium, an offer's checks begin before its answer, and a path is not opened twice. */
class FakePeer extends EventTarget {
  /** @type {FakePeer} */ static newest;
  /** @type {FakeServer} */ static server;
  connectionState = 'new';
  signalingState = 'stable';
  /** @type {{ sdp: string } | null} */ localDescription = null;
  /** @type {{ sdp: string } | null} */ remoteDescription = null;
  /** the present path, the credentials that it was opened with, and what came on it */
  path = { id: '', local: '', remote: '', bytes: 0 };
  hasNetwork = true;
  #offers = 0;

  constructor() {
    super();
    FakePeer.newest = this;
  }

  input = new EventTarget();
  createDataChannel() {
    return this.input;
  }
  addTransceiver() {}
  restartIce() {}
  close() {
    this.connectionState = 'closed';
  }

  async createOffer() {
    return { type: 'offer', sdp: sdp(`player-${++this.#offers}`) };
  }

  async setLocalDescription(offer = /** @type {any} */ (undefined)) {
    this.localDescription = offer ?? (await this.createOffer());
    this.signalingState = 'have-local-offer';
    if (this.remoteDescription) this.#check();
  }

  async setRemoteDescription(/** @type {{ sdp: string }} */ answer) {
    this.remoteDescription = answer;
    this.signalingState = 'stable';
    this.#check();
  }

  #check() {
    const local = ufragOf(this.localDescription?.sdp);
    const remote = ufragOf(this.remoteDescription?.sdp);
    if (!this.hasNetwork || remote !== FakePeer.server.own || this.path.local === local) return;
    this.path = { id: `path of ${local}`, local, remote, bytes: 0 };
    this.turn('connected');
  }

  /** @param {string} state */
  turn(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  /** Something comes with every look, where both ends know each other. */
  async getStats() {
    const { server } = FakePeer;
    const known = this.path.remote === server.own && this.path.local === server.ufrag;
    if (this.hasNetwork && known) this.path.bytes += 100;
    const pair = { type: 'candidate-pair', id: this.path.id, bytesReceived: this.path.bytes };
    return new Map([
      ['T', { type: 'transport', id: 'T', selectedCandidatePairId: pair.id }],
      [pair.id, pair],
    ]);
  }
}

/** A viewing that is connected. @param {test.TestContext} t */
async function connected(t) {
  const server = new FakeServer();
  FakePeer.server = server;
  const replaced = { fetch: server.ask, RTCPeerConnection: FakePeer, MediaStream: class {}, navigator: { onLine: true } };
  for (const [name, value] of Object.entries(replaced)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : Reflect.deleteProperty(globalThis, name)));
  }
  /** @type {boolean[]} */ const told = [];
  /** @type {import('../../../www/player/viewing.js').EngineMessage[]} */ const said = [];
  const viewing = new Viewing(new URL('https://streamer.example/whep'), 'T', {}, {
    onStream() {},
    onConnected: is => void told.push(is),
    onMessage: message => void said.push(message),
  });
  t.after(() => viewing.close());
  await viewing.connect();
  const restarts = () => server.requests.filter(({ method, ufrag }) => method === 'PATCH' && ufrag !== 'player-1');
  return { viewing, server, peer: FakePeer.newest, told, said, restarts };
}

/** A request that nobody answers. @param {AbortSignal | null | undefined} signal */
const silence = signal => new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason)));

test('a restart over a slow network brings the picture back at the first try', async t => {
  const { peer, server, told, restarts } = await connected(t);
  server.delay = () => new Promise(settle => setTimeout(settle, 100));
  peer.turn('disconnected');
  await until(() => told.length === 2);
  assert.deepEqual(told, [false, true]);
  assert.equal(new Set(restarts().map(({ ufrag }) => ufrag)).size, 1);
  assert.equal(ufragOf(peer.localDescription?.sdp), server.ufrag);
});

test('a path that goes on under another name, as with another address, has brought nothing by that', async t => {
  const { viewing, peer, told, server } = await connected(t);
  peer.path.bytes = 1000;
  peer.hasNetwork = false;
  server.delay = silence;
  const doubted = viewing.doubt();
  peer.path.id = 'the same path';
  await doubted;
  assert.deepEqual(told, [false], 'it is restarted as soon as it was doubted');
});

test('requests for a restart that get no answer change nothing, and the next one is answered', async t => {
  const { peer, server, told, restarts } = await connected(t);
  const others = () => server.requests.filter(({ method, ufrag }) => method === 'PATCH' && ufrag === 'player-1');
  peer.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: null }));
  await until(() => others().length > 0);
  server.delay = silence;
  peer.turn('disconnected');
  await until(() => restarts().length > 0);
  server.delay = () => Promise.reject(new TypeError('no network'));
  await until(() => restarts().length > 1);
  server.delay = async () => {};
  await until(() => told.length === 2);
  assert.deepEqual(restarts().slice(0, 3).map(({ inForce }) => inForce), ['player-1', 'player-1', 'player-1']);
  assert.equal(others().length, 1, 'that there are no more candidates is said once');
  assert.equal(ufragOf(peer.localDescription?.sdp), server.ufrag);
});

test('a restart of which the answer got lost is followed by another one', async t => {
  const { peer, server, told } = await connected(t);
  peer.turn('disconnected');
  await until(() => told.length === 2);
  // The server has restarted once more, for a player that knows nothing of it.
  server.generation++;
  server.ufrag = 'lost';
  peer.turn('disconnected');
  await until(() => told.length === 4);
  assert.deepEqual(told, [false, true, false, true]);
  assert.equal(ufragOf(peer.localDescription?.sdp), server.ufrag);
});

test('what the engine says is handed on, and what is no message is not', async t => {
  const { peer, said } = await connected(t);
  for (const data of ['', '{', '7', 'null', '[]', '{"relative":true}', '{"type":7}', new ArrayBuffer(2), '{"type":"pointer","relative":true}'])
    peer.input.dispatchEvent(new MessageEvent('message', { data }));
  assert.deepEqual(said, [{ type: 'pointer', relative: true }]);
});
