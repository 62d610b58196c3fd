// @ts-check
// A wall clock that a test moves while the program runs: libfaketime between the program and its system. The monotonic clock goes
// on as it is, as on a machine whose time somebody sets.

import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './programs.mjs';

/** libfaketime for programs with threads, wherever this machine's kind has its libraries; undefined: there is none. */
const library = readdirSync('/usr/lib')
  .map(name => join('/usr/lib', name, 'faketime/libfaketimeMT.so.1'))
  .find(path => existsSync(path));

/** Why clocks cannot be moved here; false: they can. */
export const cannotMove = process.env.SANITIZERS
  ? 'a sanitizer must be the first library that is loaded, and so must libfaketime'
  : library
    ? false
    : 'libfaketime is not installed';

export class MovableClock {
  /** @param {import('./programs.mjs').Scope} scope @param {number} [ahead] seconds */
  constructor(scope, ahead = 0) {
    this.file = join(temporaryDirectory(scope, 'vitrina-clock'), 'offset');
    this.set(ahead);
  }

  /** From now on it is so many seconds ahead of the right time, or behind. @param {number} ahead */
  set(ahead) {
    writeFileSync(`${this.file}.new`, `${ahead < 0 ? '' : '+'}${ahead}\n`);
    renameSync(`${this.file}.new`, this.file);
  }

  /** What a program's environment needs for it. */
  get env() {
    return {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
    };
  }
}
