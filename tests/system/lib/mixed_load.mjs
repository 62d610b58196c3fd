// @ts-check
// Everything at once: a site whose visitors read, start, join, guess, book, stand in line, wait for events both ways, and go away
// in the middle of it, while its servers flap and their list changes. What is answered must be what such a visitor may be told.

import { connect } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from './client.mjs';
import { CoordinatorFiles, startSite } from './coordinator.mjs';
import { wholeRequest } from './fastcgi.mjs';
import { startFakeFleet } from './fake_fleet.mjs';
import { onEnd, until } from './programs.mjs';
import { WebSocketClient } from './websocket.mjs';

export const SERVERS = 60;
const RCS = 4;

/** @param {number} ms */
const pass = ms => new Promise(settle => setTimeout(settle, ms));

/** What each question may be answered by; any may be refused as asked too often. @type {Record<string, string[]>} */
const answers = {
  GET_SERVERS: ['SERVERS_FOUND', 'SERVERS_NOT_FOUND'],
  GET_RCS: ['RCS_FOUND'],
  GET_AVAILABILITY: ['AVAILABILITY'],
  POLL_EVENTS: ['EVENTS'],
  START_SESSION: ['SESSION_CONNECTION_DATA', 'SERVERS_BUSY', 'SERVERS_UNREACHABLE'],
  CONNECT_SESSION_WITH_CODE: ['SESSION_CONNECTION_DATA', 'SESSION_NOT_EXIST', 'SESSION_NOT_STARTED', 'SERVERS_BUSY', 'SERVERS_UNREACHABLE'],
  PLAN_SESSION: ['CONNECTION_CODE', 'TIME_NOT_AVAILABLE'],
  CANCEL_SESSION: ['SESSION_CANCELLED'],
  LEAVE_LINE: ['LINE_LEFT'],
};

/**
 * What a program holds.
 * @typedef {{ memoryKib: number, descriptors: number, threads: number }} Holding
 * @param {number} pid @returns {Holding}
 */
function holdingOf(pid) {
  return {
    memoryKib: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  };
}

/**
 * Starts a site for it. Its codes have four digits: those that rest after their sessions are remembered (codes.h), with four digits so few
 * that the first minute has them all.
 * @param {import('./programs.mjs').Scope} scope @param {object} [settings]
 */
export async function startMixedSite(scope, settings = {}) {
  const files = new CoordinatorFiles(scope);
  const fleet = await startFakeFleet(scope, { count: SERVERS, keyFile: join(files.directory, 'vitrina.key'), limit: 3, rcs: RCS });
  const usual = { log_level: 'notice', history_days: 0, offer_seconds: 1, place_seconds: 5 };
  const site = await startSite(scope, {
    files,
    servers: fleet.servers,
    settings: { ...usual, trusted_proxies: ['127.0.0.0/8'], knock_seconds: 5, ...settings },
  });
  await site.online(SERVERS);
  return { ...site, fleet };
}

/** @typedef {Awaited<ReturnType<typeof startMixedSite>>} MixedSite */

export class MixedLoad {
  /** How often each verb was asked. @type {Record<string, number>} */
  asked = {};
  /** Answers that nobody should have had. @type {Set<string>} */
  wrong = new Set();
  /** How many were given up by those who asked. */
  abandoned = 0;
  #site;
  #scope;
  #running = false;
  /** Codes of sessions that were started. @type {string[]} */
  #codes = [];

  /** @param {import('./programs.mjs').Scope} scope @param {MixedSite} site */
  constructor(scope, site) {
    this.#scope = scope;
    this.#site = site;
  }

