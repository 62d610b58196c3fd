// @ts-check
// Several coordinators on one database behind one web server, with the project's own configuration of it.

import https from 'node:https';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openToWebUser, startApache } from './apache.mjs';
import { Client } from './client.mjs';
import { listed, startCoordinator } from './coordinator.mjs';
import { administer, Database } from './database.mjs';
import { FakeStreamer } from './fake_streamer.mjs';
import { startNginx } from './nginx.mjs';
import { PlanningFiles, usual, written } from './planning.mjs';
import { freePort } from './ports.mjs';
import { onEnd, until } from './programs.mjs';

/** @typedef {import('./programs.mjs').Program} Program */

export class Several {
  /** @type {Program[]} */
  coordinators = [];

  /** @param {import('./programs.mjs').Scope} scope @param {PlanningFiles[]} files @param {FakeStreamer[]} streamers */
  constructor(scope, files, streamers) {
    this.scope = scope;
    this.files = files;
    this.streamers = streamers;
    /** @type {import('./nginx.mjs').Nginx} */ this.web = /** @type {any} */ (undefined);
  }

  /** Starts one that does not run; returns when it is ready. @param {number} i */
  async start(i) {
    this.coordinators[i] = await startCoordinator(this.scope, this.files[i]);
    if (i === 0) openToWebUser(this.files[0].socket);
    if (i === 0) openToWebUser(this.files[0].websocket);
  }

  /**
   * Somebody whose address ends so: the web server sends all of their requests to the same coordinator.
   * @param {number} last
   */
  visitor(last) {
    const client = new Client(`${this.web.url}api`, { ca: this.web.ca });
    client.agent = new https.Agent({ keepAlive: true, ca: this.web.ca, localAddress: `127.0.0.${last}` });
    onEnd(this.scope, () => client.close());
    return {
      client,
      address: `127.0.0.${last}`,
      /** @param {string} verb @param {object} [fields] */
      ask: (verb, fields = {}) => client.ask(verb, { ...fields }),
      /** @param {number} at @param {object} [fields] */
      book: (at, fields = {}) => client.ask('PLAN_SESSION', { rc_name: 'River', ...written(at), ...fields }),
      /** @param {object} [fields] */
      walkIn: (fields = {}) => client.ask('START_SESSION', { rc_name: 'River', ...fields }),
    };
  }

  /** Who answered the last requests of this client: the number of the coordinator. @param {string} requestId */
  whoAnswered(requestId) {
    return this.coordinators.findIndex(({ log }) => log.includes(`request=${requestId}`));
  }

  /** A visitor whom coordinator `i` serves. @param {number} i @param {number} [from] the first address to try */
  async visitorOf(i, from = 2) {
    for (let last = from; last < from + 50; last++) {
      const visitor = this.visitor(last);
      const { headers } = await visitor.ask('GET_RCS', { id: last });
      const served = await until(() => this.whoAnswered(String(headers['x-request-id'])) + 1, { what: 'the access log' });
      if (served === i + 1) return visitor;
    }
    throw new Error(`no address leads to coordinator ${i}`);
  }
}

/**
 * Two coordinators with one RC, "River", on fake streamers with these limits. The first listens on Unix sockets, the second
 * on TCP ports, as on another machine.
 * @param {import('./programs.mjs').Scope} scope
 * @param {{ database: Database, web?: 'nginx' | 'apache', limits?: number[], settings?: object }} options
 */
export async function startSeveral(scope, { database, web = 'nginx', limits = [1], settings = {} }) {
  const files = [new PlanningFiles(scope), new PlanningFiles(scope)];
  const [{ key }] = files;
  const streamers = await Promise.all(
    limits.map((limit, i) => FakeStreamer.start(scope, { name: `river-${i + 1}`, key, limit })),
  );
  const common = { ...usual, store: database.store, ...settings };
  const ports = { port: await freePort(), websocket_port: await freePort() };
  for (const { directory } of files) writeFileSync(join(directory, 'vitrina.key'), `${key}\n`, { mode: 0o600 });
  files[0].writeConfiguration(common);
  files[1].writeConfiguration({ ...common, socket: undefined, websocket_socket: undefined, ...ports });
  files[0].writeServers(streamers.map(streamer => listed(streamer, 'River')));
  administer(files[0], '--migrate');
  administer(files[0], '--import', files[0].servers);
  const several = new Several(scope, files, streamers);
  await Promise.all([several.start(0), several.start(1)]);
  const doors = {
    coordinatorSocket: files[0].socket,
    websocketSocket: files[0].websocket,
    others: [{ coordinator: `127.0.0.1:${ports.port}`, websocket: `127.0.0.1:${ports.websocket_port}` }],
  };
  several.web = web === 'nginx' ? await startNginx(scope, doors) : await startApache(scope, doors);
  return several;
}
