// @ts-check
// A real nginx with the project's own configuration (conf/nginx.conf.in), for tests and the demonstration.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listens } from './ports.mjs';
import { run, source, start, temporaryDirectory, until } from './programs.mjs';
import { builtSite } from './site.mjs';

/**
 * @typedef {object} NginxOptions
 * @property {string} coordinatorSocket  the coordinator's FastCGI socket
 * @property {string} [websocketSocket]  its WebSocket door's; default: none is there
 * @property {{ coordinator: string, websocket: string }[]} [others]  more coordinators: where their doors are, as
 *   paths or as addresses with ports
 * @property {string} [siteRoot]         the site's files (default: as they are installed)
 * @property {string} [path]             the site's path, with slashes at both ends (default "/")
 * @property {{ name: string, port: number }[]} [streamers]  reached at streamer/<name>/
 * @property {number} [httpPort]
 * @property {number} [httpsPort]
 * @property {string} [address]          what to listen on (default 127.0.0.1)
 * @property {number} [workers]
 * @property {string} [embedOrigins]     who else may show the site in a frame
 * @property {(text: string) => string} [adapt]  changes the configuration's text, for what only a bench wants
 */

/**
 * @typedef {object} Nginx
 * @property {import('./programs.mjs').Program} program
 * @property {string} url        the site over HTTPS, ending in "/"
 * @property {string} httpUrl    the same over HTTP
 * @property {string} ca         the certificate's text, for clients to trust
 * @property {string} directory  its files: error.log, the certificate
 */

/**
 * A key and a self-signed certificate for localhost and 127.0.0.1 in `directory`.
 * @param {string} directory
 * @returns {{ certificate: string, key: string }} their paths
 */
export function makeCertificate(directory) {
  const certificate = join(directory, 'certificate.pem');
  const key = join(directory, 'key.pem');
  if (existsSync(certificate) && existsSync(key)) return { certificate, key };
  const made = run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-keyout', key, '-out', certificate,
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  return { certificate, key };
}

/**
 * A template's text with its placeholders, words in capitals between at signs, filled in; fails when one has no value
 * or does not exist.
 * @param {string} template the text
 * @param {Record<string, string | number>} values
 */
export function render(template, values) {
  const unused = new Set(Object.keys(values));
  const text = template.replace(/@([A-Z0-9_]+)@/g, (_, name) => {
    if (!(name in values)) throw new Error(`@${name}@ has no value`);
    unused.delete(name);
    return String(values[name]);
  });
  if (unused.size) throw new Error(`no such placeholder: ${[...unused].join(', ')}`);
  return text;
}

/**
 * The members of an upstream.
 * @param {string} first a Unix socket @param {string[]} others such, or addresses with ports
 */
function members(first, others) {
  const all = [`server unix:${first} max_fails=0;`];
  for (const other of others)
    all.push(other.startsWith('/') ? `server unix:${other} max_fails=0;` : `server ${other} max_fails=1 fail_timeout=2s;`);
  return all.join('\n    ');
}

/**
 * The site as a web server of this machine shows it.
 * @param {import('./programs.mjs').Program} program
 * @param {{ directory: string, certificate: string, httpPort: number, httpsPort: number, path: string }} where
 * @returns {Nginx}
 */
export const servedBy = (program, { directory, certificate, httpPort, httpsPort, path }) => ({
  program,
  url: `https://127.0.0.1:${httpsPort}${path}`,
  httpUrl: `http://127.0.0.1:${httpPort}${path}`,
  ca: readFileSync(certificate, 'utf8'),
  directory,
});

/**
 * Starts nginx in the scope; returns when it listens.
 * @param {import('./programs.mjs').Scope} scope
 * @param {NginxOptions} options
 * @returns {Promise<Nginx>}
 */
export async function startNginx(scope, options) {
  const directory = temporaryDirectory(scope, 'vitrina-nginx');
  const path = options.path ?? '/';
  const httpPort = options.httpPort ?? (await freePort());
  const httpsPort = options.httpsPort ?? (await freePort());
  const address = options.address ?? '127.0.0.1';
  const { certificate, key } = makeCertificate(directory);
  mkdirSync(join(directory, 'temp'));

  const streamers = (options.streamers ?? []).map(
    ({ name, port }) => `location ${path}streamer/${name}/ { proxy_pass http://127.0.0.1:${port}/; }`,
  );
  const others = options.others ?? [];
  const ofThisVersion = run('sh', [join(source, 'tools/nginx.sh')]).stdout.trim();
  const text = render(run('sed', [ofThisVersion, join(source, 'conf/nginx.conf.in')]).stdout, {
    USER: process.getuid?.() === 0 ? 'user root;' : '',
    STATE_DIR: directory,
    TEMP_DIR: join(directory, 'temp'),
    ERROR_LOG: join(directory, 'error.log'),
    WORKERS: options.workers ?? 1,
    HTTP_LISTEN: `${address}:${httpPort}`,
    HTTPS_LISTEN: `${address}:${httpsPort}`,
    REDIRECT: '',
    CERTIFICATE: certificate,
    CERTIFICATE_KEY: key,
    OWN_COORDINATOR: `unix:${options.coordinatorSocket}`,
    COORDINATORS: members(options.coordinatorSocket, others.map(({ coordinator }) => coordinator)),
    WEBSOCKETS: members(
      options.websocketSocket ?? join(directory, 'no-websocket.sock'),
      others.map(({ websocket }) => websocket),
    ),
    SITE_PATH: path,
    SITE_ROOT: options.siteRoot ?? builtSite(),
    EMBED_ORIGINS: options.embedOrigins ?? '',
    STREAMERS: streamers.join('\n    '),
  });
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, options.adapt?.(text) ?? text);

  const args = ['-p', directory, '-c', file, '-e', join(directory, 'error.log'), '-g', 'daemon off;'];
  const program = await start(scope, 'nginx', args, { deathSignal: 'TERM' });
  await until(
    () => {
      if (program.exit) throw new Error(`nginx: ${program.log}`);
      return listens(httpsPort);
    },
    { what: 'nginx listens' },
  );
  return servedBy(program, { directory, certificate, httpPort, httpsPort, path });
}
