// @ts-check
// Programs in the place of those that a session needs: missing ones, and ones that do wrong.

import { chmodSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, temporaryDirectory } from './programs.mjs';

/** Where a program is. @param {string} name */
export const find = name => run('sh', ['-c', `command -v ${name}`]).stdout.trim();

/** A directory for PATH with links to the programs that a session needs. @param {import('./programs.mjs').Scope} scope @param {string[]} [without] */
export function programs(scope, without = []) {
  const directory = temporaryDirectory(scope, 'bin');
  for (const name of ['setpriv', 'Xvfb', 'xkbcomp', 'sh', 'pulseaudio'].filter(name => !without.includes(name)))
    symlinkSync(find(name), join(directory, name));
  return directory;
}

/** Writes a shell script, or another in its place. @param {string} path @param {string} body */
export function script(path, body) {
  writeFileSync(`${path}.new`, `#!/bin/sh\n${body}\n`);
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path); // nobody finds half of it
}
