// @ts-check
// A streamer for the coordinator's tests: speaks the control verbs (vitrina-protocol(7)), runs nothing, and does wrong
// on request.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { serverKey } from './keys.mjs';
import { freePort } from './ports.mjs';
import { onEnd } from './programs.mjs';

/**
 * @typedef {{ knock: string, name?: string, lapses_in_seconds: number, answer?: 'admitted' | 'refused' }} FakeKnock
 * @typedef {{ session: string, code: string, rc_name: string, starts_at: string, ends_at: string, generation?: number,
 *             removals?: number, removed?: string[], knocks?: FakeKnock[], kept?: boolean }} FakeSession
 * @typedef {'right' | 'full' | 'fails' | 'hangs' | 'garbage' | 'huge' | 'another' | 'loses_reply' | 'loses_all_replies'}
 *   Behaviour  `loses_reply`: does what it is asked, once, and closes the connection instead of answering
 */

/** @param {Date} date */
const instant = date => date.toISOString().replace(/\.\d+Z$/, 'Z');

export class FakeStreamer {
  /** What START_SESSION does. @type {Behaviour} */
  starting = 'right';
  /** What GET_STATUS does. @type {Behaviour} */
  status = 'right';
  /** Every control request that came, in order. @type {any[]} */
  requests = [];
  /** The X-Request-Id of each of them. @type {(string | undefined)[]} */
  requestIds = [];
  /** @type {Map<string, FakeSession>} */
  sessions = new Map();
  /** Those that were here and why they ended, as the status tells it. @type {{ session: string, reason: string }[]} */
  ended = [];
  /** Sessions that its status tells of beside those that run, as they stand here: against all rules. @type {unknown[]} */
  odd = [];
  draining = false;
  /** Why it can show nothing, as its status says; '': it can. */
  unusable = '';
  /** What KNOCK does. @type {Behaviour} */
  knocking = 'right';
  /** What SET_CODE does. @type {Behaviour} */
  settingCode = 'right';
  /** What EXTEND_SESSION does. @type {Behaviour} */
  extending = 'right';
  /** What START_SESSION waits for before it does anything. @type {() => Promise<unknown>} */
  beforeStart = () => Promise.resolve();
  #version = 1;
  /** Status polls that wait for a change. @type {Set<() => void>} */
  #waiting = new Set();
  /** @type {http.Server | https.Server | null} */
  #server = null;

  /**
   * @param {{ name: string, port: number, key: string, limit: number,
   *           tls?: { certificate: string, key: string } }} options `key`: the site's master key, of which it has its
   *   own; `tls`: the paths of a certificate and its key, to speak HTTPS
   */
  constructor({ name, port, key, limit, tls }) {
    this.tls = tls;
    this.name = name;
    this.port = port;
    /** Those that it accepts. */
    this.keys = [serverKey(key, name)];
    this.limit = limit;
  }

  /**
   * A streamer that listens until the scope ends.
   * @param {import('./programs.mjs').Scope} scope
   * @param {{ name: string, key: string, limit?: number, port?: number,
   *           tls?: { certificate: string, key: string } }} options
   */
  static async start(scope, { name, key, limit = 1, port, tls }) {
    const streamer = new FakeStreamer({ name, key, limit, tls, port: port ?? (await freePort()) });
    await streamer.listen();
    onEnd(scope, () => streamer.close());
    return streamer;
  }

  /** Begins to listen (again, after close()). @returns {Promise<void>} */
  listen() {
    /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
    const serve = (request, response) => void this.#serve(request, response);
    const server = this.tls
      ? https.createServer({ cert: readFileSync(this.tls.certificate), key: readFileSync(this.tls.key) }, serve)
      : http.createServer(serve);
    this.#server = server;
    server.keepAliveTimeout = 60_000;
    return new Promise((settle, fail) => {
      server.once('error', fail);
      server.listen(this.port, '127.0.0.1', () => settle());
    });
  }

  /** Dies: every connection breaks, new ones are refused. Its sessions are gone with it. @returns {Promise<void>} */
  close() {
    const server = this.#server;
    this.#server = null;
    this.sessions.clear();
    this.#waiting.clear();
    return new Promise(settle => {
      if (!server) return settle();
      server.close(() => settle());
      server.closeAllConnections();
    });
  }

  /** How often a verb was asked. @param {string} verb */
  count(verb) {
    return this.requests.filter(request => request.verb === verb).length;
  }

