// @ts-check
// Free TCP ports that no other test process is given meanwhile, and who listens where.

import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

/* Below the kernel's ephemeral range (32768 and up), so that no outgoing connection takes one. */
const FIRST = 20_000;
const COUNT = 12_000;

/** @param {number} port @returns {Promise<boolean>} whether the UDP port could be taken, to keep till the end */
function reserve(port) {
  return new Promise(settle => {
    const socket = createSocket({ type: 'udp4', reuseAddr: false });
    socket.once('error', () => settle(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      settle(true);
    });
  });
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise(settle => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, '0.0.0.0', () => server.close(() => settle(true)));
  });
}

/**
 * A TCP port that is free now. The UDP port of the same number is held until this process ends: that is the mark by
 * which test processes that run in parallel keep off each other's ports.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await isFree(port)) && (await reserve(port))) return port;
  }
  throw new Error('no free port');
}

/**
 * Whether someone accepts connections there. (A Unix socket's file is there a moment before that.)
 * @param {number | string} address a port of this machine, or the path of a Unix socket @returns {Promise<boolean>}
 */
export function listens(address) {
  return new Promise(settle => {
    const socket = typeof address === 'string' ? connect(address) : connect(address, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      settle(true);
    });
    socket.once('error', () => settle(false));
  });
}
