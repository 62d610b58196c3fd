// @ts-check
// kill -9 at random moments under a stream of bookings and cancellations: what was promised is there, once, and no
// more than there are places. A request that gets no answer is sent again with the same request_id.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { startCoordinator } from './lib/coordinator.mjs';
import { HOUR, MINUTE, roundTime, startRiver, written } from './lib/planning.mjs';
import { onEnd } from './lib/programs.mjs';

/** @typedef {import('./lib/planning.mjs').PlanRecord} PlanRecord */
/** @typedef {{ request_id: string, code: string, key: string, cancelled: 'no' | 'perhaps' | 'yes' }} Promised */

const KILLS = process.env.SANITIZERS ? 20 : 200;
const CLIENTS = 4;
const PLACES = 3;
/* Few enough that they fill up: most times are fought for. */
const STARTS = 24;
const LENGTH = 30 * MINUTE;

const random = (/** @type {number} */ below) => Math.floor(Math.random() * below);

/** Someone who books and cancels until told to stop, and remembers what was promised. */
class Visitor {
  /** @type {Promised[]} */
  promised = [];
  refused = 0;
  repeated = 0;
  #requests = 0;

  /** @param {Client} client @param {number} number @param {number} first the first start */
  constructor(client, number, first) {
    this.client = client;
    this.number = number;
    this.first = first;
  }

  /**
   * Asks until there is an answer; a lost one, or one from nginx alone, is none.
   * @param {string} verb @param {object} fields @returns {Promise<{ answer: any, lost: boolean }>}
   */
  async #ask(verb, fields) {
    for (let lost = false; ; lost = true) {
      try {
        const { status, answer } = await this.client.ask(verb, { ...fields });
        if (status !== 502 && answer) return { answer, lost };
      } catch {
        /* the connection broke */
      }
      this.repeated++;
      await new Promise(wake => setTimeout(wake, 20 + random(20)));
    }
  }

  async #book() {
    const request_id = `visitor-${this.number}-${++this.#requests}`;
    const at = written(this.first + random(STARTS) * 15 * MINUTE);
    const { answer } = await this.#ask('PLAN_SESSION', { rc_name: 'River', ...at, duration_minutes: 30, request_id });
    if (answer.msg === 'CONNECTION_CODE') this.promised.push({ request_id, code: answer.code, key: answer.key, cancelled: 'no' });
    else if (answer.msg === 'TIME_NOT_AVAILABLE') this.refused++;
    else assert.fail(JSON.stringify(answer));
  }

  /** @param {Promised} booking */
  async #cancel(booking) {
    booking.cancelled = 'perhaps';
    const { answer, lost } = await this.#ask('CANCEL_SESSION', { code: booking.code, key: booking.key });
    const wasDone = lost && ['SESSION_NOT_EXIST', 'TOO_MANY_ATTEMPTS', 'FORBIDDEN'].includes(answer.msg);
    assert.ok(answer.msg === 'SESSION_CANCELLED' || wasDone, JSON.stringify(answer));
    booking.cancelled = 'yes';
  }

  /** @param {() => boolean} goesOn */
  async run(goesOn) {
    while (goesOn()) {
      const live = this.promised.filter(({ cancelled }) => cancelled === 'no');
      if (live.length > 5 || (live.length && random(3) === 0)) await this.#cancel(live[random(live.length)]);
      else await this.#book();
    }
  }
}

/** @param {PlanRecord[]} records @param {(record: PlanRecord) => string | undefined} of */
function assertUnique(records, of) {
  const all = records.map(of);
  assert.equal(new Set(all).size, all.length, 'nothing is there twice');
}

/** @param {PlanRecord[]} records what the file holds @param {Promised[]} promised what clients were told before */
function assertKept(records, promised) {
  const live = records.filter(({ state }) => state !== 'ended');
  assertUnique(records, ({ id }) => id);
  assertUnique(records, ({ request_id }) => request_id);
  assertUnique(live, ({ code }) => code);
  /** @type {Map<number, number>} */
  const used = new Map();
  for (const { starts_at, ends_at } of live)
    for (let at = Date.parse(starts_at); at < Date.parse(ends_at); at += MINUTE) used.set(at, (used.get(at) ?? 0) + 1);
  assert.ok(Math.max(0, ...used.values()) <= PLACES, 'nothing is overbooked');
  const found = new Map(records.map(record => [record.request_id, record]));
  for (const { request_id, code, cancelled } of promised) {
    const record = found.get(request_id);
    assert.equal(record?.code, code, 'what was promised is there');
    if (cancelled !== 'perhaps') assert.equal(record?.state, cancelled === 'yes' ? 'ended' : 'planned', request_id);
  }
}

test(`${KILLS} times kill -9 under bookings and cancellations: every promise is kept, none twice`, async t => {
  /* A server that was not seen yet counts as one place: there are as many from the start. */
  const { client, files, nginx, coordinator } = await startRiver(t, { limits: Array(PLACES).fill(1), settings: { log_level: 'notice' } });
  const first = roundTime(2 * HOUR);
  const visitors = Array.from({ length: CLIENTS }, (_, number) => {
    const own = new Client(client.url, { ca: nginx.ca, connections: 1 });
    onEnd(t, () => own.close());
    return new Visitor(own, number, first);
  });
  const promised = () => visitors.flatMap(visitor => visitor.promised.map(booking => ({ ...booking })));
  let goesOn = true;
  const all = Promise.all(visitors.map(visitor => visitor.run(() => goesOn)));
  all.catch(() => {}); /* told below */
  let running = coordinator;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.race([all, new Promise(wake => setTimeout(wake, random(80)))]);
      const before = promised();
      running.kill();
      await running.exited;
      assertKept(files.readPlan(), before);
      running = await startCoordinator(t, files);
    }
  } finally {
    goesOn = false;
  }
  await all;
  const bookings = promised();
  await running.stop();
  assertKept(files.readPlan(), bookings);

  await startCoordinator(t, files);
  for (const { code, key, cancelled } of bookings.filter(({ cancelled }) => cancelled === 'no').slice(0, 20)) {
    const { answer } = await client.ask('CONNECT_SESSION_WITH_CODE', { code, key });
    assert.equal(answer.msg, 'SESSION_NOT_STARTED', cancelled);
  }
  const sum = (/** @type {(visitor: Visitor) => number} */ of) => visitors.reduce((all, visitor) => all + of(visitor), 0);
  const cancellations = bookings.filter(({ cancelled }) => cancelled === 'yes').length;
  t.diagnostic(`${bookings.length} bookings, ${cancellations} cancelled, ${sum(v => v.refused)} refused, ${sum(v => v.repeated)} requests sent again`);
  assert.ok(bookings.length >= KILLS && cancellations > KILLS / 4 && sum(v => v.repeated) > 0, 'the stream went on all the while');
});
