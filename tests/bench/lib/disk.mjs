// @ts-check
// What the disk itself does: a yardstick for all that waits for it.

import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** How quickly something can be done, one time after the other. @typedef {{ rate: number, slow: number }} DiskRate in a second; ms that 99 of 100 took at most */

/** @param {number} seconds @param {() => void} step @returns {DiskRate} */
function repeat(seconds, step) {
  const begun = performance.now();
  /** @type {number[]} */
  const times = [];
  while (performance.now() - begun < seconds * 1000 || times.length < 3) {
    const before = performance.now();
    step();
    times.push(performance.now() - before);
  }
  const rate = (times.length * 1000) / (performance.now() - begun);
  return { rate, slow: times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] };
}

/**
 * Writes a copy of a file anew, whole: fsynced, renamed, its directory fsynced.
 * @param {string} file @param {number} seconds
 */
export function rewrite(file, seconds) {
  const bytes = readFileSync(file);
  const [path, directory] = [`${file}.bench`, openSync(join(file, '..'), 'r')];
  const rate = repeat(seconds, () => {
    const fd = openSync(`${path}.new`, 'w');
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${path}.new`, path);
    fsyncSync(directory);
  });
  closeSync(directory);
  rmSync(path);
  return rate;
}

/**
 * Appends a line to a file beside that one, and syncs it: what a promise costs at least.
 * @param {string} file @param {number} seconds
 */
export function append(file, seconds) {
  const path = `${file}.bench`;
  const fd = openSync(path, 'a');
  const line = `${'x'.repeat(350)}\n`;
  const rate = repeat(seconds, () => {
    writeSync(fd, line);
    fdatasyncSync(fd);
  });
  closeSync(fd);
  rmSync(path);
  return rate;
}
