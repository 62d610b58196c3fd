// @ts-check
// A real coordinator behind a real nginx.

import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, request } from './client.mjs';
import { startNginx } from './nginx.mjs';
import { built, onEnd, start, temporaryDirectory, until } from './programs.mjs';

/**
 * @typedef {object} ListedServer  an entry of servers.json
 * @property {string} server_name
 * @property {string} ip
 * @property {string | number} port
 * @property {{ rc_name: string, info?: object }} rc_info
 * @property {string} [url]
 */

/** A directory with the coordinator's files. */
export class CoordinatorFiles {
  /** @param {import('./programs.mjs').Scope} scope */
  constructor(scope) {
    this.directory = temporaryDirectory(scope, 'vitrina-coordinator');
    this.configuration = join(this.directory, 'configuration.json');
    this.servers = join(this.directory, 'servers.json');
    this.socket = join(this.directory, 'coordinator.sock');
    this.websocket = join(this.directory, 'websocket.sock');
    /** The key, as in the key file. */
    this.key = randomBytes(32).toString('hex');
    writeFileSync(join(this.directory, 'vitrina.key'), `${this.key}\n`, { mode: 0o600 });
  }

  /** @param {object} [settings] what shall differ from the tests' usual settings */
  writeConfiguration(settings = {}) {
    const doors = { socket: 'coordinator.sock', websocket_socket: 'websocket.sock' };
    const log = { log_level: 'info', access_log: true };
    const usual = { ...doors, ...log, time_between_updates_seconds: '1' };
    writeFileSync(this.configuration, JSON.stringify({ ...usual, ...settings }));
  }

  /** Puts a list of servers in place, whole, as an operator's tool would. @param {ListedServer[] | string} servers */
  writeServers(servers) {
    const text = typeof servers === 'string' ? servers : JSON.stringify(servers);
    writeFileSync(`${this.servers}.new`, text);
    renameSync(`${this.servers}.new`, this.servers);
  }
}

/**
 * An entry of servers.json.
 * @param {{ name: string, port: number }} server
 * @param {string} rcName @param {object} [more]
 * @returns {ListedServer}
 */
export function listed({ name, port }, rcName, more = {}) {
  const info = { deskription: [{ en: `About ${rcName}` }, { ru: `О ${rcName}` }] };
  return { server_name: name, ip: '127.0.0.1', port: String(port), rc_info: { rc_name: rcName, info }, ...more };
}

/**
 * Starts a coordinator with these files; returns when it is ready, or as far as is wanted.
 * @param {import('./programs.mjs').Scope} scope @param {CoordinatorFiles} files
 * @param {{ ready?: RegExp, env?: Record<string, string> }} [options]
 */
export function startCoordinator(scope, files, { ready = / ready door=/, env } = {}) {
  return start(scope, built('vitrina-coordinator'), ['--config', files.configuration], { ready, env, timeout: 60_000 });
}

/** What the log of a coordinator says that has opened its doors, whether it has read its list and plan or not. */
export const LISTENING = / listening door=/;

/**
 * Everything that a verb passes through: files, coordinator, nginx, a client.
 * @param {import('./programs.mjs').Scope} scope
 * @param {{ files?: CoordinatorFiles, servers?: ListedServer[], settings?: object, env?: Record<string, string> } &
 *           Omit<import('./nginx.mjs').NginxOptions, 'coordinatorSocket' | 'websocketSocket'>} [options]
 */
export async function startSite(scope, { files, servers = [], settings, env, ...nginxOptions } = {}) {
  const ours = files ?? new CoordinatorFiles(scope);
  ours.writeConfiguration(settings);
  ours.writeServers(servers);
  const coordinator = await startCoordinator(scope, ours, { env });
  const nginx = await startNginx(scope, { coordinatorSocket: ours.socket, websocketSocket: ours.websocket, ...nginxOptions });
  const client = new Client(`${nginx.url}api`, { ca: nginx.ca });
  onEnd(scope, () => client.close());
  const health = async () => (await request(`${nginx.url}health`, { ca: nginx.ca })).answer;
  return {
    files: ours,
    coordinator,
    nginx,
    client,
    health,
    /** Waits until that many servers answer the coordinator. @param {number} count @param {number} [timeout] */
    online: (count, timeout) =>
      until(async () => (await health()).online === count, { what: `${count} servers online`, timeout }),
  };
}
