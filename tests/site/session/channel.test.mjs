// @ts-check
// The line to the streamer: every event once and in order, whatever happens to the line; and one that is dead is noticed.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Unreachable } from '../../../www/net/ask.js';
import { SessionChannel } from '../../../www/session/channel.js';

/** A WebSocket of which the test is the other side. */
class FakeSocket extends EventTarget {
  /** @type {FakeSocket[]} */
  static all = [];
  static blocked = false;
  /** @type {any[]} */
  requests = [];
  open = true;

  constructor() {
    super();
    if (FakeSocket.blocked) throw new Error('blocked');
    FakeSocket.all.push(this);
    setImmediate(() => this.dispatchEvent(new Event('open')));
  }

  /** @param {string} text */
  send(text) {
    this.requests.push(JSON.parse(text));
  }

  close(code = 1000) {
    if (!this.open) return;
    this.open = false;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }

  /** @param {object} message */
  say(message) {
    this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(message) }));
  }

  /** Waits for a request and answers it. @param {string} verb @param {object} answer */
  async answer(verb, answer) {
    const request = await until(() => this.requests.find(one => one.verb === verb && !one.answered));
    request.answered = true;
    this.say({ id: request.id, ...answer });
    return request;
  }
}

/** @template T @param {() => T} condition @returns {Promise<NonNullable<T>>} */
async function until(condition) {
  const endMs = Date.now() + 5_000;
  for (;;) {
    const value = condition();
    if (value) return /** @type {any} */ (value);
    assert.ok(Date.now() < endMs, String(condition));
    await new Promise(wake => setImmediate(wake));
  }
}

/** @param {test.TestContext} t @param {number} [cursor] */
function channelUnderTest(t, cursor) {
  FakeSocket.all = [];
  FakeSocket.blocked = false;
  const { WebSocket } = globalThis;
  globalThis.WebSocket = /** @type {any} */ (FakeSocket);
  // Waiting before another try is as short as it can be.
  t.mock.method(Math, 'random', () => 0);
  /** @type {{ events: string[], refused: string[], established: number, lost: number, replaced: number }} */
  const heard = { events: [], refused: [], established: 0, lost: 0, replaced: 0 };
  const channel = new SessionChannel(
    'https://streamer.example/one/',
    { ticket: 'T', name: 'Anna' },
    {
      onEstablished: () => void (heard.established += 1),
      onEvent: ({ msg, cursor: at }) => void heard.events.push(`${msg} ${at}`),
      onLost: () => void (heard.lost += 1),
      onRefused: ({ msg }) => void heard.refused.push(msg),
      onReplaced: () => void (heard.replaced += 1),
    },
    cursor,
  );
  t.after(() => {
    channel.close();
    globalThis.WebSocket = WebSocket;
  });
  const opened = channel.open();
  /** @param {number} at */
  const socket = at => until(() => FakeSocket.all[at]);
  return { channel, heard, opened, socket };
}

const ESTABLISHED = { msg: 'SESSION_CONNECTION_ESTABLISHED', cursor: 5, newest_cursor: 5, connection: 1 };

test('after a loss it goes on from the last event, and an event that comes twice is told once', async t => {
  const { heard, socket } = channelUnderTest(t);
  const first = await socket(0);
  const request = await first.answer('CONNECT_TO_SESSION', ESTABLISHED);
  assert.ok(!('cursor' in request), 'a newcomer asks for nothing that was');
  await until(() => heard.established === 1);
  first.say({ msg: 'A', cursor: 6 });
  first.say({ msg: 'B', cursor: 8 });
  first.close(1006);
  const second = await socket(1);
  const again = await second.answer('CONNECT_TO_SESSION', { ...ESTABLISHED, cursor: 8, newest_cursor: 10 });
  assert.equal(again.cursor, 8);
  assert.equal(again.name, 'Anna');
  for (const at of [8, 9, 10]) second.say({ msg: 'C', cursor: at });
  await until(() => heard.events.length === 4);
  assert.deepEqual(heard.events, ['A 6', 'B 8', 'C 9', 'C 10']);
  assert.equal(heard.lost, 1);
});

test('events that follow the answer in the same breath are told after it', async t => {
  const { heard, socket } = channelUnderTest(t, 3);
  const first = await socket(0);
  const request = await until(() => first.requests[0]);
  assert.equal(request.cursor, 3, 'after a reload it goes on where the page before had been');
  first.say({ id: request.id, ...ESTABLISHED, cursor: 3 });
  first.say({ msg: 'A', cursor: 4 });
  await until(() => heard.events.length === 1);
  assert.equal(heard.established, 1);
});

test('an old socket that still speaks after it was given up is not heard', async t => {
  const { heard, socket } = channelUnderTest(t);
  const first = await socket(0);
  await first.answer('CONNECT_TO_SESSION', ESTABLISHED);
  await until(() => heard.established === 1);
  first.close(1006);
  await (await socket(1)).answer('CONNECT_TO_SESSION', ESTABLISHED);
  await until(() => heard.established === 2);
  first.say({ msg: 'CONNECTION_REPLACED', cursor: 6 });
  first.say({ msg: 'A', cursor: 7 });
  assert.deepEqual([heard.events, heard.replaced], [[], 0]);
});

