// @ts-check
// A streamer for tests: configured, started, spoken to with control calls and tickets; and what it must not leave
// behind.

import { createHmac, randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdsCell, isolation, programIn } from './cells.mjs';
import { Client, request } from './client.mjs';
import { serverKey } from './keys.mjs';
import { freePort } from './ports.mjs';
import { WebSocketClient } from './websocket.mjs';
import { build, built, onEnd, slowness, source, start, temporaryDirectory, until } from './programs.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */
/** @typedef {import('./client.mjs').Reply} Reply */

/** The small X application: see window.c for what it can be told. */
export const windowProgram = built('tests/system/lib/window');

const part = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A JSON Web Token (RFC 7519).
 * @param {string} key @param {Record<string, unknown>} claims @param {Record<string, unknown>} [header]
 */
export function signed(key, claims, header = { alg: 'HS256', typ: 'JWT' }) {
  const text = `${part(header)}.${part(claims)}`;
  const hash = header.alg === 'HS512' ? 'sha512' : 'sha256';
  const signature = header.alg === 'none' ? '' : createHmac(hash, key).update(text).digest('base64url');
  return `${text}.${signature}`;
}

const now = () => Math.floor(Date.now() / 1000);

/** A process's environment, '' when it is gone. @param {number | string} pid */
function environment(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** The processes whose environment has `text`. @param {string} text @returns {number[]} */
export function processesWith(text) {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => environment(pid).includes(text))
    .map(Number);
}

