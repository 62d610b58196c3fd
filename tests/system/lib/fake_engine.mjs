// @ts-check
// An engine that shows nothing and says what the test has it say: for what the streamer does with an engine's words.

import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onEnd, temporaryDirectory, until } from './programs.mjs';

/** The program: passes lines between the streamer (descriptor 3) and the test (a socket), and is ready at once. */
const program = (/** @type {string} */ path) => `#!${process.execPath}
import { Socket, connect } from 'node:net';
if (process.argv[2] === '--check') process.exit(0);
const streamer = new Socket({ fd: 3 });
const test = connect(${JSON.stringify(path)});
streamer.on('data', bytes => test.write(bytes));
streamer.on('end', () => process.exit(0));
test.on('data', bytes => streamer.write(bytes));
test.on('error', () => process.exit(0));
test.on('close', () => process.exit(0));
`;

export class FakeEngine {
  /** What the streamer said. @type {any[]} */
  messages = [];

  /** @param {string} path where its program is: the setting webrtc_program */
  constructor(path) {
    this.path = path;
    /** @type {import('node:net').Socket | null} */
    this.socket = null;
  }

  /** @param {Record<string, unknown>} message */
  say(message) {
    this.socket?.write(JSON.stringify(message) + '\n');
  }

  /** Who it was told may steer, one after another. @returns {string[]} */
  controllers() {
    return this.messages.filter(({ msg }) => msg === 'control').map(({ user }) => user);
  }

  /** Waits until it was told that @user may steer. @param {string} user */
  async controlledBy(user) {
    await until(() => this.controllers().at(-1) === user, { what: `control of "${user}", not ${this.controllers()}` });
  }
}

/** @param {import('./programs.mjs').Scope} scope */
export async function fakeEngine(scope) {
  const directory = temporaryDirectory(scope, 'fe');
  const path = join(directory, 'engine.mjs');
  writeFileSync(path, program(join(directory, 'socket')));
  chmodSync(path, 0o755);
  const engine = new FakeEngine(path);
  const server = createServer(socket => {
    const lines = createInterface({ input: socket });
    lines.on('line', line => {
      const message = JSON.parse(line);
      engine.messages.push(message);
      if (message.msg === 'configure') {
        engine.socket = socket;
        engine.say({ msg: 'ready' });
      }
      if (message.msg === 'stop') socket.end();
    });
    /* It passes the socket's errors on, as its own: an engine may be killed at any time. */
    lines.on('error', () => {});
    socket.on('error', () => {});
  });
  server.listen(join(directory, 'socket'));
  await once(server, 'listening');
  onEnd(scope, () => (engine.socket?.destroy(), server.close()));
  return engine;
}
