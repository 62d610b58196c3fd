// @ts-check
// One WebSocket on the page: each answer finds its request, and none is left waiting when the connection goes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Unreachable } from '../../../www/net/ask.js';
import { VerbSocket } from '../../../www/net/verb-socket.js';

/** A WebSocket that the test is the other side of. */
class FakeWebSocket extends EventTarget {
  /** @type {FakeWebSocket | null} */
  static last = null;
  /** @type {any[]} */
  sent = [];
  isClosed = false;

  /** @param {URL} url */
  constructor(url) {
    super();
    this.url = String(url);
    FakeWebSocket.last = this;
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  /** @param {unknown} data */
  say(data) {
    this.dispatchEvent(Object.assign(new Event('message'), { data: typeof data === 'string' ? data : JSON.stringify(data) }));
  }
}

/** @param {import('node:test').TestContext} t */
async function openSocket(t) {
  const real = globalThis.WebSocket;
  globalThis.WebSocket = /** @type {any} */ (FakeWebSocket);
  t.after(() => (globalThis.WebSocket = real));
  const opening = VerbSocket.open(new URL('https://site.example/deep/ws'), new AbortController().signal);
  const socket = /** @type {FakeWebSocket} */ (FakeWebSocket.last);
  return { opening, socket };
}

test('answers find their requests by id, in whatever order they come; the rest are events', async t => {
  const { opening, socket } = await openSocket(t);
  assert.equal(socket.url, 'wss://site.example/deep/ws');
  socket.dispatchEvent(new Event('open'));
  const verbs = /** @type {VerbSocket} */ (await opening);
  /** @type {string[]} */
  const events = [];
  verbs.onEvent = ({ msg }) => events.push(msg);
  const first = verbs.ask('A', {});
  const second = verbs.ask('B', { field: 1 });
  assert.deepEqual(socket.sent.map(({ verb, field }) => [verb, field]), [['A', undefined], ['B', 1]]);
  for (const rubbish of ['', '{', 'null', '5', '{"id":1}', { msg: 5 }, { msg: 'ANSWER', id: 'of nobody' }]) socket.say(rubbish);
  socket.say({ msg: 'EVENT' });
  socket.say({ msg: 'TO B', id: socket.sent[1].id });
  socket.say({ msg: 'TO A', id: socket.sent[0].id });
  assert.deepEqual([(await first).msg, (await second).msg, events], ['TO A', 'TO B', ['EVENT']]);
});

test('a connection that goes leaves no request without an end', async t => {
  const { opening, socket } = await openSocket(t);
  socket.dispatchEvent(new Event('open'));
  const verbs = /** @type {VerbSocket} */ (await opening);
  const asked = verbs.ask('A', {});
  socket.dispatchEvent(Object.assign(new Event('close'), { code: 1001 }));
  await assert.rejects(asked, Unreachable);
  assert.equal(await verbs.closed, 1001);
  await assert.rejects(verbs.ask('B', {}, 5), Unreachable);
});

test('none is had where it is refused', async t => {
  const { opening, socket } = await openSocket(t);
  socket.dispatchEvent(new Event('error'));
  assert.equal(await opening, null);
});
