// @ts-check
// People who book and cancel while all kinds of things break, what they were promised, and whether it was kept.

import assert from 'node:assert/strict';
import { MINUTE, written } from './planning.mjs';

/** @typedef {import('./planning.mjs').PlanRecord} PlanRecord */
/** @typedef {import('./client.mjs').Reply} Reply */
/** @typedef {{ request_id: string, code: string, key: string, cancelled: 'no' | 'perhaps' | 'yes' }} Promised */

const LENGTH = 30 * MINUTE;

export const random = (/** @type {number} */ below) => Math.floor(Math.random() * below);

/** An answer by nginx alone is none. @param {Reply} reply */
const answered = ({ status, answer }) => status !== 502 && Boolean(answer);

/** Someone who books and cancels until told to stop, and remembers what was promised. */
export class Visitor {
  /** @type {Promised[]} */
  promised = [];
  tried = 0;
  refused = 0;
  repeated = 0;
  /** The longest that a question took to be answered, in ms. */
  longest = 0;
  /** Set when nobody waits for the answers any more. */
  hasGone = false;
  /** How many bookings each client's coordinator acknowledged. @type {number[]} */
  booked;

  /**
   * @param {{ clients: import('./client.mjs').Client[], number: number, first: number, starts: number,
   *           isAnswer?: (reply: Reply) => boolean }} options
   *   `clients`: one for each coordinator, asked as a balancer would, at random; `first`: the first start to book, of so
   *   many a quarter of an hour apart; what is no answer is asked again
   */
  constructor({ clients, number, first, starts, isAnswer = answered }) {
    this.clients = clients;
    this.number = number;
    this.first = first;
    this.starts = starts;
    this.isAnswer = isAnswer;
    this.booked = clients.map(() => 0);
  }

  /** Asks until there is an answer. @param {string} verb @param {object} fields */
  async #ask(verb, fields) {
    const begun = performance.now();
    for (let lost = false; !this.hasGone; lost = true) {
      const at = random(this.clients.length);
      try {
        const reply = await this.clients[at].ask(verb, { ...fields });
        if (this.isAnswer(reply)) {
          this.longest = Math.max(this.longest, performance.now() - begun);
          return { answer: reply.answer, lost, at };
        }
      } catch {
        /* the connection broke */
      }
      this.repeated++;
      await new Promise(wake => setTimeout(wake, 20 + random(20)));
    }
    throw new Error('there was no answer till the end');
  }

  async #book() {
    const request_id = `visitor-${this.number}-${++this.tried}`;
    const start = written(this.first + random(this.starts) * 15 * MINUTE);
    const fields = { rc_name: 'River', ...start, duration_minutes: LENGTH / MINUTE, request_id };
    const { answer, at } = await this.#ask('PLAN_SESSION', fields);
    if (answer.msg === 'CONNECTION_CODE') {
      this.promised.push({ request_id, code: answer.code, key: answer.key, cancelled: 'no' });
      this.booked[at]++;
    } else if (answer.msg === 'TIME_NOT_AVAILABLE') this.refused++;
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

/** What they were all promised by now. @param {Visitor[]} visitors */
export const promisedTo = visitors => visitors.flatMap(visitor => visitor.promised.map(booking => ({ ...booking })));

/** @param {Visitor[]} visitors @param {(visitor: Visitor) => number} of */
export const sumOf = (visitors, of) => visitors.reduce((all, visitor) => all + of(visitor), 0);

/** @param {PlanRecord[]} records @param {(record: PlanRecord) => string | undefined} of */
function assertUnique(records, of) {
  const all = records.map(of);
  assert.equal(new Set(all).size, all.length, 'nothing is there twice');
}

/**
 * @param {PlanRecord[]} records what the store holds @param {Promised[]} promised what clients were told before
 * @param {number} places
 */
export function assertKept(records, promised, places) {
  const live = records.filter(({ state }) => state !== 'ended');
  assertUnique(records, ({ id }) => id);
  assertUnique(records, ({ request_id }) => request_id);
  assertUnique(live, ({ code }) => code);
  /** @type {Map<number, number>} */
  const used = new Map();
  for (const { starts_at, ends_at } of live)
    for (let at = Date.parse(starts_at); at < Date.parse(ends_at); at += MINUTE) used.set(at, (used.get(at) ?? 0) + 1);
  assert.ok(Math.max(0, ...used.values()) <= places, 'nothing is overbooked');
  const found = new Map(records.map(record => [record.request_id, record]));
  for (const { request_id, code, cancelled } of promised) {
    const record = found.get(request_id);
    assert.equal(record?.code, code, 'what was promised is there');
    if (cancelled !== 'perhaps') assert.equal(record?.state, cancelled === 'yes' ? 'ended' : 'planned', request_id);
  }
}
