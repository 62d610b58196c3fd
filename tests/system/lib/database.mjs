// @ts-check
// A private MariaDB for tests, and coordinators that share one.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listed, startSite } from './coordinator.mjs';
import { FakeStreamer } from './fake_streamer.mjs';
import { PlanningFiles, usual, written } from './planning.mjs';
import { built, run, source, start, temporaryDirectory } from './programs.mjs';

/** Whether this machine has one. */
export const hasDatabase = existsSync('/usr/sbin/mariadbd');

let drawn = 0;

export class Database {
  /** @type {import('./programs.mjs').Program | undefined} */ #program;
  name = 'vitrina';

  /** @param {import('./programs.mjs').Scope} scope @param {string[]} [options] the server's */
  constructor(scope, options = []) {
    this.scope = scope;
    this.options = options;
    this.directory = temporaryDirectory(scope, 'vitrina-db');
    this.socket = join(this.directory, 's.sock');
  }

  /** @param {import('./programs.mjs').Scope} scope */
  static async start(scope) {
    const database = new Database(scope);
    await database.start();
    database.query('CREATE DATABASE vitrina', '');
    return database;
  }

  async start() {
    const script = join(source, 'tests/system/lib/mariadb');
    this.#program = await start(this.scope, script, [this.directory, ...this.options], { ready: /ready for connections/, timeout: 60_000 });
  }

  stop() {
    return this.#program?.stop();
  }

  /** The rows of what SQL gives, as texts. @param {string} sql @param {string} [database] */
  query(sql, database = this.name) {
    // A client of MariaDB 11.4 or newer would look at certificates over its socket, too.
    const args = ['--no-defaults', '--skip-ssl', '-u', 'root', '-S', this.socket, '-N', '-B', ...(database ? [database] : []), '-e', sql];
    const { status, stdout, stderr } = run('mariadb', args);
    if (status !== 0) throw new Error(stderr);
    return stdout.split('\n').filter(Boolean).map((/** @type {string} */ line) => line.split('\t'));
  }

  /** Another database on the same server. */
  fresh() {
    drawn += 1;
    this.query(`CREATE DATABASE vitrina_${drawn}`, '');
    const other = Object.create(this);
    return Object.assign(other, { name: `vitrina_${drawn}` });
  }

  /** The setting of a coordinator. */
  get store() {
    return { type: 'mysql', socket: this.socket, user: 'root', database: this.name };
  }

  /** The setting of the coordinator with this number, from 0. @param {number} _number */
  storeOf(_number) {
    return this.store;
  }
}

/**
 * So many coordinators on one database or cluster, with one RC, "River", on fake streamers with these limits.
 * @param {import('./programs.mjs').Scope} scope
 * @param {{ coordinators?: number, limits?: number[], settings?: object, plan?: import('./planning.mjs').PlanRecord[],
 *           database?: Pick<Database, 'storeOf'>, env?: (number: number) => Record<string, string> | undefined }} [options]
 *   `env`: added to the environment of the coordinator with this number, from 0
 */
export async function startShared(scope, { coordinators = 2, limits = [1], settings = {}, plan = [], database: given, env } = {}) {
  const database = given ?? (await Database.start(scope));
  const files = Array.from({ length: coordinators }, () => new PlanningFiles(scope));
  const [{ key }] = files;
  const streamers = await Promise.all(
    limits.map((limit, i) => FakeStreamer.start(scope, { name: `river-${i + 1}`, key, limit })),
  );
  const all = (/** @type {number} */ i) => ({ ...usual, store: database.storeOf(i), ...settings });
  for (const { directory } of files) writeFileSync(join(directory, 'vitrina.key'), `${key}\n`, { mode: 0o600 });
  files[0].writeConfiguration(all(0));
  files[0].writeServers(streamers.map(streamer => listed(streamer, 'River')));
  files[0].writePlan(plan);
  administer(files[0], '--migrate');
  administer(files[0], '--import', files[0].servers);
  const sites = await Promise.all(files.map((ours, i) => startSite(scope, { files: ours, settings: all(i), env: env?.(i) })));
  await Promise.all(sites.map(site => site.online(limits.length)));
  return {
    database,
    streamers,
    sites: sites.map(site => ({
      ...site,
      /** @param {number} at @param {object} [fields] */
      book: (at, fields = {}) => site.client.ask('PLAN_SESSION', { rc_name: 'River', ...written(at), ...fields }),
      /** @param {string} code @param {object} [fields] */
      come: (code, fields = {}) => site.client.ask('CONNECT_SESSION_WITH_CODE', { code, ...fields }),
      /** @param {object} [fields] */
      walkIn: (fields = {}) => site.client.ask('START_SESSION', { rc_name: 'River', ...fields }),
    })),
  };
}

/** What the coordinator's command line says. @param {PlanningFiles} files @param {string[]} args */
export function administer(files, ...args) {
  const { status, stdout, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration, ...args]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