  /** Runs for so long, and until all is quiet again. @param {number} seconds */
  async run(seconds) {
    this.#running = true;
    setTimeout(() => (this.#running = false), seconds * 1000);
    const many = (/** @type {number} */ count, /** @type {() => Promise<void>} */ role) => Array.from({ length: count }, () => this.#repeat(role));
    await Promise.all([
      ...many(3, () => this.#read()),
      ...many(4, () => this.#start()),
      ...many(3, () => this.#join()),
      ...many(2, () => this.#book()),
      ...many(6, () => this.#standInLine()),
      ...many(20, () => this.#poll()),
      ...many(8, () => this.#giveUp()),
      ...many(20, () => this.#openSocket()),
      ...many(4, () => this.#breakOff()),
      ...many(1, () => this.#flap()),
      ...many(1, () => this.#changeList()),
      ...many(1, () => this.#endSessions()),
    ]);
    await this.#calm();
  }

  /** What the coordinator holds now. @returns {Holding} */
  holding() {
    return holdingOf(this.#site.coordinator.pid);
  }

  /**
   * Lines of the logs that tell of a fault of ours. None is: that more is booked than a shorter list can hold, and
   * that a client closed its WebSocket while nginx had something for the other side.
   */
  faults() {
    const ours = this.#site.coordinator.log.match(/^.*\] (?:emerg|alert|crit|error): (?!overbooked ).*$/gm) ?? [];
    const nginx = readFileSync(join(this.#site.nginx.directory, 'error.log'), 'utf8').match(/^.*\[(?:error|crit|alert|emerg)\](?!.*while proxying upgraded connection).*$/gm) ?? [];
    return [...ours, ...nginx];
  }

  /** @param {() => Promise<void>} role */
  async #repeat(role) {
    while (this.#running) await role();
  }

  /** @param {number} below */
  #random(below) {
    return Math.floor(Math.random() * below);
  }

  /** Somebody else each time, of a million. */
  #stranger() {
    const number = this.#random(1_000_000);
    return `100.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  }

  /**
   * @param {string} verb @param {Record<string, unknown>} [fields]
   * @param {{ from?: string, signal?: AbortSignal }} [options] `from`: as the proxy saw them; default: ourselves, whom nothing limits
   */
  async #ask(verb, fields = {}, { from, signal } = {}) {
    this.asked[verb] = (this.asked[verb] ?? 0) + 1;
    const headers = from ? { 'X-Forwarded-For': from } : undefined;
    const { answer, status, text } = await this.#site.client.send(JSON.stringify({ verb, ...fields }), { signal, headers });
    if (![...answers[verb], 'TOO_MANY_ATTEMPTS'].includes(answer?.msg) && !this.#mayFail(verb, answer?.msg))
      this.wrong.add(`${verb}: ${status} ${text.slice(0, 300)}`);
    return answer ?? {};
  }

  /** A server that breaks its connections lets a start fail when no other is left. @param {string} verb @param {string} msg */
  #mayFail(verb, msg) {
    return msg === 'SESSION_START_FAILED' && (verb === 'START_SESSION' || verb === 'CONNECT_SESSION_WITH_CODE');
  }

  #rc() {
    return `RC ${this.#random(RCS)}`;
  }

  // What visitors do.

  async #read() {
    const first = this.#random(SERVERS + 5);
    await this.#ask('GET_SERVERS', { range: `${first}-${first + this.#random(30)}` }, { from: this.#stranger() });
    await this.#ask('GET_RCS');
  }

  async #start() {
    const { code } = await this.#ask('START_SESSION', { rc_name: this.#rc() });
    if (code) this.#codes.push(code);
    if (this.#codes.length > 50) this.#codes.shift();
    await pass(this.#random(30));
  }

  async #join() {
    const known = this.#codes[this.#random(this.#codes.length)];
    if (known) await this.#ask('CONNECT_SESSION_WITH_CODE', { code: known });
    const guess = String(this.#random(10_000)).padStart(4, '0');
    await this.#ask('CONNECT_SESSION_WITH_CODE', { code: guess }, { from: this.#stranger() });
    await pass(this.#random(20));
  }

  async #book() {
    const tomorrow = new Date(Date.now() + 86_400_000);
    const date = `${tomorrow.getUTCDate()}/${tomorrow.getUTCMonth() + 1}/${tomorrow.getUTCFullYear()}`;
    await this.#ask('GET_AVAILABILITY', { rc_name: this.#rc(), date });
    const { code, key } = await this.#ask('PLAN_SESSION', { rc_name: this.#rc(), date, time: `${10 + this.#random(14)}:00` });
    if (code) await this.#ask('CANCEL_SESSION', { code, key });
  }

  async #standInLine() {
    const rc_name = this.#rc();
    const { place } = await this.#ask('START_SESSION', { rc_name, wait_seconds: 0 });
    if (!place) return void (await pass(50));
    const { msg } = await this.#ask('START_SESSION', { rc_name, place, wait_seconds: 1 + this.#random(2) });
    if (msg === 'SERVERS_BUSY') await this.#ask('LEAVE_LINE', { place });
  }

  async #poll() {
    const { cursor } = await this.#ask('POLL_EVENTS', {}, { from: this.#stranger() });
    await this.#ask('POLL_EVENTS', { cursor, wait_seconds: 1 });
  }

  /** Goes away while it waits. */
  async #giveUp() {
    const connection = new AbortController();
    const timer = setTimeout(() => connection.abort(), this.#random(100));
    const [verb, fields] = this.#random(2) ? ['POLL_EVENTS', { wait_seconds: 30 }] : ['START_SESSION', { rc_name: this.#rc(), wait_seconds: 30 }];
    await this.#ask(verb, fields, { signal: connection.signal }).catch(failure => {
      if (!connection.signal.aborted) throw failure;
      this.abandoned++;
    });
    clearTimeout(timer);
  }

  async #openSocket() {
    /** @type {(() => void)[]} */
    const ends = [];
    const socket = await WebSocketClient.open({ after: end => void ends.push(end) }, `${this.#site.nginx.url}ws`, { ca: this.#site.nginx.ca });
    const { msg } = await socket.ask('POLL_EVENTS', { place: 'none', wait_seconds: 0 });
    if (msg !== 'EVENTS') this.wrong.add(`WebSocket: ${msg}`);
    socket.send(JSON.stringify({ id: 'left', verb: 'POLL_EVENTS', wait_seconds: 30 }));
    await pass(this.#random(400));
    if (this.#random(2)) {
      socket.close();
      await socket.end();
    }
    ends.forEach(end => end());
  }

  /** A web server's connection that ends in the middle of a request. */
  async #breakOff() {
    const bytes = wholeRequest(JSON.stringify({ verb: 'POLL_EVENTS', wait_seconds: 30 }), { REMOTE_ADDR: '127.0.0.1' });
    const socket = connect(this.#site.files.socket);
    const closed = new Promise(settle => socket.on('close', settle));
    socket.on('error', () => {});
    socket.write(bytes.subarray(0, this.#random(bytes.length + 1)));
    await pass(this.#random(60));
    socket.destroy();
    await closed;
  }

  // What happens to the servers.

  async #flap() {
    const { fleet } = this.#site;
    const some = Array.from({ length: 6 }, () => this.#random(SERVERS));
    await fleet.misbehave(some.slice(0, 3), 'breaking');
    await fleet.misbehave(some.slice(3), 'changing');
    await pass(700);
    await fleet.misbehave(some, 'right');
    await pass(100);
  }

  async #changeList() {
    const { files, fleet, coordinator } = this.#site;
    files.writeServers(fleet.servers.filter(() => this.#random(20) > 0));
    coordinator.signal('SIGHUP');
    await pass(1500);
  }

  async #endSessions() {
    await this.#site.fleet.endSome(4);
    await pass(100);
  }

  /** Nobody is there any more, and every server is. */
  async #calm() {
    const { files, fleet, coordinator, health, online } = this.#site;
    files.writeServers(fleet.servers);
    coordinator.signal('SIGHUP');
    await online(SERVERS);
    await until(
      async () => {
        await fleet.endAll();
        const { waiting, sockets, sessions } = await health();
        return waiting === 0 && sockets === 0 && sessions === 0;
      },
      { what: 'nobody waits and nothing runs', timeout: 20_000 },
    );
  }
}
