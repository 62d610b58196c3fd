// @ts-check
// The coordinator's events on the page: a WebSocket first, polls where none gets through, and no event lost or told twice between
// the two. Time is the test's own.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Unreachable } from '../../../www/net/ask.js';
import { Feed } from '../../../www/net/feed.js';

const turn = () => new Promise(done => setImmediate(done));

/** Lets everything run that needs no time. */
async function settle() {
  for (let i = 0; i < 8; i++) await turn();
}

class Clock {
  nowMs = 0;
  /** @type {{ atMs: number, wake: () => void }[]} */
  #alarms = [];

  /** @param {number} durationMs @param {AbortSignal} [signal] @returns {Promise<void>} */
  pause(durationMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#alarms = this.#alarms.filter(other => other !== alarm);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const alarm = { atMs: this.nowMs + durationMs, wake };
      this.#alarms.push(alarm);
      signal?.addEventListener('abort', onAbort);
    });
  }

  /** @param {number} durationMs */
  async run(durationMs) {
    const endMs = this.nowMs + durationMs;
    for (;;) {
      await settle();
      this.#alarms.sort((a, b) => a.atMs - b.atMs);
      const next = this.#alarms[0];
      if (!next || next.atMs > endMs) break;
      this.#alarms.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
    }
    this.nowMs = endMs;
  }
}

/** The coordinator's side: events with their numbers, polls that wait, and sockets that do what the test says. */
class Coordinator {
  /** What opening a WebSocket gives. @type {'open' | 'blocked' | 'silent'} */
  sockets = 'open';
  /** Whether polls are answered. */
  reachable = true;
  /** After how many seconds who may not wait shall ask again; 0: all may. */
  retryAfter = 0;
  /** @type {Set<FakeSocket>} */
  living = new Set();
  opened = 0;
  /** Polls that wait. @type {Set<() => void>} */
  waiting = new Set();
  /** @type {{ event: any, session?: string }[]} */
  #events = [];
  #start = 1;
  /** What stands for a session: ticket -> event. @type {Map<string, any>} */
  standing = new Map();
  badTickets = new Set();

  /** @param {Clock} clock */
  constructor(clock) {
    this.clock = clock;
  }

  /** @param {string} msg @param {string} [session] the ticket of those whom it is for */
  tell(msg, session) {
    this.#events.push({ event: { msg }, session });
    for (const wake of [...this.waiting]) wake();
    for (const socket of this.living)
      if (!session || socket.tickets.has(session)) socket.push({ msg, cursor: this.cursor });
  }

  get cursor() {
    return `${this.#start}-${this.#events.length}`;
  }

  /** Forgets all, as by a restart. */
  restart() {
    for (const socket of [...this.living]) socket.break();
    this.#start += 1;
    this.#events = [];
  }

