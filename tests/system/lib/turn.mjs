// @ts-check
// A TURN server (coturn) with credentials that are good for a time.

import { existsSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.mjs';
import { onEnd, start, temporaryDirectory } from './programs.mjs';

/** Why there can be none here; '' when there can. */
export const whyNoTurn = existsSync('/usr/bin/turnserver') ? '' : 'coturn is not installed';

/** The address that this machine has in its network, else the loopback's. */
const address = Object.values(networkInterfaces())
  .flat()
  .find(one => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';

/**
 * @param {import('./programs.mjs').Scope} scope @param {string} secret @param {string} [at] its address
 * @returns {Promise<{ host: string, port: number, program: import('./programs.mjs').Program }>} `host`: with its port, for a URL
 */
export async function startTurn(scope, secret, at = address) {
  const directory = temporaryDirectory(scope, 'turn');
  const port = await freePort();
  const lines = [
    `listening-ip=${at}`,
    `relay-ip=${at}`,
    `listening-port=${port}`,
    'use-auth-secret',
    `static-auth-secret=${secret}`,
    'realm=vitrina.test',
    'allow-loopback-peers',
    'no-tls',
    'no-dtls',
    'no-cli',
    'log-file=stdout',
    'verbose',
    `pidfile=${join(directory, 'pid')}`,
    `userdb=${join(directory, 'users')}`,
  ];
  const file = join(directory, 'turnserver.conf');
  writeFileSync(file, lines.join('\n') + '\n', { mode: 0o600 });
  const program = await start(scope, 'turnserver', ['-c', file], { cwd: directory, ready: /listener opened on/i });
  onEnd(scope, () => program.kill());
  return { host: `${at}:${port}`, port, program };
}
