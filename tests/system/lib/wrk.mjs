// @ts-check
// Load by wrk (Debian: wrk) for benches, and what it cost.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const TICK_US = 10_000; /* of /proc: USER_HZ is 100 */

/** @typedef {{ rate: number, p50: string, p99: string, requests: number, refused: number }} Run `refused`: answers above 399 */

/** A script for wrk that posts one body. @param {string} directory @param {string} name @param {object} body @returns {string} its path */
export function poster(directory, name, body) {
  const file = join(directory, `${name}.lua`);
  writeFileSync(file, `wrk.method = "POST"\nwrk.body = '${JSON.stringify(body)}'\nwrk.headers["Content-Type"] = "application/json"\n`);
  return file;
}

/**
 * 32 kept connections. Not waited for in one piece: this process reads what the programs log.
 * @param {string} url @param {{ seconds: number, script?: string }} how @returns {Promise<Run>}
 */
export async function load(url, { seconds, script }) {
  const args = ['-t1', '-c32', `-d${seconds}s`, '--latency', ...(script ? ['-s', script] : []), url];
  const { stdout } = await promisify(execFile)('wrk', args, { timeout: (seconds + 30) * 1000 });
  if (/Socket errors/.test(stdout)) throw new Error(stdout);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: /50%\s+([\d.]+\w+)/.exec(stdout)?.[1] ?? '?',
    p99: /99%\s+([\d.]+\w+)/.exec(stdout)?.[1] ?? '?',
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
  };
}

/** The CPU time of a process and its children so far, in microseconds. @param {number} pid @returns {number} */
export function cpuUs(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return (Number(user) + Number(system)) * TICK_US + children.reduce((sum, child) => sum + cpuUs(Number(child)), 0);
}

/** @param {number[]} values */
export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * nginx.conf with a server of another kind at /node, for a yardstick behind the same nginx.
 * @param {string} text @param {string} socket where that server listens
 */
export const withYardstick = (text, socket) =>
  text
    .replace(/^ {2}server \{$/m, `  upstream node { server unix:${socket}; keepalive 64; }\n$&`)
    .replace(/^ {2}\}\n\}\s*$/m, "    location /node { proxy_pass http://node; proxy_set_header Connection ''; proxy_buffering on; }\n$&");
