// @ts-check
// Drives vitrina-webrtc as the streamer does: a display of its own, a program on it, messages over descriptor 3.

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { built, onEnd, Program, temporaryDirectory, until } from './programs.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */
/** @typedef {{ msg: string, [field: string]: any }} Message */

/**
 * Starts a program with extra pipes; it dies with this process.
 * @param {Scope} scope @param {string} file @param {string[]} args @param {Record<string, string>} env
 * @param {number} pipes how many descriptors from 3 on are pipes to us
 */
function startWithPipes(scope, file, args, env, pipes) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...Array(pipes).fill('pipe')],
  });
  const program = new Program(file.split('/').pop() ?? file, child);
  onEnd(scope, () => (program.exit ? undefined : program.stop()));
  return program;
}

/**
 * An X server with a screen of that size.
 * @param {Scope} scope @param {{ width?: number, height?: number }} [size]
 */
export async function startDisplay(scope, { width = 960, height = 540 } = {}) {
  const args = ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset', '-ac'];
  const server = startWithPipes(scope, 'Xvfb', args, {}, 1);
  const [number] = await once(/** @type {any} */ (server.child.stdio[3]), 'data');
  return { server, display: `:${String(number).trim()}` };
}

/** An application of the build on a display. @param {Scope} scope @param {string} display @param {string} name @param {string[]} args */
export function startProgram(scope, display, name, args = []) {
  const program = startWithPipes(scope, built(name), args, { DISPLAY: display }, 0);
  onEnd(scope, () => program.kill());
  return program;
}

/** A form to write into: see form.c. @param {Scope} scope @param {string} display @param {string[]} args */
export const startForm = (scope, display, args = []) => startProgram(scope, display, 'tests/system/lib/form', args);
/** The picture for tests: see tests/bench/flip.c. @param {Scope} scope @param {string} display @param {string[]} args */
export const startFlip = (scope, display, args = []) => startProgram(scope, display, 'flip', args);

/**
 * A sound server as a session has one, with a tone playing into it.
 * @param {Scope} scope @returns {Promise<string>} PULSE_SERVER
 */
export async function startSound(scope) {
  const home = temporaryDirectory(scope, 'sound');
  const [socket, where] = [`${home}/socket`, { HOME: home, XDG_RUNTIME_DIR: home, PULSE_SERVER: `unix:${home}/socket` }];
  const modules = ['-L', `module-native-protocol-unix socket=${socket} auth-anonymous=1`, '-L', 'module-null-sink sink_name=vitrina'];
  const server = startWithPipes(scope, 'pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=yes', ...modules], where, 0);
  await until(() => existsSync(socket), { what: `the sound server's socket; log:\n${server.log}` });
  const tone = startWithPipes(scope, 'gst-launch-1.0', ['-q', 'audiotestsrc', 'is-live=true', '!', 'pulsesink'], where, 0);
  onEnd(scope, () => (tone.kill(), server.kill()));
  return where.PULSE_SERVER;
}

export class Engine extends EventEmitter {
  /** @type {Message[]} all that it said */
  messages = [];
  #viewers = 0;

  /** @param {Program} program */
  constructor(program) {
    super();
    this.program = program;
    this.setMaxListeners(0);
    /** @type {import('node:net').Socket} */
    this.socket = /** @type {any} */ (program.child.stdio[3]);
    /* A reset is what an engine leaves that ended before it read everything. */
    this.socket.on('error', () => {});
    const lines = createInterface({ input: this.socket });
    /** @type {NodeJS.EventEmitter} */ (lines).on('error', () => {});
    lines.on('line', line => {
      const message = JSON.parse(line);
      this.messages.push(message);
      this.emit('message', message);
    });
  }

  /** @param {Message} message */
  send(message) {
    this.socket.write(JSON.stringify(message) + '\n');
  }

  /**
   * The first message that fits, said already or still to come.
   * @param {Partial<Message>} wanted @param {{ timeout?: number }} [options]
   */
  async said(wanted, { timeout = 10_000 } = {}) {
    const fits = (/** @type {Message} */ message) =>
      Object.entries(wanted).every(([name, value]) => message[name] === value);
    const what = `${JSON.stringify(wanted)} among ${JSON.stringify(this.messages.map(({ sdp, ...rest }) => rest))}`;
    return until(
      () => {
        const found = this.messages.find(fits);
        if (!found && this.program.exit) throw new Error(`it ended: ${JSON.stringify(this.program.exit)}\n${this.program.log}`);
        return /** @type {Message} */ (found);
      },
      { timeout, what },
    );
  }

  /** Adds a viewer and waits for its answer. @param {string} sdp @param {string} user @returns {Promise<Message>} */
  async answer(sdp, user) {
    const viewer = ++this.#viewers;
    this.send({ msg: 'viewer_add', viewer, user, sdp });
    return until(() => this.messages.find(({ msg, viewer: of }) => of === viewer && /^viewer_(answer|failed|gone)$/.test(msg)), {
      what: `an answer to viewer ${viewer}; log:\n${this.program.log}`,
    });
  }
}

/**
 * vitrina-webrtc, configured and, unless told otherwise, ready.
 * @param {Scope} scope @param {string} display
 * @param {{ settings?: object, ready?: boolean, bare?: boolean, program?: string,
 *           env?: Record<string, string>, within?: string[] }} [options] `bare`: not even configured; `program`:
 *   another one that speaks the same; `within`: the command that runs it
 */
export async function startEngine(scope, display, options = {}) {
  const { settings = {}, ready = true, bare = false, program = 'vitrina-webrtc', env = {}, within = [] } = options;
  const [file, ...args] = [...within, built(program)];
  const engine = new Engine(startWithPipes(scope, file, args, { DISPLAY: display, ...env }, 1));
  if (bare) return engine;
  engine.send({ msg: 'configure', settings, ice_servers: [] });
  if (ready) await engine.said({ msg: 'ready' });
  return engine;
}
