// @ts-check
// A Galera cluster of MariaDB nodes, each in a network of its own, with a switch between them: nodes are killed and come
// back, cables are pulled. Needs root.

import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasDatabase } from './database.mjs';
import { clearAtTheEnd } from './keeper.mjs';
import { canMakeNetworks, startNetwork, startSwitch } from './network.mjs';
import { source, start, temporaryDirectory, until } from './programs.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */

const PROVIDER = '/usr/lib/galera/libgalera_smm.so';

/** Why there can be no cluster on this machine, or false. @returns {string | false} */
export function noGalera() {
  if (!hasDatabase || !existsSync(PROVIDER)) return 'there is no mariadbd with Galera on this machine';
  return !canMakeNetworks() && 'this needs root and network namespaces';
}

const script = join(source, 'tests/system/lib/mariadb');
const USUAL = ['--binlog-format=ROW', '--innodb-autoinc-lock-mode=2', '--skip-networking=0', '--max-connections=200'];

/** A private server that seldom writes to disk: what one cluster's nodes have in common. @param {boolean} durable */
const memory = durable => ['--innodb-buffer-pool-size=64M', ...(durable ? [] : ['--innodb-log-file-size=16M', '--debug-no-sync'])];

class Node {
  /** @type {import('./programs.mjs').Program | undefined} */ #program;

  /**
   * @param {Scope} scope @param {ReturnType<typeof startNetwork>} network @param {{ address: string, connect(up: boolean): void }} cable
   * @param {{ name: string, directory: string, options: string[] }} more
   */
  constructor(scope, network, cable, { name, directory, options }) {
    this.scope = scope;
    this.network = network;
    this.cable = cable;
    this.name = name;
    this.directory = directory;
    this.options = options;
    this.socket = join(directory, 's.sock');
    /** Where clients reach it, however the cluster's own network is. */
    this.address = network.there;
  }

  /** @param {string[]} options @param {RegExp} ready */
  async #run(options, ready) {
    const command = [...this.network.within, script, this.directory, ...this.options, ...options];
    this.#program = await start(this.scope, command[0], command.slice(1), { name: this.name, ready, timeout: 60_000, env: { PATH: `${join(this.directory, '..')}:${process.env.PATH}` } });
    return this.#program;
  }

  /** Starts it; the first one of a cluster that does not run yet is `first`. @param {{ first?: boolean, position?: string }} [options] */
  async start({ first = false, position } = {}) {
    const options = [...(first ? ['--wsrep-new-cluster'] : []), ...(position ? [`--wsrep-start-position=${position}`] : [])];
    await this.#run(options, /ready for connections/);
    await this.synced();
  }

  /** As kill -9 does, or the loss of power. */
  async kill() {
    this.#program?.kill();
    await this.#program?.exited;
  }

  /** Ends it in order. */
  async stop() {
    await this.#program?.stop({ timeout: 30_000 });
  }

  /** Starts it again after kill(): it finds out what it has, and is given what it lacks. */
  async comeBack() {
    const recovering = await this.#run(['--wsrep-recover'], /Recovered position: [\w-]+:\d+/);
    const [, position] = recovering.log.match(/Recovered position: ([\w-]+:\d+)/) ?? [];
    await recovering.waitForExit({ timeout: 30_000 });
    await this.start({ position });
  }

  /** The rows of what SQL gives, as texts. @param {string} sql @returns {Promise<string[][]>} */
  async query(sql) {
    const args = ['--no-defaults', '-u', 'root', '-S', this.socket, '-N', '-B', '-r', '-e', sql];
    const { stdout } = await promisify(execFile)('mariadb', args, { maxBuffer: 2 ** 28 });
    return stdout.split('\n').filter(Boolean).map(line => line.split('\t'));
  }

  /** What SHOW STATUS says, "" if nothing. @param {string} name */
  async status(name) {
    try {
      return (await this.query(`SHOW STATUS LIKE '${name}'`))[0]?.[1] ?? '';
    } catch {
      return '';
    }
  }

  /** Waits until it takes part, in a cluster of so many, and has what the others have. @param {number} [size] */
  synced(size) {
    const isSo = async () => {
      const is = async (/** @type {string} */ name) => this.status(`wsrep_${name}`);
      if ((await is('local_state_comment')) !== 'Synced' || (await is('cluster_status')) !== 'Primary') return false;
      return !size || (await is('cluster_size')) === String(size);
    };
    return until(isSo, { what: `${this.name} is synced`, timeout: 60_000 });
  }

  /** Waits until it has noticed that it has lost the others. */
  alone() {
    const isSo = async () => (await this.status('wsrep_cluster_status')) === 'non-Primary';
    return until(isSo, { what: `${this.name} has noticed that it is alone`, timeout: 60_000 });
  }
}

export class Galera {
  /** @param {Node[]} nodes */
  constructor(nodes) {
    this.nodes = nodes;
  }

  /**
   * So many nodes that run, with an empty database "vitrina" and a user of that name.
   * @param {Scope} scope
   * @param {{ count?: number, durable?: boolean, provider?: string }} [options] `durable`: every commit is on disk;
   *   `provider`: settings of Galera (wsrep_provider_options)
   */
  static async start(scope, { count = 3, durable = false, provider = '' } = {}) {
    const networks = Array.from({ length: count }, () => startNetwork(scope));
    const cables = startSwitch(scope, networks);
    const directory = temporaryDirectory(scope, 'vitrina-galera');
    chmodSync(directory, 0o711); /* for the servers' own user */
    clearAtTheEnd(scope, `rm -rf ${directory}`);
    copyFileSync(join(source, 'tests/system/lib/wsrep_sst_ist'), join(directory, 'wsrep_sst_ist'));
    const members = cables.map(({ address }) => address).join();
    const nodes = networks.map((network, i) => {
      const own = [`--wsrep-node-address=${cables[i].address}`, `--wsrep-node-name=node-${i + 1}`];
      const cluster = ['--wsrep-on=ON', `--wsrep-provider=${PROVIDER}`, '--wsrep-cluster-name=vitrina', `--wsrep-cluster-address=gcomm://${members}`];
      const more = ['--wsrep-sst-method=ist', '--wsrep-slave-threads=2', `--wsrep-provider-options=gcache.size=64M;pc.recovery=FALSE;${provider}`];
      const options = [...USUAL, ...memory(durable), ...own, ...cluster, ...more];
      return new Node(scope, network, cables[i], { name: `node-${i + 1}`, directory: join(directory, String(i + 1)), options });
    });
    const [first, ...others] = nodes;
    await first.start({ first: true });
    await first.query("CREATE DATABASE vitrina; CREATE USER vitrina@'%'; GRANT ALL ON vitrina.* TO vitrina@'%'");
    await first.stop();
    await Promise.all(others.map(other => cp(first.directory, other.directory, { recursive: true })));
    await first.start({ first: true });
    await Promise.all(others.map(other => other.start()));
    return new Galera(nodes);
  }

  /** The setting of the coordinator with this number, from 0: its own node first. @param {number} number */
  storeOf(number) {
    const nodes = this.nodes.map(({ address }) => address);
    return { type: 'mysql', nodes: [...nodes.slice(number), ...nodes.slice(0, number)], tls: false };
  }

  /** Waits until all take part and have the same. */
  async whole() {
    await Promise.all(this.nodes.map(node => node.synced(this.nodes.length)));
  }
}
