// @ts-check
// What tests of invitations and knocking share: people who come from addresses of their own, and what is told inside.

import assert from 'node:assert/strict';
import { HOUR, planned } from './planning.mjs';
import { until } from './programs.mjs';

/** @typedef {import('./client.mjs').Client} Client */

/** The web server's own address is a proxy's: whom it tells of is who comes. */
export const proxied = { trusted_proxies: ['127.0.0.1'] };

/** Codes that none of these is. @param {string[]} used @param {number} count */
export function wrongCodes(used, count) {
  const codes = [];
  for (let i = 0; codes.length < count; i++) {
    const code = String(i).padStart(4, '0');
    if (!used.includes(code)) codes.push(code);
  }
  return codes;
}

/**
 * Somebody at an address types a code.
 * @param {Client} client @param {string} address @param {string} code @param {object} [more]
 */
export const comeFrom = (client, address, code, more = {}) =>
  client.send(JSON.stringify({ verb: 'CONNECT_SESSION_WITH_CODE', code, ...more }), {
    headers: { 'X-Forwarded-For': address },
  });

/**
 * Fifty bookings of "River" with codes of their own, which begin in an hour: seven wrong codes spend a day's budget then.
 * @returns {import('./planning.mjs').PlanRecord[]}
 */
export const fifty = () => Array.from({ length: 50 }, (_, i) => planned(HOUR, 2 * HOUR, { code: String(5000 + i) }));

/**
 * Seven networks type a wrong code each, and are told so.
 * @param {Client} client @param {string[]} used codes that are right
 */
export async function spendBudget(client, used) {
  for (const [i, code] of wrongCodes(used, 7).entries()) {
    const { status } = await comeFrom(client, `198.18.${i}.1`, code);
    assert.equal(status, 404);
  }
}

/** The events that somebody inside hears from the coordinator, as they come. */
export class Inside {
  /** @type {any[]} */
  events = [];
  #going = true;

  /** @param {Client} client @param {string} ticket */
  constructor(client, ticket) {
    this.client = client;
    this.ticket = ticket;
  }

  /** From now on. @param {import('./programs.mjs').Scope} scope @param {Client} client @param {string} ticket */
  static async listen(scope, client, ticket) {
    const inside = new Inside(client, ticket);
    const { answer } = await client.ask('POLL_EVENTS', { ticket });
    void inside.#poll(answer.cursor);
    scope.after(() => void (inside.#going = false));
    return inside;
  }

  /** @param {string} cursor */
  async #poll(cursor) {
    while (this.#going) {
      const { status, answer } = await this.client
        .ask('POLL_EVENTS', { ticket: this.ticket, cursor, wait_seconds: 2 })
        .catch(() => ({ status: 0, answer: null }));
      if (status === 0) return;
      this.last = { status, answer };
      if (status !== 200) return;
      this.events.push(...answer.events);
      cursor = answer.cursor;
    }
  }

  /** Events of a kind. @param {string} msg @returns {any[]} */
  of(msg) {
    return this.events.filter(event => event.msg === msg);
  }

  /** Waits for the n-th event of a kind. @param {string} msg @param {number} [n] from 1 @returns {Promise<any>} */
  next(msg, n = 1) {
    return until(() => this.of(msg)[n - 1], { what: `the event ${msg}` });
  }
}
