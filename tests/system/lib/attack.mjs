// @ts-check
// Attackers from many addresses who take all they can get, beside visitors who want one thing each: what the visitors get. Everybody comes
// from an address of 127.0.0.0/8 of their own, whom nothing exempts.

import { Client } from './client.mjs';
import { CoordinatorFiles, listed, startSite } from './coordinator.mjs';
import { FakeStreamer } from './fake_streamer.mjs';
import { onEnd } from './programs.mjs';

const RCS = 2;
/** Of each complex. */
const SERVERS = 6;
const SESSIONS_A_SERVER = 4;
/** How many attackers ask at any moment. */
const AT_ONCE = 48;
/** A visitor who gets no server within so many seconds goes home. */
const PATIENCE_SECONDS = 60;
const DAY_MS = 86_400_000;

/** @param {number} below */
const random = below => Math.floor(Math.random() * below);
/** @param {number} ms */
export const pass = ms => new Promise(wake => setTimeout(wake, ms));
const someRc = () => `RC ${random(RCS)}`;
/** A moment that can be booked, between tomorrow and the horizon. */
function someTime() {
  const day = new Date(Date.now() + (1 + random(58)) * DAY_MS);
  const date = `${day.getUTCDate()}/${day.getUTCMonth() + 1}/${day.getUTCFullYear()}`;
  return { date, time: `${String(random(24)).padStart(2, '0')}:${String(15 * random(4)).padStart(2, '0')}` };
}

/**
 * A site with servers whose sessions run until their hosts leave.
 * @param {import('./programs.mjs').Scope} scope @param {object} [unusual] settings that are not the default ones
 */
export async function startAttackedSite(scope, unusual = {}) {
  const files = new CoordinatorFiles(scope);
  const streamers = await Promise.all(
    Array.from({ length: RCS * SERVERS }, (_, i) => FakeStreamer.start(scope, { name: `server-${i}`, key: files.key, limit: SESSIONS_A_SERVER })),
  );
  const servers = streamers.map((streamer, i) => listed(streamer, `RC ${i % RCS}`));
  const settings = { log_level: 'notice', access_log: false, limits: { exempt: [] }, ...unusual };
  const site = await startSite(scope, { files, servers, settings });
  await site.online(servers.length);
  return { ...site, streamers };
}

/** @typedef {Awaited<ReturnType<typeof startAttackedSite>>} AttackedSite */

/** Somebody with an address of their own. */
class Person {
  /** @param {AttackedSite} site @param {string} address @param {import('./programs.mjs').Scope} scope */
  constructor(site, address, scope) {
    this.client = new Client(site.client.url, { ca: site.client.ca, localAddress: address });
    onEnd(scope, () => this.client.close());
  }

  /** @param {string} verb @param {Record<string, unknown>} [fields] @returns {Promise<any>} the answer */
  async ask(verb, fields = {}) {
    const { answer, status, text } = await this.client.ask(verb, fields);
    return answer ?? { msg: `${status} ${text.slice(0, 80)}` };
  }
}

/** What became of one thing that people want. */
class Outcomes {
  /** @type {number[]} milliseconds of those that went well */
  took = [];
  /** What was said instead, and how often. @type {Map<string, number>} */
  refused = new Map();

  /** @param {string} msg */
  refuse(msg) {
    this.refused.set(msg, (this.refused.get(msg) ?? 0) + 1);
  }

  /** @param {number} part 0 to 1 */
  quantile(part) {
    const sorted = [...this.took].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  }

  toString() {
    const refused = [...this.refused].map(([msg, count]) => `, ${count} ${msg}`).join('');
    return `${this.took.length} done, p50 ${this.quantile(0.5).toFixed(0)} ms, p99 ${this.quantile(0.99).toFixed(0)} ms, slowest ${this.quantile(1).toFixed(0)} ms${refused}`;
  }
}

export class Attack {
  /** What visitors wanted, and what came of it. @type {Map<string, Outcomes>} */
  visitors = new Map();
  /** What attackers were told: "VERB MSG", and how often. @type {Map<string, number>} */
  attackers = new Map();
  #site;
  #scope;
  #running = false;
  #heldMs = 0;

  /** @param {AttackedSite} site @param {import('./programs.mjs').Scope} scope */
  constructor(site, scope) {
    this.#site = site;
    this.#scope = scope;
  }