  /** Tells watchers that something changed. */
  change() {
    this.#version++;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Ends a session, as if everyone had left it. @param {string} session @param {string} [reason] */
  end(session, reason = 'users_left') {
    this.sessions.delete(session);
    this.ended.unshift({ session, reason });
    this.change();
  }

  /** Everybody of a session is away, or (`kept` false) somebody is back. @param {string} id @param {boolean} [kept] */
  keep(id, kept = true) {
    this.#session(id).kept = kept;
    this.change();
  }

  /** Has the host remove somebody for good. @param {string} id the session's @param {string} user */
  remove(id, user) {
    const session = this.#session(id);
    session.removals = (session.removals ?? 0) + 1;
    session.removed = [...(session.removed ?? []), user];
    this.change();
  }

  /** Who knocks at a session and has no answer yet. @param {string} id @returns {FakeKnock[]} */
  knocks(id) {
    return (this.#session(id).knocks ?? []).filter(({ answer }) => !answer);
  }

  /** @param {string} id @returns {FakeSession} */
  #session(id) {
    const session = this.sessions.get(id);
    if (!session) throw new Error(`there is no session ${id}`);
    return session;
  }

  /**
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   */
  async #serve(request, response) {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    if (request.url !== '/control') return this.#answer(response, 404, { msg: 'NOT_FOUND' }); /* a page may come here */
    const asked = JSON.parse(text);
    this.requests.push(asked);
    this.requestIds.push(/** @type {string | undefined} */ (request.headers['x-request-id']));
    const claims = this.#claims(request.headers.authorization);
    if (!claims) return this.#answer(response, 401, { msg: 'NOT_AUTHORIZED', reason: 'The ticket is not good.' });
    const age = Math.round(Date.now() / 1000 - claims.iat);
    if (Math.abs(age) > 60) {
      const reason = `The clocks differ by ${Math.abs(age)} seconds; this server's is ${age > 0 ? 'ahead' : 'behind'}.`;
      return this.#answer(response, 401, { msg: 'NOT_AUTHORIZED', reason, clock_difference_seconds: age });
    }
    const verbs = {
      GET_STATUS: () => this.#getStatus(asked, response),
      START_SESSION: () => this.#startSession(asked, response),
      EXTEND_SESSION: () => this.#extendSession(asked, response),
      END_SESSION: () => this.#endSession(asked, response),
      SET_CODE: () => this.#setCode(asked, response),
      KNOCK: () => this.#knock(asked, response),
      ANSWER_KNOCK: () => this.#answerKnock(asked, response),
      DRAIN: () => this.#drain(asked, response),
    };
    const handle = verbs[/** @type {keyof typeof verbs} */ (asked.verb)];
    return handle ? handle() : this.#answer(response, 400, { msg: 'UNKNOWN_VERB' });
  }