  /** @param {any} fields */
  #since({ cursor, ticket }) {
    if (ticket && this.badTickets.has(ticket)) return { msg: 'NOT_AUTHORIZED' };
    if (ticket && cursor === undefined && this.standing.has(ticket))
      return { msg: 'EVENTS', cursor: this.cursor, events: [this.standing.get(ticket)] };
    const [start, read] = cursor === undefined ? [this.#start, this.#events.length] : cursor.split('-').map(Number);
    const events = this.#events
      .slice(start === this.#start ? read : 0)
      .filter(({ session }) => !session || session === ticket)
      .map(({ event }) => event);
    return { msg: 'EVENTS', cursor: this.cursor, events };
  }

  /** By POST. @param {string} verb @param {any} fields @param {any} options @returns {Promise<any>} */
  async ask(verb, fields, { signal, timeoutMs } = {}) {
    assert.equal(verb, 'POLL_EVENTS');
    await turn();
    signal?.throwIfAborted();
    if (!this.reachable) throw new Unreachable(verb);
    if (this.retryAfter && fields.wait_seconds) return { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: this.retryAfter };
    const now = this.#since(fields);
    if (now.msg !== 'EVENTS' || now.events.length > 0 || !fields.wait_seconds) return now;
    assert.ok(fields.wait_seconds * 1000 < timeoutMs);
    const given = new AbortController();
    const told = new Promise(resolve => {
      const wake = () => resolve(undefined);
      this.waiting.add(wake);
      given.signal.addEventListener('abort', () => this.waiting.delete(wake));
    });
    const over = this.clock.pause(fields.wait_seconds * 1000, given.signal).catch(() => {});
    const gone = new Promise((_, fail) => {
      signal.addEventListener('abort', () => fail(signal.reason), { signal: given.signal });
    });
    gone.catch(() => {});
    try {
      await Promise.race([told, over, gone]);
    } finally {
      given.abort();
    }
    if (!this.reachable) throw new Unreachable(verb);
    return this.#since(fields);
  }

  /** @returns {Promise<FakeSocket | null>} */
  async open() {
    await turn();
    if (this.sockets === 'blocked') return null;
    this.opened += 1;
    return new FakeSocket(this, this.sockets === 'silent');
  }

  /** @param {any} fields */
  answer(fields) {
    return this.#since(fields);
  }
}

/** What stands where the page has a VerbSocket. */
class FakeSocket {
  onEvent = (/** @type {any} */ _event) => {};
  tickets = new Set();
  #heardMs;
  #end = (/** @type {number} */ _code) => {};
  #isBroken = false;

