// @ts-check
// An X display as a stranger meets it.

import { spawnSync } from 'node:child_process';

/* The X protocol's connection setup (section 8) without a cookie; the first byte of the answer is 0 for a refusal. */
const client = (/** @type {string} */ path) => `
const socket = require('node:net').connect(${JSON.stringify(path)});
socket.write(Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
socket.once('data', bytes => (console.log(bytes[0] === 1 ? 'admitted' : 'refused'), process.exit()));
socket.once('error', error => (console.log(error.code), process.exit()));
socket.once('close', () => (console.log('refused'), process.exit()));`;

/**
 * What the display says to somebody without its cookie: "admitted", "refused", or why it cannot be asked.
 * @param {string} socket its path @param {{ uid?: number }} [options] `uid`: as whom, where we may be anybody
 */
export function displayAnswers(socket, { uid } = {}) {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', client(socket)], { encoding: 'utf8', uid, cwd: '/', timeout: 20_000 });
  if (!stdout) throw new Error(stderr);
  return stdout.trim();
}