/** @type {Record<string, (socket: FakeSocket) => void>} */
const replacements = {
  'by an event': socket => socket.say({ msg: 'CONNECTION_REPLACED', cursor: 6 }),
  'by the close code': socket => socket.close(4001),
};
for (const [how, replace] of Object.entries(replacements))
  test(`a page that was replaced ${how} does not come back by itself`, async t => {
    const { heard, opened, socket } = channelUnderTest(t);
    const first = await socket(0);
    await first.answer('CONNECT_TO_SESSION', ESTABLISHED);
    await until(() => heard.established === 1);
    replace(first);
    await opened;
    assert.equal(heard.replaced, 1);
    assert.deepEqual([heard.lost, FakeSocket.all.length], [0, 1]);
  });

test('whoever was removed is told so and does not come back', async t => {
  const { heard, opened, socket } = channelUnderTest(t);
  await (await socket(0)).answer('CONNECT_TO_SESSION', { msg: 'FORBIDDEN', field: 'ticket' });
  await opened;
  assert.deepEqual(heard.refused, ['FORBIDDEN']);
});

test('verbs are answered over the WebSocket, and fail at once while the line is down', async t => {
  const { channel, heard, socket } = channelUnderTest(t);
  await assert.rejects(channel.ask('KEEP_ALIVE'), Unreachable);
  const first = await socket(0);
  await first.answer('CONNECT_TO_SESSION', ESTABLISHED);
  await until(() => heard.established === 1);
  const answer = channel.ask('SEND_DATA', { data: 1 });
  const { ticket } = await first.answer('SEND_DATA', { msg: 'DATA_SENT' });
  assert.equal(ticket, undefined, 'the socket knows who it is');
  assert.equal((await answer).msg, 'DATA_SENT');
  const lost = channel.ask('SEND_DATA', { data: 2 });
  first.close(1006);
  await assert.rejects(lost, Unreachable);
  await assert.rejects(channel.ask('SEND_DATA', { data: 3 }), Unreachable, 'nor is one asked of a line that went');
});

test('a silent line is asked, and given up when it does not answer', async t => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const timeouts = t.mock.method(globalThis, 'setTimeout', (/** @type {() => void} */ act, /** @type {number} */ ms) => {
    timers.push({ act, atMs: nowMs + ms });
    return timers.length;
  });
  t.mock.method(globalThis, 'clearTimeout', (/** @type {number} */ id) => {
    if (timers[id - 1]) timers[id - 1].act = () => {};
  });
  /** @type {{ act: () => void, atMs: number }[]} */
  const timers = [];
  const passUntil = async (/** @type {number} */ toMs) => {
    for (; nowMs < toMs; nowMs += 500) {
      for (const timer of timers)
        if (timer.atMs <= nowMs) {
          const { act } = timer;
          timer.act = () => {};
          act();
        }
      for (let turn = 0; turn < 5; turn++) await new Promise(wake => setImmediate(wake));
    }
  };
  const { heard, socket } = channelUnderTest(t);
  const first = await socket(0);
  await first.answer('CONNECT_TO_SESSION', ESTABLISHED);
  await until(() => heard.established === 1);
  await passUntil(10_000);
  const proof = await first.answer('POLL_EVENTS', { msg: 'EVENTS', cursor: 5, events: [] });
  assert.deepEqual([proof.cursor, proof.wait_seconds], [5, 0], 'asked for what is not there, without waiting');
  await passUntil(12_000);
  assert.equal(heard.lost, 0, 'an answer is a proof');
  const silentFromMs = 10_000;
  await passUntil(silentFromMs + 15_500);
  assert.equal(heard.lost, 1, 'noticed within 15 s');
  assert.ok(timeouts.mock.callCount() > 0);
});

test('where no WebSocket gets through the same events come by polls, and verbs go by POST', async t => {
  /** @type {any[]} */
  const asked = [];
  /** @type {((answer: object) => void)[]} */
  const polls = [];
  t.mock.method(globalThis, 'fetch', async (/** @type {URL} */ url, /** @type {any} */ { body }) => {
    assert.equal(String(url), 'https://streamer.example/one/session');
    const request = JSON.parse(body);
    asked.push(request);
    const answers = {
      CONNECT_TO_SESSION: { ...ESTABLISHED, connection: 4 },
      SEND_DATA: { msg: 'DATA_SENT' },
      POLL_EVENTS: null,
    };
    const answer = answers[/** @type {keyof answers} */ (request.verb)];
    return new Response(JSON.stringify(answer ?? (await new Promise(settle => polls.push(settle)))));
  });
  const { channel, heard } = channelUnderTest(t);
  FakeSocket.blocked = true;
  for (const socket of FakeSocket.all) socket.dispatchEvent(new Event('error'));
  await until(() => polls.length === 1);
  polls[0]({ msg: 'EVENTS', cursor: 7, events: [{ msg: 'A', cursor: 6 }, { msg: 'B', cursor: 7 }] });
  await until(() => polls.length === 2);
  assert.deepEqual(heard.events, ['A 6', 'B 7']);
  const questions = asked.filter(({ verb }) => verb === 'POLL_EVENTS');
  assert.deepEqual(
    questions.map(({ ticket, cursor, connection }) => [ticket, cursor, connection]),
    [
      ['T', 5, 4],
      ['T', 7, 4],
    ],
  );
  assert.ok(!channel.isStream);
  assert.equal((await channel.ask('SEND_DATA', { data: 1 })).msg, 'DATA_SENT');
  assert.equal(asked.at(-1).ticket, 'T');
  polls[1]({ msg: 'EVENTS', cursor: 8, events: [{ msg: 'CONNECTION_REPLACED', cursor: 8 }] });
  await until(() => heard.replaced === 1);
});
