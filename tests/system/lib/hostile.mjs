// @ts-check
// A streamer whose applications are the hostile one (hostile.c), as an unprivileged user, since limits do not bind
// root; what it is told to try, and what it has got through with.

import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { childrenOf, nameOf } from './cells.mjs';
import { built, onEnd, temporaryDirectory, until } from './programs.mjs';
import { startStreamer } from './streamer.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */
/** @typedef {import('./streamer.mjs').Streamer} Streamer */

/** Nobody's, and not the overflow id either. */
const USER = 64_321;
const isRoot = process.getuid?.() === 0;

/** A temporary directory of that user. @param {Scope} scope @param {string} name */
export function theirDirectory(scope, name) {
  const path = temporaryDirectory(scope, name);
  if (isRoot) chownSync(path, USER, USER);
  return path;
}

/** A process and all that descends from it. @param {number} pid @returns {number[]} */
export const familyOf = pid => [pid, ...childrenOf(pid).flatMap(familyOf)];

/** Where every user may write on this machine. */
const COMMON = ['/tmp', '/var/tmp', '/dev/shm'];

export class HostileSession {
  #orders = 0;

  /** @param {HostileStreamer} host @param {string} name */
  constructor(host, name) {
    this.host = host;
    this.name = name;
    this.orders = join(host.directory, `orders-${name}`);
  }

  /**
   * What came of an order.
   * @param {string} order
   * @returns {Promise<{ open: boolean, seen: number }>} whether it got through, and what it counted
   */
  async try(order) {
    const number = ++this.#orders;
    appendFileSync(this.orders, `${number} ${order}\n`);
    const answer = new RegExp(`session=${this.name} process=app .*hostile ${number} (open|shut)(?: (\\d+))?`);
    const [, outcome, seen] = await this.host.streamer.program.waitFor(answer, { timeout: 30_000 });
    return { open: outcome === 'open', seen: Number(seen ?? -1) };
  }

  /** Those of the orders that it got through with. @param {string[]} orders */
  async openOf(orders) {
    const open = [];
    for (const order of orders) if ((await this.try(order)).open) open.push(order);
    return open;
  }
}

export class HostileStreamer {
  /** On the names of what it leaves behind. */
  mark = `hostile-${randomBytes(4).toString('hex')}`;
  /** Of the segment that it leaves behind. */
  segment = 0x40000000 + randomBytes(3).readUIntBE(0, 3);

  /** @param {Streamer} streamer @param {string} directory the application's */
  constructor(streamer, directory) {
    this.streamer = streamer;
    this.directory = directory;
  }

  /** Starts a session that obeys. @param {string} name */
  async startHostile(name = 'hostile') {
    const session = new HostileSession(this, name);
    writeFileSync(session.orders, '', { mode: 0o644 });
    await this.streamer.startSession({ session: name });
    return session;
  }

  /** Starts a session that only shows a picture. @param {string} [name] */
  startQuiet(name = 'quiet') {
    return this.streamer.startSession({ session: name });
  }

  /** The numbers of a session's processes by their name in the log. @param {string} session */
  processesOf(session) {
    /** @type {Record<string, number>} */
    const found = {};
    for (const [, name, pid] of this.streamer.program.log.matchAll(new RegExp(`process_started session=${session} process=(\\w+) pid=(\\d+)`, 'g')))
      found[name] = Number(pid);
    return found;
  }

  /** All processes that run one of the application's programs, however they call themselves. */
  applicationProcesses() {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .filter(pid => {
        try {
          return readlinkSync(`/proc/${pid}/exe`).startsWith(this.directory);
        } catch {
          return false;
        }
      })
      .map(Number);
  }

  /** What is left of it on this machine: processes, files where everybody may write, sockets, segments. */
  traces() {
    const files = COMMON.flatMap(directory => readdirSync(directory).map(name => join(directory, name)));
    const segments = readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').map(line => Number(line.trim().split(/\s+/)[0]));
    return {
      processes: this.applicationProcesses(),
      files: files.filter(path => path.includes(this.mark)),
      sockets: readFileSync('/proc/net/unix', 'utf8').split('\n').filter(line => line.includes(this.streamer.state)),
      segments: segments.filter(key => key === this.segment),
    };
  }

  /** What it has left outside, should the test fail. */
  clear() {
    for (const pid of this.applicationProcesses())
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        /* It has ended meanwhile. */
      }
    for (const path of this.traces().files) rmSync(path, { recursive: true, force: true });
  }

  /** The streamer and the processes of sessions, each as "NUMBER NAME". @param {...string} sessions */
  victims(...sessions) {
    const pids = sessions.flatMap(session => Object.values(this.processesOf(session)).flatMap(familyOf));
    return [this.streamer.program.pid, ...pids].map(pid => `${pid} ${nameOf(pid)}`);
  }
}

/**
 * A streamer with room for two sessions of the hostile application.
 * @param {Scope} scope @param {Record<string, any>} [settings]
 */
export async function startHostileStreamer(scope, settings = {}) {
  const application = theirDirectory(scope, 'hostile-app');
  for (const name of ['hostile', 'window']) copyFileSync(built(`tests/system/lib/${name}`), join(application, name));
  chmodSync(application, 0o755);
  const directory = theirDirectory(scope, 'vs');
  mkdirSync(join(directory, 'state'), { mode: 0o700 });
  if (isRoot) chownSync(join(directory, 'state'), USER, USER);
  const token = join(directory, 'token');
  writeFileSync(token, 'the-token-of-metrics\n', { mode: 0o600 });
  if (isRoot) chownSync(token, USER, USER);
  const streamer = await startStreamer(
    scope,
    {
      app: [join(application, 'hostile'), application, '{session}'],
      session_limit: 2,
      max_restarts: 0,
      join_seconds: 3600,
      metrics_token_file: token,
      ...settings,
    },
    { directory, user: isRoot ? USER : undefined },
  );
  const host = new HostileStreamer(streamer, application);
  onEnd(scope, () => host.clear());
  return host;
}

/** Waits until nothing of it is left. @param {HostileStreamer} host */
export async function untilNothingIsLeft(host) {
  await until(() => host.applicationProcesses().length === 0, { what: 'the end of all that the application started' });
  await until(() => Object.values(host.traces()).every(found => found.length === 0), {
    what: `the removal of what it left behind: ${JSON.stringify(host.traces())}`,
  });
}
