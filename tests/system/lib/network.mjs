// @ts-check
// A network of one's own between an engine and its players: a network namespace (network_namespaces(7)), whose link
// to us can be made as narrow as a phone's. Needs root and tc; canMakeNetworks says whether they are there.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onEnd, run, temporaryDirectory } from './programs.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */

let made = 0;

/** @param {string} program @param {...string} args */
function must(program, ...args) {
  const { status, stderr } = run(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** Whether this process may make networks. */
export function canMakeNetworks() {
  if (process.getuid?.() !== 0) return false;
  const name = `vitrina-probe-${process.pid}`;
  try {
    if (run('ip', ['netns', 'add', name]).status !== 0) return false;
    const shaped = run('ip', ['netns', 'exec', name, 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', 'rate', '1mbit', 'burst', '8k', 'latency', '50ms']);
    return shaped.status === 0;
  } catch {
    return false;
  } finally {
    run('ip', ['netns', 'del', name]);
  }
}

/**
 * A namespace with a link to here. It is gone with the scope, and all that is left in it with it.
 * @param {Scope} scope
 */
export function startNetwork(scope) {
  const number = made++;
  const name = `vitrina-${process.pid}-${number}`;
  /* Names of interfaces have 15 letters at most; a subnet of eight addresses out of 10.128.0.0/9 is ours. */
  const [outside, inside] = [`vt${process.pid % 1e7}o${number}`, `vt${process.pid % 1e7}i${number}`];
  const base = (((process.pid * 16 + number) % 2 ** 20) << 3) >>> 0;
  const address = (/** @type {number} */ last) => `10.${128 + (base >> 16)}.${(base >> 8) & 255}.${(base & 248) + last}`;
  onEnd(scope, () => {
    run('ip', ['netns', 'del', name]);
    run('ip', ['link', 'del', outside]);
  });
  must('ip', 'netns', 'add', name);
  must('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', inside);
  must('ip', 'link', 'set', inside, 'netns', name);
  must('ip', 'addr', 'add', `${address(1)}/29`, 'dev', outside);
  must('ip', 'link', 'set', outside, 'up');
  const within = ['ip', 'netns', 'exec', name];
  const there = (/** @type {string[]} */ ...command) => must(within[0], ...within.slice(1), ...command);
  // One family: with two, a path over the other would outlive the loss of an address.
  there('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6');
  there('ip', 'addr', 'add', `${address(2)}/29`, 'dev', inside);
  there('ip', 'link', 'set', inside, 'up');
  there('ip', 'link', 'set', 'lo', 'up');
  let shaped = false;
  return {
    /** what a command line begins with to run there */
    within,
    /** addresses at the two ends of the link */
    here: address(1),
    there: address(2),
    /**
     * From now on so much goes from there to here; null: all.
     * @param {number | null} kbps @param {{ queue?: number }} [options] `queue`: how long packets wait at most, in ms
     */
    limit(kbps, { queue = 300 } = {}) {
      if (kbps) there('tc', 'qdisc', shaped ? 'change' : 'add', 'dev', inside, 'root', 'tbf', 'rate', `${kbps}kbit`, 'burst', '8k', 'latency', `${queue}ms`);
      else if (shaped) there('tc', 'qdisc', 'del', 'dev', inside, 'root');
      shaped = kbps !== null;
    },
    /** Cuts or mends the link, as a cable is pulled at our end. @param {boolean} up */
    connect(up) {
      must('ip', 'link', 'set', outside, up ? 'up' : 'down');
    },
    /** Puts the interface there up or down, as a phone's that leaves its Wi-Fi. @param {boolean} up */
    turn(up) {
      there('ip', 'link', 'set', inside, up ? 'up' : 'down');
    },
    /** Gives it another address, as when a phone goes from Wi-Fi to the mobile network. */
    move() {
      there('ip', 'addr', 'flush', 'dev', inside);
      there('ip', 'addr', 'add', `${address(3)}/29`, 'dev', inside);
    },
    /** A program that is `file` run there. @param {string} file @returns {string} its path */
    program(file) {
      const path = join(temporaryDirectory(scope, 'within'), 'program');
      writeFileSync(path, `#!/bin/sh\nexec ${within.join(' ')} ${file} "$@"\n`, { mode: 0o755 });
      return path;
    },
  };
}