  /**
   * Lets them all loose.
   * @param {{ networks: number, addresses: number, visitors: number, begun?: () => Promise<unknown>, over: () => Promise<unknown>, held?: number }} options
   *   `addresses`: attackers of each network; `begun`: until then the attackers are alone; `over`: until then it goes on; `held`: after so many
   *   seconds a streamer ends an attacker's session, because nobody does anything in it
   */
  async run({ networks, addresses, visitors, begun, over, held = 10 }) {
    this.#heldMs = 1000 * held;
    const foes = Array.from({ length: networks * addresses }, (_, i) => this.#person(`127.20.${i % networks}.${1 + Math.floor(i / networks)}`));
    const friends = Array.from({ length: visitors }, (_, i) => ({
      host: this.#person(`127.30.${i}.1`),
      guest: this.#person(`127.31.${i}.1`),
    }));
    this.#running = true;
    const attacks = Array.from({ length: foes.length && AT_ONCE }, () => this.#repeat(() => this.#attack(foes[random(foes.length)])));
    await begun?.();
    const visits = friends.map(({ host, guest }, i) => this.#repeat(() => (i % 2 ? this.#booker(host, guest) : this.#visitor(host, guest))));
    try {
      await over();
    } finally {
      this.#running = false;
      await Promise.all([...attacks, ...visits]);
    }
  }

  /** @param {string} address */
  #person(address) {
    return new Person(this.#site, address, this.#scope);
  }

  /** @param {() => Promise<void>} role */
  async #repeat(role) {
    while (this.#running) await role();
  }

  /** @param {string} session @param {string} reason */
  #end(session, reason) {
    for (const streamer of this.#site.streamers) if (streamer.sessions.has(session)) streamer.end(session, reason);
  }

  /** @param {string} what */
  #of(what) {
    const known = this.visitors.get(what) ?? new Outcomes();
    this.visitors.set(what, known);
    return known;
  }

  /**
   * Asks for one thing until it is there or refused; the answer, or null.
   * @param {string} what @param {Person} person @param {string} verb @param {Record<string, unknown>} fields @param {string} wanted
   */
  async #want(what, person, verb, fields, wanted) {
    const begun = performance.now();
    const answer = await person.ask(verb, fields);
    if (answer.msg !== wanted) {
      this.#of(what).refuse(answer.msg);
      return null;
    }
    this.#of(what).took.push(performance.now() - begun);
    return answer;
  }

  // What visitors do.

  /** Books, looks whether both the code and the link are good, and gives it back. @param {Person} host @param {Person} guest */
  async #booker(host, guest) {
    const booked = await this.#want('book', host, 'PLAN_SESSION', { rc_name: someRc(), ...someTime(), duration_minutes: 15, name: 'Host' }, 'CONNECTION_CODE');
    if (booked) {
      const { code, key, invite } = booked;
      await this.#want('come early, with the key', host, 'CONNECT_SESSION_WITH_CODE', { code, key }, 'SESSION_NOT_STARTED');
      await this.#want('come early, by the link', guest, 'CONNECT_SESSION_WITH_CODE', { code, invite }, 'SESSION_NOT_STARTED');
      await this.#want('cancel', host, 'CANCEL_SESSION', { code, key }, 'SESSION_CANCELLED');
    }
    await pass(1000 + random(1000)); /* more often than any person, and less than the limit for one */
  }

