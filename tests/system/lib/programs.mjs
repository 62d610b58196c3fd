// @ts-check
// Starts programs for a test and sees to it that none outlives it.
//
// Everything here hangs on a Scope, normally the test context `t` of node:test: what was started in it is ended
// when it ends, last one first, also when the test failed. A program that nobody stopped is asked to end then, and
// a bad exit status (a sanitizer's finding, for instance) fails the test. Should node itself be killed, the
// kernel ends the programs (parent-death signal).

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ after(fn: () => any): void }} Scope */
/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit */

/** The source tree. */
export const source = process.env.VITRINA_SOURCE ?? resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
/** Where make put the programs. */
export const build = process.env.VITRINA_BUILD ?? join(source, 'build/dev');
/** Programs are this many times slower under a sanitizer: time limits are multiplied by it. */
export const slowness = process.env.SANITIZERS ? 5 : 1;
/* ThreadSanitizer does not see the locks of GLib's slice allocator. */
if (process.env.SANITIZERS) process.env.G_SLICE = 'always-malloc';

/** The path of a program that make built. @param {string} name */
export const built = name => join(build, name);

/** @type {WeakMap<Scope, (() => any)[]>} */
const cleanups = new WeakMap();

/**
 * Runs `fn` when the scope ends: the last registered first, all of them even if one throws.
 * @param {Scope} scope @param {() => any} fn
 */
export function onEnd(scope, fn) {
  let stack = cleanups.get(scope);
  if (!stack) {
    stack = [];
    cleanups.set(scope, stack);
    const all = stack;
    scope.after(async () => {
      /** @type {unknown[]} */
      const failures = [];
      for (let next = all.pop(); next; next = all.pop())
        try {
          await next();
        } catch (failure) {
          failures.push(failure);
        }
      if (failures.length) throw failures[0];
    });
  }
  stack.push(fn);
}

/**
 * A scope for programs that are no tests (benches, demonstrations): call `end()` when done.
 * @returns {Scope & { end(): Promise<void> }}
 */
export function ownScope() {
  /** @type {(() => any)[]} */
  const hooks = [];
  return {
    after: fn => void hooks.push(fn),
    async end() {
      for (let next = hooks.pop(); next; next = hooks.pop()) await next();
    },
  };
}

/** A fresh directory that is removed with the scope. @param {Scope} scope @param {string} [name] */
export function temporaryDirectory(scope, name = 'vitrina') {
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  onEnd(scope, () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** How long `until` pauses between two looks: what comes at once is seen at once, and what takes its time costs others no processor. */
const GLANCES = { firstMs: 10, lastMs: 50, growth: 0.2 };

/**
 * Waits until `condition` gives something true, and gives that. Looks again every few milliseconds, more seldom with time, or every
 * so many.
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {{ what?: string, timeout?: number, every?: number }} [options] `timeout` in milliseconds, before the sanitizers' factor
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(condition, { what = String(condition), timeout = 10_000, every } = {}) {
  const began = Date.now();
  const deadline = began + timeout * slowness;
  for (;;) {
    const value = await condition();
    if (value) return /** @type {NonNullable<T>} */ (value);
    if (Date.now() > deadline) throw new Error(`not within ${timeout * slowness} ms: ${what}`);
    const pause = every ?? Math.min(GLANCES.lastMs, GLANCES.firstMs + GLANCES.growth * (Date.now() - began));
    await new Promise(wake => setTimeout(wake, pause));
  }
}

/** @type {Set<Program>} */
const running = new Set();
process.on('exit', () => {
  for (const program of running) program.kill();
});

export class Program {
  /** Everything that the program has written so far, both streams. */
  log = '';
  /** @type {Exit | null} how it ended, null while it runs */
  exit = null;
  #mayEndBadly = false;