/** Whether the process runs (a zombie does not). @param {number} pid */
export function runs(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * An offer as a browser's player makes it: video and the data channel, answered without any media flowing.
 * @param {string} [codec]
 */
export const offer = (codec = 'VP8') =>
  [
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=ice-ufrag:hTkQ',
    'a=ice-pwd:u1nL7ydM2ZxvC0pQkW3sRf9B',
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${Array(32).fill('4F').join(':')}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:96 ${codec}/90000`,
    ...(codec === 'H264' ? ['a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'] : []),
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:hTkQ',
    'a=ice-pwd:u1nL7ydM2ZxvC0pQkW3sRf9B',
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${Array(32).fill('4F').join(':')}`,
    'a=setup:actpass',
    'a=mid:1',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n');

/** @param {number} pid @returns {number} how many descriptors it has open */
export const descriptors = pid => readdirSync(`/proc/${pid}/fd`).length;

export class Streamer {
  /**
   * @param {import('./programs.mjs').Program} program
   * @param {{ directory: string, port: number, key: string, settings: Record<string, any>, config: string }} facts
   */
  constructor(program, { directory, port, key, settings, config }) {
    this.program = program;
    this.directory = directory;
    this.port = port;
    this.key = key;
    this.settings = settings;
    this.config = config;
    this.name = settings.server_name;
    this.base = `http://127.0.0.1:${port}/`;
    this.state = join(directory, 'state');
  }

  /** A control token. @param {Record<string, unknown>} [claims] */
  controlToken(claims = {}) {
    return signed(this.key, { aud: this.name, role: 'coordinator', iat: now(), exp: now() + 60, ...claims });
  }

  /**
   * Sends a control verb.
   * @param {string} verb @param {Record<string, unknown>} [fields] @param {{ signal?: AbortSignal }} [options]
   */
  control(verb, fields = {}, { signal } = {}) {
    return request(this.base + 'control', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${this.controlToken()}`,
        Connection: 'close',
      },
      body: JSON.stringify({ verb, ...fields }),
      signal,
    });
  }

  /** Starts a session; fails unless it starts. @param {Record<string, unknown>} [fields] @returns {Promise<any>} */
  async startSession(fields = {}) {
    const { status, text, answer } = await this.control('START_SESSION', fields);
    if (status !== 200) throw new Error(`START_SESSION: ${status} ${text}\n${this.program.log}`);
    return answer;
  }

  /**
   * A person's ticket.
   * @param {string} session @param {string} user @param {Record<string, unknown>} [claims]
   */
  ticket(session, user, claims = {}) {
    const all = { aud: this.name, sid: session, sub: user, role: 'guest', iat: now(), exp: now() + 3600, ...claims };
    return signed(this.key, all);
  }

  /** Someone with a ticket. @param {string} session @param {string} user @param {Record<string, unknown>} [claims] */
  person(session, user, claims = {}) {
    return new Person(this, session, user, this.ticket(session, user, claims));
  }

  /** What GET_STATUS says. @returns {Promise<any>} */
  async status() {
    return (await this.control('GET_STATUS')).answer;
  }

  /** Writes the settings, changed, and has them read again. @param {Record<string, unknown>} change */
  async reload(change) {
    const from = this.program.log.length;
    writeFileSync(this.config, JSON.stringify(Object.assign(this.settings, change)));
    this.program.signal('SIGHUP');
    await this.program.waitFor(/reloaded|reload_failed/, { from });
  }

  /** The processes of its sessions: those whose directory is a session's, but for what only holds cells. */
  sessionProcesses() {
    return processesWith(`VITRINA_SESSION_DIRECTORY=${this.state}/`).filter(
      pid => /VITRINA_SESSION_DIRECTORY=[^\0]*\/s\d+\0/.test(environment(pid)) && !holdsCell(pid),
    );
  }

  /** All processes that carry its mark. */
  markedProcesses() {
    return processesWith(`VITRINA_SESSION_DIRECTORY=${this.state}/`);
  }

  /** What the streamer started, by name ("app", "engine", "display"), from the log; of the newest session. */
  started() {
    /** @type {Record<string, number>} */
    const found = {};
    for (const [, name, pid] of this.program.log.matchAll(/process_started .*process=(\w+) pid=(\d+)/g))
      found[name] = Number(pid);
    return found;
  }

  /** Process numbers by name, of the newest session: the programs, whatever cell they are in. */
  processes() {
    return Object.fromEntries(Object.entries(this.started()).map(([name, pid]) => [name, programIn(pid)]));
  }

  /** The directories of sessions on disk. */
  sessionDirectories() {
    return readdirSync(this.state)
      .filter(name => name.startsWith('streamer-'))
      .flatMap(name => readdirSync(join(this.state, name)).map(entry => join(this.state, name, entry)))
      .filter(path => !path.endsWith('/lock'));
  }

  /** The sockets of its sessions' X servers: in a cell's directory, or of the number that it has noted. */
  displays() {
    return this.sessionDirectories().flatMap(path => {
      if (existsSync(join(path, 'x11/X0'))) return [join(path, 'x11/X0')];
      return existsSync(join(path, 'display')) ? [`/tmp/.X11-unix/X${Number(readFileSync(join(path, 'display'), 'utf8'))}`] : [];
    });
  }
}

/**
 * The files of an X display that exist though no server has it any more. (Another may have taken the number.)
 * @param {string} socket
 */
export function staleDisplayFiles(socket) {
  if (readFileSync('/proc/net/unix', 'utf8').includes(` ${socket}\n`)) return [];
  return [socket.replace(/\.X11-unix\/X(\d+)$/, '.X$1-lock'), socket].filter(path => existsSync(path));
}

export class Person {
  /** @param {Streamer} streamer @param {string} session @param {string} user @param {string} ticket */
  constructor(streamer, session, user, ticket) {
    this.session = session;
    this.user = user;
    this.ticket = ticket;
    this.streamer = streamer;
    this.client = new Client(streamer.base + 'session');
  }

  /** Sends a verb with the ticket. @param {string} verb @param {Record<string, unknown>} [fields] */
  ask(verb, fields = {}, options = {}) {
    return this.client.ask(verb, { ticket: this.ticket, ...fields }, options);
  }

  connect(fields = {}) {
    return this.ask('CONNECT_TO_SESSION', { ip: '127.0.0.1', port: String(this.streamer.port), ...fields });
  }

  /**
   * A WebSocket on which this person has said CONNECT_TO_SESSION.
   * @param {Scope} scope @param {Record<string, unknown>} [fields]
   */
  async socket(scope, fields = {}) {
    const socket = await WebSocketClient.open(scope, this.streamer.base + 'session');
    const answer = await socket.ask('CONNECT_TO_SESSION', { ticket: this.ticket, ...fields });
    if (answer.msg !== 'SESSION_CONNECTION_ESTABLISHED') throw new Error(JSON.stringify(answer));
    return socket;
  }

  /** What a browser's join() asks as it would an engine: this person's WHEP endpoint. */
  get door() {
    return {
      answer: async (/** @type {string} */ sdp) => {
        const { status, text } = await this.whep({ body: sdp });
        return status === 201 ? { msg: 'viewer_answer', sdp: text, viewer: 1 } : { msg: 'refused', reason: `${status} ${text}` };
      },
    };
  }

  /**
   * Sends something to the WHEP endpoint.
   * @param {{ method?: string, path?: string, type?: string, body?: string, ticket?: string | null,
   *           headers?: Record<string, string>, signal?: AbortSignal }} [options]
   */
  whep({ method = 'POST', path = this.session, type = 'application/sdp', body, ticket = this.ticket, headers, signal } = {}) {
    return request(`${this.streamer.base}whep/${path}`, {
      method,
      headers: {
        Connection: 'close',
        ...(type ? { 'Content-Type': type } : {}),
        ...(ticket ? { Authorization: `Bearer ${ticket}` } : {}),
        ...headers,
      },
      body,
      signal,
    });
  }
}

/**
 * Starts a streamer with the small X application.
 * @param {Scope} scope
 * @param {Record<string, any>} [settings] added to the file
 * @param {{ directory?: string, env?: Record<string, string>, key?: string, before?: string[], user?: number, fromItsDirectory?: boolean }} [options]
 *   `directory`: of an earlier one; `key`: the site's master key, of which it gets its own; `before`: a command that becomes the
 *   streamer; `user`: whom it runs as, for tests that are root; `fromItsDirectory`: it is started there, and its file named by the
 *   last part of its path
 */
export async function startStreamer(scope, settings = {}, options = {}) {
  const { directory = temporaryDirectory(scope, 'vs'), env, user, fromItsDirectory } = options;
  const master = options.key ?? randomBytes(32).toString('hex');
  const before = user ? ['setpriv', '--reuid', String(user), '--regid', String(user), '--clear-groups', '--'] : (options.before ?? []);
  const port = settings.port ?? (await freePort());
  const config = join(directory, 'config.json');
  const all = {
    server_name: 'test-streamer',
    ip: '127.0.0.1',
    port,
    session_limit: 1,
    standby_displays: 0, // what is made ahead would be taken for what is left behind
    app: [windowProgram],
    webrtc: { width: 320, height: 240 },
    webrtc_program: join(build, 'vitrina-webrtc'),
    state_directory: 'state',
    start_timeout_seconds: 30 * slowness,
    stop_grace_seconds: 0,
    no_picture_seconds: 0, // most people in tests look at nothing
    isolation,
    ...settings,
  };
  /* Sanitizers read what is to be suppressed from a file of ours. */
  if (process.env.SANITIZERS) all.cell = { ...all.cell, read_only: [join(source, 'tests'), ...(all.cell?.read_only ?? [])] };
  const key = serverKey(master, all.server_name);
  writeFileSync(join(directory, 'vitrina.key'), key, { mode: 0o600 });
  writeFileSync(config, JSON.stringify(all));
  if (user) for (const path of [directory, config, join(directory, 'vitrina.key')]) chownSync(path, user, user);
  const [file, ...args] = [...before, built('vitrina-streamer'), '--config', fromItsDirectory ? 'config.json' : config];
  const program = await start(scope, file, args, {
    ready: /listening/,
    cwd: fromItsDirectory ? directory : undefined,
    /* Plugins are looked at once, not in every test. */
    env: { GST_REGISTRY: join(build, 'gstreamer-registry.bin'), ...env },
  });
  const streamer = new Streamer(program, { directory, port, key, settings: all, config });
  onEnd(scope, async () => {
    if (!program.exit) await program.stop();
    await until(() => streamer.markedProcesses().length === 0, { what: 'the end of all its processes' });
  });
  return streamer;
}
