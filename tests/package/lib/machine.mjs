// @ts-check
// A Debian of one's own, with systemd as its first process: what debootstrap makes is kept between runs and never changed; a machine runs
// on a layer above it (systemd-nspawn), in a network namespace of its own. Needs root.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clearAtTheEnd } from '../../system/lib/keeper.mjs';
import { canMakeNetworks, startNetwork } from '../../system/lib/network.mjs';
import { onEnd, run, start, temporaryDirectory, until } from '../../system/lib/programs.mjs';

/** @typedef {import('../../system/lib/programs.mjs').Scope} Scope */

/** Roots of Debians, kept between runs. */
export const KEPT = process.env.VITRINA_ROOTS ?? '/var/cache/vitrina-roots';
const MIRROR = 'http://deb.debian.org/debian';
const LONG = 20 * 60_000;
const COMMANDS = ['debootstrap', 'systemd-nspawn', 'nsenter', 'dpkg-deb', 'git'];
/** How nspawn gets along where no systemd is the first process. */
const ALONE = ['--quiet', '--register=no', '--keep-unit'];

/** Why there can be no machine here; null: there can. @returns {string | null} */
export function whyNoMachine() {
  if (process.getuid?.() !== 0) return 'not root';
  if (!canMakeNetworks()) return 'no network namespaces';
  const missing = COMMANDS.filter(name => run('sh', ['-c', `command -v ${name}`]).status !== 0);
  return missing.length ? `without ${missing.join(', ')}` : null;
}

/** What a package registry that does not answer leads to: a reason to skip. */
export class NoRegistry extends Error {}

/** What a machine that cannot be booted here leads to. */
export class NoMachine extends Error {}

/**
 * @param {string} file @param {string[]} args @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {string} what it printed
 */
export function must(file, args, options = {}) {
  const { status, stdout, stderr } = run(file, args, { timeout: LONG, ...options });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${status}\n${stdout.slice(-3000)}${stderr.slice(-3000)}`);
  return stdout;
}

/**
 * Runs lines of the shell in a root, each of which must work.
 * @param {string} root @param {string[]} options of systemd-nspawn @param {string} lines @returns {string} what they printed
 */
export function inRoot(root, options, lines) {
  const environment = ['--setenv=DEBIAN_FRONTEND=noninteractive', '--setenv=LC_ALL=C.UTF-8'];
  return must('systemd-nspawn', [...ALONE, '-D', root, '--pipe', ...environment, ...options, 'sh', '-ec', lines]);
}

/** Which of these packages a root lacks. @param {string} root @param {string[]} packages */
function missingFrom(root, packages) {
  const { stdout } = run('dpkg-query', [`--admindir=${join(root, 'var/lib/dpkg')}`, '-W', '-f=${Package} ${db:Status-Status}\n']);
  const installed = new Set([...stdout.matchAll(/^(\S+) installed$/gm)].map(([, name]) => name));
  return packages.filter(name => !installed.has(name));
}

/** Whatever needs the registry. @param {() => void} step */
function fromRegistry(step) {
  try {
    step();
  } catch (failure) {
    throw new NoRegistry(String(failure));
  }
}

/**
 * The root of a Debian with these packages, made when it is not there yet.
 * @param {string} suite @param {string[]} packages @param {string} [purpose] another root of that Debian than the usual one
 * @returns {string} its directory
 */
export function keptRoot(suite, packages, purpose) {
  const root = join(KEPT, purpose ? `${suite}-${purpose}` : suite);
  const making = `${root}.new`;
  mkdirSync(KEPT, { recursive: true });
  if (!existsSync(root)) {
    rmSync(making, { recursive: true, force: true });
    fromRegistry(() => must('debootstrap', ['--variant=minbase', '--include=systemd,systemd-sysv,dbus,ca-certificates', suite, making, MIRROR]));
    renameSync(making, root);
  }
  const missing = missingFrom(root, packages);
  if (missing.length)
    fromRegistry(() =>
      inRoot(root, ['--bind-ro=/etc/resolv.conf'], `apt-get -qq update
        apt-get -qq install -y --no-install-recommends ${missing.join(' ')}
        apt-get clean`),
    );
  return root;
}

/** One that has been booted. */
export class Machine {
  /** @type {string} */
  #leader = '';

  /** @param {string} address where it is reached from here */
  constructor(address) {
    this.address = address;
  }

  /**
   * Boots one above a kept root. What is in `shared` is at /shared there.
   * @param {Scope} scope @param {string} root @param {string} shared
   */
  static async boot(scope, root, shared) {
    const network = startNetwork(scope);
    const machine = new Machine(network.there);
    const directory = temporaryDirectory(scope, 'machine');
    const args = [...ALONE, '-D', root, '--volatile=overlay', `--bind-ro=${shared}:/shared`, '--machine', network.name, '--boot'];
    const program = await start(scope, 'systemd-nspawn', [...args, `--network-namespace-path=/run/netns/${network.name}`, '--console=pipe'], {
      cwd: directory,
      name: 'systemd-nspawn',
    });
    clearAtTheEnd(scope, `pkill -KILL -P ${program.pid}`);
    try {
      machine.#leader = await until(() => run('pgrep', ['-x', 'systemd', '-P', String(program.pid)]).stdout.trim(), { what: 'a first process', timeout: 30_000 });
      await until(() => /running|degraded/.test(machine.try('systemctl', 'is-system-running').stdout), { what: 'a system that runs', timeout: 60_000, every: 200 });
    } catch (failure) {
      program.kill();
      throw new NoMachine(`${failure}: ${program.log}`);
    }
    onEnd(scope, () => {
      machine.try('systemctl', 'poweroff');
      return program.exited;
    });
    return machine;
  }

  /** In a session of its own: a signal to a whole group of processes stays in there. @param {string} file @param {...string} args */
  try(file, ...args) {
    return run('setsid', ['--wait', 'nsenter', '-t', this.#leader, '-a', '--', 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'DEBIAN_FRONTEND=noninteractive', file, ...args], { timeout: LONG });
  }

  /** Runs lines of the shell there, each of which must work. @param {string} lines @returns {string} what they printed */
  do(lines) {
    const { status, stdout, stderr } = this.try('sh', '-ec', lines);
    if (status !== 0) throw new Error(`${lines}: ${status}\n${stdout.slice(-3000)}${stderr.slice(-3000)}`);
    return stdout.trim();
  }

  /** @param {string} unit */
  isActive(unit) {
    return this.try('systemctl', 'is-active', '--quiet', unit).status === 0;
  }

  /** @param {string} unit @returns {string} */
  pid(unit) {
    return this.do(`systemctl show -p MainPID --value ${unit}`);
  }
}