  /** Starts, waiting in line if need be, has somebody come by the link and by the code, and leaves. @param {Person} host @param {Person} guest */
  async #visitor(host, guest) {
    const session = await this.#start(host);
    if (!session) return;
    const { code, invite } = session;
    await this.#want('join by the link', guest, 'CONNECT_SESSION_WITH_CODE', { code, invite, name: 'Guest' }, 'SESSION_CONNECTION_DATA');
    await this.#knock(host, guest, session);
    this.#end(session.session, 'users_left');
    await pass(200 + random(800));
  }

  /** @param {Person} host */
  async #start(host) {
    const begun = performance.now();
    const rc_name = someRc();
    let place;
    while (this.#running && performance.now() - begun < PATIENCE_SECONDS * 1000) {
      const answer = await host.ask('START_SESSION', { rc_name, wait_seconds: 5, place, name: 'Host', duration_minutes: 5 });
      if (answer.msg === 'SESSION_CONNECTION_DATA') {
        this.#of('start, waiting in line').took.push(performance.now() - begun);
        return answer;
      }
      place = answer.place;
      if (answer.msg !== 'SERVERS_BUSY') {
        this.#of('start, waiting in line').refuse(`${answer.msg} (${answer.reason})`);
        await pass(1000);
        return null;
      }
    }
    if (this.#running) this.#of('start, waiting in line').refuse(`no place within ${PATIENCE_SECONDS} s`);
    if (place) await host.ask('LEAVE_LINE', { place });
    return null;
  }

  /**
   * The guest types the code; when that knocks, the host lets them in at once.
   * @param {Person} host @param {Person} guest @param {{ code: string, ticket: string }} session
   */
  async #knock(host, guest, { code, ticket }) {
    const listening = { over: false, saidYesAt: 0 };
    const hearing = this.#answerKnocks(host, ticket, listening);
    const begun = performance.now();
    const answer = await guest.ask('CONNECT_SESSION_WITH_CODE', { code, name: 'Guest' });
    const { saidYesAt } = listening;
    listening.over = true;
    const what = saidYesAt ? "join by a knock, from the host's yes" : 'join by the code';
    if (answer.msg === 'SESSION_CONNECTION_DATA') this.#of(what).took.push(performance.now() - (saidYesAt || begun));
    else this.#of('join by the code').refuse(answer.msg);
    await hearing;
  }

  /** @param {Person} host @param {string} ticket @param {{ over: boolean, saidYesAt: number }} listening */
  async #answerKnocks(host, ticket, listening) {
    let cursor;
    while (!listening.over) {
      const answer = await host.ask('POLL_EVENTS', { ticket, cursor, wait_seconds: 1 });
      cursor = answer.cursor;
      for (const { msg, knock } of answer.events ?? [])
        if (msg === 'KNOCK') {
          listening.saidYesAt ||= performance.now();
          await host.ask('ADMIT_USER', { ticket, knock });
        }
    }
  }

  // What attackers do.

  /** @param {Person} foe */
  async #attack(foe) {
    const attacks = [this.#bookAll, this.#startAll, this.#standInLine, this.#guess, this.#guess, this.#otherPage];
    const before = performance.now();
    await attacks[random(attacks.length)].call(this, foe);
    /* Guesses that wait do not keep the others from it. */
    await pass(Math.max(0, 20 - (performance.now() - before)));
  }

  /** @param {Person} foe @param {string} verb @param {Record<string, unknown>} fields */
  async #ask(foe, verb, fields) {
    const answer = await foe.ask(verb, fields);
    const told = `${verb} ${answer.msg}${answer.field ? ` ${answer.field}` : ''}`;
    this.attackers.set(told, (this.attackers.get(told) ?? 0) + 1);
    return answer;
  }

  /** @param {Person} foe */
  async #bookAll(foe) {
    for (let i = 0; i < 5; i++) await this.#ask(foe, 'PLAN_SESSION', { rc_name: someRc(), ...someTime(), duration_minutes: 5 });
  }

  /** @param {Person} foe */
  async #startAll(foe) {
    const { session } = await this.#ask(foe, 'START_SESSION', { rc_name: someRc(), duration_minutes: 60 });
    if (session) setTimeout(() => this.#end(session, 'inactive'), this.#heldMs).unref();
  }

  /** @param {Person} foe */
  async #standInLine(foe) {
    const rc_name = someRc();
    const { place } = await this.#ask(foe, 'START_SESSION', { rc_name, wait_seconds: 0 });
    if (!place) return;
    const { session } = await this.#ask(foe, 'START_SESSION', { rc_name, wait_seconds: 1, place });
    if (session) setTimeout(() => this.#end(session, 'inactive'), this.#heldMs).unref();
  }

  /** Goes on when the answer is not there soon: another of them waits for it. @param {Person} foe */
  async #guess(foe) {
    const asked = this.#ask(foe, 'CONNECT_SESSION_WITH_CODE', { code: String(random(10_000)).padStart(4, '0') });
    await Promise.race([asked, pass(500)]);
  }

  /** The page of somebody else in a visitor's browser. @param {Person} foe */
  async #otherPage(foe) {
    const body = JSON.stringify({ verb: 'PLAN_SESSION', rc_name: someRc(), ...someTime() });
    const { answer } = await foe.client.send(body, { headers: { Origin: 'https://elsewhere.example', 'Content-Type': 'text/plain' } });
    const told = `from another page ${answer?.msg}`;
    this.attackers.set(told, (this.attackers.get(told) ?? 0) + 1);
  }
}
