// @ts-check
// The master key is replaced by another, as vitrina-cluster(7), ROTATING A KEY, has it, while people come and go: nobody is
// refused, and who is in does not notice.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { listed, startSite } from './lib/coordinator.mjs';
import { administer, Database, hasDatabase } from './lib/database.mjs';
import { fakeEngine } from './lib/fake_engine.mjs';
import { replaceFile } from './lib/files.mjs';
import { HOUR, MINUTE, planned, PlanningFiles, roundTime, usual, written } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { operatorTicket } from './lib/staff.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

const NEW = 'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210';
/** Whose bookings are opened: more than rounds are made. */
const BOOKINGS = 300;

/**
 * Coordinators, two on a database or one alone, two streamers of "River" and one of "Park", of which there are bookings whose
 * time has come.
 * @param {import('./lib/programs.mjs').Scope} t @param {number} coordinators
 */
async function startAll(t, coordinators) {
  const files = Array.from({ length: coordinators }, () => new PlanningFiles(t));
  const [{ key }] = files;
  const bookings = Array.from({ length: BOOKINGS }, (_, i) => planned(-MINUTE, HOUR, { rc_name: 'Park', code: String(100_000 + i) }));
  /** @type {Streamer[]} */
  const streamers = [];
  for (const server_name of ['river-1', 'river-2', 'park-1']) {
    const { path } = await fakeEngine(t);
    streamers.push(await startStreamer(t, { server_name, webrtc_program: path, session_limit: 4 }, { key }));
  }
  const servers = streamers.map(({ name, port }) => listed({ name, port }, name.startsWith('park') ? 'Park' : 'River'));
  const database = coordinators > 1 ? await Database.start(t) : undefined;
  const settings = { ...usual, code_digits: 6, ...(database ? { store: database.store } : {}) };
  for (const { directory } of files) replaceFile(join(directory, 'vitrina.key'), `${key}\n`);
  files[0].writePlan(bookings);
  if (database) {
    files[0].writeConfiguration(settings);
    files[0].writeServers(servers);
    administer(files[0], '--migrate');
    administer(files[0], '--import', files[0].servers);
  }
  const sites = await Promise.all(files.map(each => startSite(t, { files: each, servers, settings })));
  for (const site of sites) await site.online(streamers.length);
  return { files, key, bookings, streamers, sites };
}

/** People who come, join, book, open bookings and leave without a pause. */
class Crowd {
  rounds = 0;
  /** What was answered otherwise than it should be. @type {string[]} */
  refusals = [];
  #going = true;

  /** @param {import('./lib/programs.mjs').Scope} t @param {Awaited<ReturnType<typeof startAll>>} all */
  constructor(t, { key, bookings, streamers, sites }) {
    this.key = key;
    this.bookings = [...bookings];
    this.sites = sites;
    this.staff = operatorTicket(sites[0].files).ticket;
    this.doors = new Map(streamers.map(({ port, base }) => [String(port), new Client(`${base}session`)]));
    onEnd(t, () => this.doors.forEach(door => door.close()));
    this.ended = Promise.all([0, 1].map(i => this.#comeAndGo(i)));
    onEnd(t, () => this.stop());
  }

  async stop() {
    this.#going = false;
    await this.ended;
  }

  /** Waits until everything has been done some more times. */
  async goOn() {
    const { rounds } = this;
    await until(() => this.rounds >= rounds + 4 || this.refusals.length > 0, { what: 'rounds of visitors', timeout: 60_000 });
    assert.deepEqual(this.refusals, []);
  }

  /** @param {Client} client @param {string} verb @param {Record<string, unknown>} fields */
  async #ask(client, verb, fields) {
    const { status, text, answer } = await client.ask(verb, fields);
    if (status !== 200) throw new Error(`${verb}: ${status} ${text}`);
    return answer;
  }

  /** Into the session and out of it again. @param {any[]} people connection data */
  async #visit(...people) {
    for (const verb of ['CONNECT_TO_SESSION', 'POLL_EVENTS', 'DISCONNECT'])
      for (const { port, ticket } of people) await this.#ask(this.doors.get(port) ?? assert.fail(), verb, { ticket });
  }

