// @ts-check
// A real Apache, with the project's own configuration (conf/apache.conf.in) or another, for tests.

import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCertificate, render, servedBy } from './nginx.mjs';
import { builtSite } from './site.mjs';
import { freePort, listens } from './ports.mjs';
import { run, source, start, temporaryDirectory, until } from './programs.mjs';

/** Where Debian has Apache's modules. */
export const MODULES = '/usr/lib/apache2/modules';

/* Apache does not run as root; a test that does gives it to the user that Debian has for it. */
const isRoot = process.getuid?.() === 0;
const WEB_USER = 'www-data';

/** Gives a directory with all that is in it to the web server's user. @param {string} directory */
export function giveToWebUser(directory) {
  if (isRoot) run('chown', ['-R', `${WEB_USER}:${WEB_USER}`, directory]);
}

/** Lets the web server's user come to a socket. @param {string} socket */
export function openToWebUser(socket) {
  if (!isRoot) return;
  chmodSync(dirname(socket), 0o711);
  chmodSync(socket, 0o666);
}

/**
 * Starts a program as the web server's user.
 * @param {import('./programs.mjs').Scope} scope @param {string} file @param {string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 */
export function startAsWebUser(scope, file, args, { env } = {}) {
  const name = file.split('/').pop();
  if (!isRoot) return start(scope, file, args, { name, deathSignal: 'TERM', env });
  const become = ['--reuid', WEB_USER, '--regid', WEB_USER, '--clear-groups', '--pdeathsig', 'TERM', '--'];
  return start(scope, 'setpriv', [...become, file, ...args], { name, env });
}

/**
 * Starts Apache in the scope; returns when it listens.
 * @param {import('./programs.mjs').Scope} scope
 * @param {string} directory for its files, which are given to it @param {string} text the configuration @param {number} port
 */
export async function startApacheWith(scope, directory, text, port) {
  const file = join(directory, 'apache.conf');
  writeFileSync(file, text);
  giveToWebUser(directory);
  const program = await startAsWebUser(scope, '/usr/sbin/apache2', ['-f', file, '-D', 'FOREGROUND']);
  await until(
    () => {
      if (program.exit) throw new Error(`apache2: ${program.log}`);
      return listens(port);
    },
    { what: 'Apache listens' },
  );
  return program;
}

/**
 * The members of a balancer.
 * @param {'fcgi' | 'ws'} scheme @param {string} first a Unix socket @param {string[]} others such, or addresses with ports
 */
function members(scheme, first, others) {
  const kept = scheme === 'fcgi' ? ' enablereuse=on ttl=1 flushpackets=on' : '';
  const route = (/** @type {number} */ i) => (others.length ? ` route=${i} retry=1` : ' retry=0');
  return [first, ...others]
    .map((where, i) => (where.startsWith('/') ? `unix:${where}|${scheme}://coordinator-${i + 1}` : `${scheme}://${where}`))
    .map((url, i) => `BalancerMember "${url}"${route(i + 1)} timeout=75 connectiontimeout=2${kept}`)
    .join('\n  ');
}

/**
 * The site behind Apache.
 * @param {import('./programs.mjs').Scope} scope
 * @param {Pick<import('./nginx.mjs').NginxOptions, 'coordinatorSocket' | 'websocketSocket' | 'others' | 'path' | 'streamers' | 'embedOrigins'>} options
 * @returns {Promise<import('./nginx.mjs').Nginx>}
 */
export async function startApache(scope, { coordinatorSocket, websocketSocket, others = [], path = '/', streamers = [], embedOrigins = '' }) {
  const directory = temporaryDirectory(scope, 'vitrina-apache');
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const { certificate, key } = makeCertificate(directory);
  cpSync(builtSite(), join(directory, 'www'), { recursive: true });
  const doors = [coordinatorSocket, websocketSocket, ...others.flatMap(({ coordinator, websocket }) => [coordinator, websocket])];
  for (const door of doors) if (door?.startsWith('/')) openToWebUser(door);
  const text = render(readFileSync(join(source, 'conf/apache.conf.in'), 'utf8'), {
    STATE_DIR: directory,
    ERROR_LOG: join(directory, 'error.log'),
    USER: '',
    MODULES_DIR: MODULES,
    HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    HTTPS_LISTEN: `127.0.0.1:${httpsPort}`,
    HTTP_PORT: httpPort,
    HTTPS_PORT: httpsPort,
    REDIRECT: '',
    CERTIFICATE: certificate,
    CERTIFICATE_KEY: key,
    OWN_COORDINATOR: `unix:${coordinatorSocket}|fcgi://own`,
    COORDINATORS: members('fcgi', coordinatorSocket, others.map(({ coordinator }) => coordinator)),
    WEBSOCKETS: members(
      'ws',
      websocketSocket ?? join(directory, 'no-websocket.sock'),
      others.map(({ websocket }) => websocket),
    ),
    SITE_PATH: path,
    SITE_ROOT: join(directory, 'www'),
    EMBED_ORIGINS: embedOrigins,
    STREAMERS: streamers
      .map(({ name, port }) => `ProxyPass "${path}streamer/${name}/" "http://127.0.0.1:${port}/" upgrade=websocket timeout=75`)
      .join('\n'),
  });
  const program = await startApacheWith(scope, directory, text, httpsPort);
  return servedBy(program, { directory, certificate, httpPort, httpsPort, path });
}