  /** @param {Coordinator} coordinator @param {boolean} isSilent */
  constructor(coordinator, isSilent) {
    this.coordinator = coordinator;
    this.isSilent = isSilent;
    this.#heardMs = coordinator.clock.nowMs;
    /** @type {Promise<number>} */
    this.closed = new Promise(resolve => (this.#end = resolve));
    coordinator.living.add(this);
  }

  get silentMs() {
    return this.coordinator.clock.nowMs - this.#heardMs;
  }

  /** @param {any} event */
  push(event) {
    if (this.isSilent) return;
    this.#heardMs = this.coordinator.clock.nowMs;
    setImmediate(() => this.onEvent(event));
  }

  /** @param {string} verb @param {any} fields @param {number} timeoutMs @returns {Promise<any>} */
  async ask(verb, fields, timeoutMs) {
    if (this.isSilent || this.#isBroken) {
      const late = this.coordinator.clock.pause(timeoutMs);
      await Promise.race([late, this.closed]);
      throw new Unreachable(verb);
    }
    const answer = this.coordinator.answer(fields);
    if (fields.ticket && answer.msg === 'EVENTS') this.tickets.add(fields.ticket);
    this.#heardMs = this.coordinator.clock.nowMs;
    return new Promise(resolve => setImmediate(() => resolve(answer)));
  }

  /** The other side goes away. */
  break() {
    this.#isBroken = true;
    this.coordinator.living.delete(this);
    this.#end(1006);
  }

  close() {
    this.onEvent = () => {};
    this.break();
  }
}

function start() {
  const clock = new Clock();
  const coordinator = new Coordinator(clock);
  /** @type {string[]} */
  const heard = [];
  /** @type {boolean[]} */
  const online = [];
  const counts = { fresh: 0 };
  const feed = new Feed({
    ask: (verb, fields, options) => coordinator.ask(verb, fields, options),
    open: () => /** @type {Promise<any>} */ (coordinator.open()),
    pause: (durationMs, signal) => clock.pause(durationMs, signal),
    nowMs: () => clock.nowMs,
  });
  const listen = () =>
    feed.listen({
      onEvent: ({ msg, cursor }) => {
        assert.equal(cursor, undefined, 'an event looks the same by either way');
        heard.push(msg);
      },
      onFresh: () => (counts.fresh += 1),
      onOnline: is => online.push(is),
    });
  return { clock, coordinator, feed, heard, online, counts, listen };
}

test('a WebSocket is taken first, and no poll waits beside it', async () => {
  const { clock, coordinator, heard, counts, listen } = start();
  listen();
  await clock.run(1000);
  for (const msg of ['A', 'B', 'C']) coordinator.tell(msg);
  await clock.run(60_000);
  assert.deepEqual(heard, ['A', 'B', 'C']);
  assert.deepEqual([coordinator.opened, coordinator.waiting.size, counts.fresh], [1, 0, 1]);
});

test('a coordinator that lets nobody wait is asked when it says, and counts as there', async () => {
  const { clock, coordinator, heard, online, counts, listen } = start();
  coordinator.sockets = 'blocked';
  coordinator.retryAfter = 15;
  listen();
  await clock.run(5_000);
  coordinator.tell('A');
  await clock.run(12_000);
  assert.deepEqual(heard, []);
  await clock.run(5_000);
  assert.deepEqual(heard, ['A']);
  coordinator.tell('B');
  await clock.run(60_000);
  assert.deepEqual(heard, ['A', 'B']);
  assert.deepEqual([online, counts.fresh], [[], 1], 'nothing is said of a lost connection');
});

test('where none gets through the events are polled for, and tried again later', async () => {
  const { clock, coordinator, heard, online, listen } = start();
  coordinator.sockets = 'blocked';
  listen();
  await clock.run(3500);
  assert.equal(coordinator.waiting.size, 1);
  coordinator.tell('A');
  await clock.run(1000);
  assert.deepEqual(heard, ['A']);
  coordinator.sockets = 'open';
  await clock.run(100_000);
  assert.equal(coordinator.opened, 1);
  assert.equal(coordinator.waiting.size, 0, 'no poll is left behind');
  coordinator.tell('B');
  await clock.run(10);
  assert.deepEqual(heard, ['A', 'B']);
  assert.deepEqual(online, []);
});

test('a WebSocket that opens and then stays silent is given up; meanwhile nothing is missed', async () => {
  const { clock, coordinator, heard, listen } = start();
  coordinator.sockets = 'silent';
  listen();
  for (let second = 0; second < 20; second++) {
    coordinator.tell(`at ${second}`);
    await clock.run(1000);
  }
  assert.equal(coordinator.living.size, 0, 'it is closed');
  assert.deepEqual(heard, Array.from({ length: 19 }, (_, i) => `at ${i + 1}`));
});

test('one that falls silent later is noticed, and what was told meanwhile is told after', async () => {
  const { clock, coordinator, heard, counts, listen } = start();
  listen();
  await clock.run(1000);
  coordinator.tell('A');
  await clock.run(1000);
  for (const one of coordinator.living) one.isSilent = true;
  coordinator.sockets = 'blocked';
  coordinator.tell('B');
  await clock.run(60_000);
  assert.deepEqual(heard, ['A', 'B']);
  assert.equal(counts.fresh, 2);
});

test('through every change of the way each event comes once, in order', async () => {
  let seed = 1;
  const random = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 30; round++) {
    const { clock, coordinator, heard, listen } = start();
    listen();
    await clock.run(random(5000));
    /** @type {string[]} */
    const told = [];
    const before = heard.length;
    assert.equal(before, 0);
    for (let step = 0; step < 120; step++) {
      const chance = random(12);
      if (chance === 0) coordinator.sockets = /** @type {const} */ (['open', 'blocked', 'silent'])[random(3)];
      if (chance === 1) for (const one of [...coordinator.living]) one.break();
      if (chance === 2) coordinator.reachable = !coordinator.reachable;
      if (chance === 3) for (const one of coordinator.living) one.isSilent = true;
      const count = random(3);
      for (let i = 0; i < count; i++) {
        told.push(`${told.length}`);
        coordinator.tell(told[told.length - 1]);
      }
      await clock.run(random(4000));
    }
    coordinator.reachable = true;
    await clock.run(120_000);
    /* What was told before the first answer is not news. */
    assert.deepEqual(heard, told.slice(told.length - heard.length));
    assert.ok(heard.length > told.length - 20, `${heard.length} of ${told.length}`);
    assert.ok(coordinator.waiting.size <= 1 && coordinator.living.size <= 1);
  }
});

test('when neither way leads anywhere the page is told, and when one does again', async () => {
  const { clock, coordinator, online, counts, heard, listen } = start();
  listen();
  await clock.run(1000);
  coordinator.reachable = false;
  coordinator.sockets = 'blocked';
  coordinator.restart();
  await clock.run(10_000);
  assert.deepEqual(online, [false]);
  coordinator.tell('after the restart');
  coordinator.reachable = true;
  await clock.run(20_000);
  assert.deepEqual(online, [false, true]);
  assert.equal(counts.fresh, 2);
  assert.deepEqual(heard, ['after the restart']);
});

for (const sockets of /** @type {const} */ (['open', 'blocked']))
  test(`a session's events come with its ticket, and what stands already at once (${sockets})`, async () => {
    const { clock, coordinator, feed, heard, listen } = start();
    coordinator.sockets = sockets;
    listen();
    await clock.run(5000);
    coordinator.tell('not for us', 'ticket');
    coordinator.standing.set('ticket', { msg: 'stands' });
    /** @type {string[]} */
    const own = [];
    const leaving = new AbortController();
    let isOver = false;
    let fresh = 0;
    feed.follow('ticket', { onEvent: ({ msg }) => own.push(msg), onFresh: () => fresh++ }, leaving.signal).then(() => (isOver = true));
    await clock.run(1000);
    coordinator.tell('for all');
    coordinator.tell('for us', 'ticket');
    coordinator.tell('for others', 'another');
    await clock.run(1000);
    assert.deepEqual(own.filter(msg => msg !== 'for all' && msg !== 'not for us'), ['stands', 'for us']);
    const begun = fresh;
    assert.ok(begun > 0, 'none were followed before');
    for (const socket of [...coordinator.living]) socket.break();
    coordinator.tell('while away', 'ticket');
    await clock.run(60_000);
    assert.equal(own.at(-1), 'while away');
    assert.equal(isOver, false);
    if (sockets === 'open') assert.ok(fresh > begun, 'events may have been missed');
    const before = fresh;
    leaving.abort();
    await clock.run(1000);
    coordinator.tell('too late', 'ticket');
    await clock.run(30_000);
    assert.equal(own.at(-1), 'while away');
    assert.equal(isOver, true);
    assert.equal(fresh, before, 'it is told nothing any more');
    assert.deepEqual(heard.filter(msg => msg === 'for all'), ['for all']);
  });

for (const sockets of /** @type {const} */ (['open', 'blocked']))
  test(`a ticket that is of no use ends the following of its session, and of nothing else (${sockets})`, async () => {
    const { clock, coordinator, feed, heard, listen } = start();
    coordinator.sockets = sockets;
    listen();
    await clock.run(5000);
    coordinator.badTickets.add('bad');
    let ended = 0;
    feed.follow('bad', { onEvent() {} }, new AbortController().signal).then(() => ended++);
    await clock.run(5000);
    assert.equal(ended, 1);
    feed.follow('good', { onEvent() {} }, new AbortController().signal).then(() => ended++);
    await clock.run(5000);
    assert.equal(ended, 1);
    coordinator.badTickets.add('good');
    for (const socket of [...coordinator.living]) socket.break();
    await clock.run(60_000);
    assert.equal(ended, 2);
    coordinator.tell('A');
    await clock.run(30_000);
    assert.equal(heard.at(-1), 'A');
  });

test("after another session's ticket the first one's events come no more", async () => {
  const { clock, coordinator, feed, heard, listen } = start();
  listen();
  await clock.run(5000);
  /** @type {string[]} */
  const second = [];
  const first = new AbortController();
  feed.follow('one', { onEvent() {} }, first.signal);
  await clock.run(1000);
  first.abort();
  feed.follow('two', { onEvent: ({ msg }) => second.push(msg) }, new AbortController().signal);
  await clock.run(10_000);
  coordinator.tell('of one', 'one');
  coordinator.tell('of two', 'two');
  await clock.run(1000);
  assert.deepEqual(second, ['of two']);
  assert.ok(!heard.includes('of one'));
});