  /** @param {string} name @param {import('node:child_process').ChildProcess} child */
  constructor(name, child) {
    this.name = name;
    this.child = child;
    running.add(this);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', text => {
        this.log += text;
      });
    /** @type {Promise<Exit>} settled when it has ended and all its output was read */
    this.exited = new Promise((settle, fail) => {
      child.on('error', failure => {
        running.delete(this);
        fail(failure);
      });
      child.on('close', (code, signal) => {
        running.delete(this);
        this.exit = { code, signal };
        settle(this.exit);
      });
    });
    this.exited.catch(() => {});
  }

  /** Whether it ended otherwise than with status 0, and nobody killed it here. */
  get endedBadly() {
    return this.exit !== null && this.exit.code !== 0 && !this.#mayEndBadly;
  }

  get pid() {
    return /** @type {number} */ (this.child.pid);
  }

  /**
   * Waits for output that matches; gives the match. Fails at once when the program ends before.
   * @param {RegExp} pattern @param {{ timeout?: number, from?: number }} [options] `from`: skip that much of the log
   * @returns {Promise<RegExpMatchArray>}
   */
  async waitFor(pattern, { timeout = 10_000, from = 0 } = {}) {
    try {
      return await until(
        () => {
          const match = this.log.slice(from).match(pattern);
          if (!match && this.exit) throw new Error(`it ended with ${JSON.stringify(this.exit)}`);
          return /** @type {RegExpMatchArray} */ (match);
        },
        { timeout, what: `${pattern} in the output of ${this.name}` },
      );
    } catch (failure) {
      throw new Error(`${this.name}: ${/** @type {Error} */ (failure).message}; its output:\n${this.log}`);
    }
  }

  /** Waits for its end. @param {{ timeout?: number }} [options] @returns {Promise<Exit>} */
  async waitForExit({ timeout = 10_000 } = {}) {
    await until(() => this.exit || Promise.race([this.exited, new Promise(wake => setTimeout(wake, 10))]), {
      timeout,
      what: `the end of ${this.name}; its output:\n${this.log}`,
    });
    return this.exited;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    if (!this.exit) this.child.kill(name);
  }

  /** SIGKILL, and no complaint about it at the end of the test. */
  kill() {
    this.#mayEndBadly = true;
    this.signal('SIGKILL');
  }

  /**
   * Asks it to end and waits; fails unless it ends with status 0.
   * @param {{ signal?: NodeJS.Signals, timeout?: number }} [options]
   */
  async stop({ signal = 'SIGTERM', timeout = 10_000 } = {}) {
    this.signal(signal);
    let exit;
    try {
      exit = await this.waitForExit({ timeout });
    } catch (failure) {
      this.kill();
      await this.exited;
      throw failure;
    }
    if (this.endedBadly)
      throw new Error(`${this.name} ended with ${JSON.stringify(exit)}; its output:\n${this.log}`);
    return exit;
  }
}

/**
 * Starts a program in the scope.
 * @param {Scope} scope
 * @param {string} file
 * @param {string[]} [args]
 * @param {{ name?: string, cwd?: string, env?: Record<string, string>, ready?: RegExp, timeout?: number,
 *           deathSignal?: string, input?: 'ignore' | 'pipe' }} [options]
 *   `ready`: returns when the output matches; `deathSignal`: what the kernel sends when node dies
 * @returns {Promise<Program>}
 */
export async function start(scope, file, args = [], options = {}) {
  const { name = file.split('/').pop() ?? file, cwd, env = {}, ready, timeout, deathSignal = 'KILL' } = options;
  const child = spawn('setpriv', ['--pdeathsig', deathSignal, '--', file, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: [options.input ?? 'ignore', 'pipe', 'pipe'],
  });
  const program = new Program(name, child);
  onEnd(scope, () => {
    if (!program.exit) return program.stop();
    /* The test has failed already, probably for this reason. */
    if (program.endedBadly) console.error(`${name} ended with ${JSON.stringify(program.exit)}; its output:\n${program.log}`);
  });
  if (ready) await program.waitFor(ready, { timeout });
  return program;
}

/**
 * Runs a program to its end.
 * @param {string} file @param {string[]} [args]
 * @param {{ cwd?: string, env?: Record<string, string>, input?: string, timeout?: number }} [options]
 * @returns {{ status: number | null, stdout: string, stderr: string }}
 */
export function run(file, args = [], { cwd, env = {}, input, timeout = 20_000 } = {}) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    input,
    encoding: 'utf8',
    timeout: timeout * slowness,
    killSignal: 'SIGKILL',
  });
  /* A program may end without having read its input. */
  if (error && /** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
  return { status, stdout, stderr };
}
