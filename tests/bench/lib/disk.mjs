// @ts-check
// What the disk itself does: a yardstick for all that waits for it.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a copy of a file anew, whole, as the coordinator does with its plan (fsynced, renamed, its directory fsynced),
 * one time after the other.
 * @param {string} file @param {number} seconds
 * @returns {{ rate: number, slow: number }} how often in a second; the milliseconds that 99 of 100 took at most
 */
export function rewrite(file, seconds) {
  const bytes = readFileSync(file);
  const [path, directory] = [`${file}.bench`, openSync(join(file, '..'), 'r')];
  const begun = performance.now();
  /** @type {number[]} */
  const times = [];
  while (performance.now() - begun < seconds * 1000 || times.length < 3) {
    const before = performance.now();
    const fd = openSync(`${path}.new`, 'w');
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${path}.new`, path);
    fsyncSync(directory);
    times.push(performance.now() - before);
  }
  closeSync(directory);
  const rate = (times.length * 1000) / (performance.now() - begun);
  return { rate, slow: times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] };
}
