// @ts-check
// Cells (vitrina-config.json(5), CELLS) seen from outside: whether this machine makes them, and who is in one.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a cell needs of the machine, tried once: why there can be none, '' when there can. */
const why = (() => {
  const options = ['--unshare-user', '--unshare-pid', '--unshare-net', '--as-pid-1', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
  const { status, stderr, error } = spawnSync('bwrap', [...options, '--', 'true'], { encoding: 'utf8' });
  return status === 0 ? '' : (stderr || String(error)).trim();
})();
if (why) console.error(`# Sessions run without cells (isolation "none"): ${why}`);

/** The setting `isolation` for this machine. @type {'cell' | 'none'} */
export const isolation = why ? 'none' : 'cell';
/** For tests of cells: the reason to skip them, or false. */
export const noCells = why ? `no cell can be made here: ${why}` : false;

/** What a process is called (comm), '' when it is gone. @param {number} pid */
export function nameOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Whether a process only holds a cell. @param {number} pid */
export const holdsCell = pid => /^(bwrap|cell-init)$/.test(nameOf(pid));

/** The children of a process. @param {number} pid @returns {number[]} */
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** The program that a process is, or that runs in the cell that it holds. @param {number} pid @returns {number} */
export function programIn(pid) {
  const [child] = holdsCell(pid) ? childrenOf(pid) : [];
  return child ? programIn(child) : pid;
}