  /** @param {number} i */
  async #comeAndGo(i) {
    try {
      for (; this.#going && this.refusals.length === 0; i++, this.rounds++) await this.#come(i);
    } catch (refusal) {
      this.refusals.push(String(refusal));
    }
  }

  /** @param {number} i */
  async #come(i) {
    const [here, there] = [i, i + 1].map(n => this.sites[n % this.sites.length].client);
    const host = await this.#ask(here, 'START_SESSION', { rc_name: 'River' });
    const guest = await this.#ask(here, 'CONNECT_SESSION_WITH_CODE', { code: host.code });
    await this.#ask(here, 'GET_INVITATION', { ticket: guest.ticket });
    await this.#ask(there, 'GET_INVITATION', { ticket: host.ticket });
    await this.#ask(there, 'EXTEND_SESSION', { ticket: host.ticket, minutes: 1 });
    await this.#visit(host, guest);
    const booking = await this.#ask(here, 'PLAN_SESSION', { rc_name: 'River', ...written(roundTime(3 * HOUR)) });
    await this.#ask(here, 'CANCEL_SESSION', { code: booking.code, key: booking.key });
    await this.#ask(there, 'LIST_SESSIONS', { staff: this.staff });
    const { id, code } = this.bookings.pop() ?? assert.fail('too few bookings');
    const key = createHmac('sha256', this.key).update(`cancel:${id}`).digest('hex').slice(0, 32);
    await this.#visit(await this.#ask(here, 'CONNECT_SESSION_WITH_CODE', { code, key }));
  }
}

for (const coordinators of [1, 2])
  test(`a master key is replaced under load, with ${coordinators} of coordinators`, { skip: coordinators > 1 && !hasDatabase && 'no MariaDB' }, async t => {
    const all = await startAll(t, coordinators);
    const { files, key, streamers, sites } = all;
    const crowd = new Crowd(t, all);
    const host = (await sites[0].client.ask('START_SESSION', { rc_name: 'River' })).answer;
    const streamer = streamers.find(({ port }) => String(port) === host.port) ?? assert.fail();
    const socket = await WebSocketClient.open(t, `${streamer.base}session`);
    assert.equal((await socket.ask('CONNECT_TO_SESSION', { ticket: host.ticket })).msg, 'SESSION_CONNECTION_ESTABLISHED');
    await crowd.goOn();

    /** The coordinators' file, each by another way to have it read. @param {string[]} keys */
    const giveCoordinators = async (...keys) => {
      for (const [i, { coordinator }] of sites.entries()) {
        const from = coordinator.log.length;
        replaceFile(join(files[i].directory, 'vitrina.key'), `${keys.join('\n')}\n`);
        if (i === 0) coordinator.signal('SIGHUP');
        await coordinator.waitFor(new RegExp(` keys_read master=${keys.length} `), { from });
      }
      await crowd.goOn();
    };
    /** What the coordinator prints for each. */
    const giveStreamers = async () => {
      for (const each of streamers) {
        const from = each.program.log.length;
        replaceFile(join(each.directory, 'vitrina.key'), administer(files[0], '--server-key', each.name));
        if (each !== streamer) each.program.signal('SIGHUP');
        await each.program.waitFor(/ keys_read /, { from });
      }
      await crowd.goOn();
    };
    await giveCoordinators(key, NEW);
    await giveStreamers();
    await giveCoordinators(NEW, key);
    crowd.staff = operatorTicket(files[0]).ticket;
    await crowd.goOn();
    for (const { client } of sites) assert.equal((await client.ask('EXTEND_SESSION', { ticket: host.ticket, minutes: 1 })).status, 200);
    await giveCoordinators(NEW);
    await giveStreamers();
    await crowd.stop();
    assert.deepEqual(crowd.refusals, []);

    for (const { client } of sites) assert.equal((await client.ask('EXTEND_SESSION', { ticket: host.ticket, minutes: 1 })).status, 401);
    assert.equal((await socket.ask('KEEP_ALIVE')).msg, 'KEPT_ALIVE', 'who is in stays in');
    for (const { coordinator } of sites) assert.doesNotMatch(coordinator.log, / server_offline /);
  });
