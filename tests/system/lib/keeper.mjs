// @ts-check
// What must not be left behind, however this process ends: a shell outlives it by a moment, in a session of its own so
// that Ctrl-C does not reach it, and clears up what was not cleared up here.

import { spawn } from 'node:child_process';
import { onEnd, run } from './programs.mjs';

/* Commands come a line each; the end of the pipe is our end. What came last goes first. */
const SCRIPT = `
commands=
while read -r line; do commands="$line
$commands"; done
eval "$commands"`;

/** @type {import('node:stream').Writable | undefined} */
let pipe;

function keeper() {
  if (pipe) return pipe;
  const child = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  pipe = child.stdin;
  /** @type {any} */ (pipe).unref();
  return pipe;
}

/**
 * Runs a command of the shell, on one line, when the scope ends, and again when this process has ended: it must do no
 * harm where there is nothing left to clear.
 * @param {import('./programs.mjs').Scope} scope @param {string} command
 */
export function clearAtTheEnd(scope, command) {
  keeper().write(`${command}\n`);
  onEnd(scope, () => run('sh', ['-c', command]));
}