  /** @param {http.ServerResponse} response @param {number} status @param {object} object */
  #answer(response, status, object) {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(object));
  }

  /** Does wrong as told; whether it did. @param {Behaviour} behaviour @param {http.ServerResponse} response */
  #misbehave(behaviour, response) {
    if (behaviour === 'hangs') return true;
    if (behaviour === 'garbage') response.end('{"msg":"STATUS","sessions":[{]}');
    if (behaviour === 'huge') response.end(JSON.stringify({ msg: 'STATUS', x: 'x'.repeat(2_000_000) }));
    return behaviour === 'garbage' || behaviour === 'huge';
  }

  /** What a control ticket says, if it is one: HS256, our name, the coordinator's role. @param {string | undefined} header */
  #claims(header) {
    const [head, claims, signature] = (header ?? '').replace(/^Bearer /, '').split('.');
    if (!signature) return null;
    const given = Buffer.from(signature, 'base64url');
    const isRight = (/** @type {string} */ key) => {
      const right = createHmac('sha256', key).update(`${head}.${claims}`).digest();
      return given.length === right.length && timingSafeEqual(given, right);
    };
    if (!this.keys.some(isRight)) return null;
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString());
    return read.aud === this.name && read.role === 'coordinator' ? read : null;
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #drain(asked, response) {
    this.draining = asked.on;
    this.change();
    this.#answer(response, 200, this.#describe());
  }

  #describe() {
    return {
      msg: 'STATUS',
      server_name: this.status === 'another' ? 'somebody-else' : this.name,
      rc_name: 'any',
      version: this.#version,
      ...(this.unusable ? { reason: this.unusable } : {}),
      state: this.draining ? 'draining' : this.unusable ? 'unusable' : this.sessions.size < this.limit ? 'free' : 'busy',
      session_limit: this.limit,
      sessions: [...[...this.sessions.values()].map(session => ({ ...session, users: 1 })), ...this.odd],
      ended: this.ended,
    };
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #getStatus(asked, response) {
    if (this.#misbehave(this.status, response)) return;
    const answer = () => this.#answer(response, 200, this.#describe());
    if (asked.version !== this.#version || !asked.wait_seconds) return answer();
    const wake = () => {
      clearTimeout(timer);
      this.#waiting.delete(wake);
      answer();
    };
    const timer = setTimeout(wake, asked.wait_seconds * 1000);
    timer.unref();
    this.#waiting.add(wake);
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  async #startSession(asked, response) {
    await this.beforeStart();
    if (this.#misbehave(this.starting, response)) return;
    const known = this.sessions.get(asked.session);
    if (!known && (this.starting === 'full' || this.draining || this.sessions.size >= this.limit))
      return this.#answer(response, 503, { msg: 'SESSION_LIMIT_REACHED', reason: 'This server is full.' });
    if (this.starting === 'fails')
      return this.#answer(response, 502, { msg: 'SESSION_START_FAILED', reason: 'The application ended.' });
    const session = known ?? {
      session: asked.session ?? randomBytes(16).toString('hex'),
      code: asked.code,
      rc_name: asked.rc_name,
      starts_at: instant(new Date()),
      ends_at: asked.ends_at,
    };
    this.sessions.set(session.session, session);
    if (!known) this.change();
    if (this.starting === 'loses_reply' || this.starting === 'loses_all_replies') {
      if (this.starting === 'loses_reply') this.starting = 'right';
      return void response.destroy();
    }
    this.#answer(response, 200, {
      msg: 'SESSION_CONNECTION_DATA',
      ip: '127.0.0.1',
      port: String(this.port),
      session: this.starting === 'another' ? 'not-the-one' : session.session,
      code: session.code,
      ends_at: session.ends_at,
    });
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #extendSession(asked, response) {
    const session = this.sessions.get(asked.session);
    if (this.#misbehave(this.extending, response)) return;
    if (!session) return this.#answer(response, 404, { msg: 'SESSION_NOT_EXIST', reason: 'There is no such session.' });
    session.ends_at = asked.ends_at;
    this.change();
    if (this.extending === 'loses_reply') {
      this.extending = 'right';
      return void response.destroy();
    }
    this.#answer(response, 200, { msg: 'SESSION_EXTENDED', ends_at: session.ends_at });
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #endSession(asked, response) {
    if (!this.sessions.has(asked.session))
      return this.#answer(response, 404, { msg: 'SESSION_NOT_EXIST', reason: 'There is no such session.' });
    this.end(asked.session, 'ended_by_operator');
    this.#answer(response, 200, { msg: 'SESSION_ENDED' });
  }

  /** The session that is asked for; null: the request has been refused. @param {any} asked @param {http.ServerResponse} response */
  #asked(asked, response) {
    const session = this.sessions.get(asked.session);
    if (!session) this.#answer(response, 404, { msg: 'SESSION_NOT_EXIST', reason: 'There is no such session.' });
    return session ?? null;
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #setCode(asked, response) {
    if (this.#misbehave(this.settingCode, response)) return;
    const session = this.#asked(asked, response);
    if (!session) return;
    if ((asked.generation ?? 0) >= (session.generation ?? 0))
      Object.assign(session, { code: asked.code, generation: asked.generation });
    this.change();
    this.#answer(response, 200, { msg: 'CODE_SET' });
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #knock(asked, response) {
    if (this.#misbehave(this.knocking, response)) return;
    const session = this.#asked(asked, response);
    if (!session) return;
    session.knocks ??= [];
    if (!session.knocks.some(({ knock }) => knock === asked.knock)) {
      const { knock, name, lapses_in_seconds } = asked;
      session.knocks.push({ knock, name, lapses_in_seconds });
      const lapse = () => {
        session.knocks = session.knocks?.filter(other => other.knock !== knock);
        this.change();
      };
      setTimeout(lapse, lapses_in_seconds * 1000).unref();
      this.change();
    }
    if (this.knocking === 'loses_reply') {
      this.knocking = 'right';
      return void response.destroy();
    }
    this.#answer(response, 200, { msg: 'KNOCKED' });
  }

  /** @param {any} asked @param {http.ServerResponse} response */
  #answerKnock(asked, response) {
    const session = this.#asked(asked, response);
    if (!session) return;
    const found = session.knocks?.find(({ knock }) => knock === asked.knock);
    const word = asked.admit ? 'admitted' : 'refused';
    if (!found || (found.answer ?? word) !== word)
      return this.#answer(response, 404, { msg: 'NOT_FOUND', reason: 'Nobody knocks by this name.' });
    found.answer = word;
    this.change();
    this.#answer(response, 200, { msg: 'KNOCK_ANSWERED' });
  }
}
