// @ts-check
// A network of one's own between an engine and its players: a network namespace (network_namespaces(7)), whose link
// to us can be made as narrow as a phone's; and a switch between several. Needs root and tc; canMakeNetworks says
// whether they are there.

import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearAtTheEnd } from './keeper.mjs';
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

/** What runs in it ends, and it goes, with the scope or with us. @param {Scope} scope @param {string} name */
function clearNamespace(scope, name) {
  clearAtTheEnd(scope, `ip netns pids ${name} | xargs -r kill -KILL; ip netns del ${name}`);
}

/**
 * A namespace with links to here. It is gone with the scope, and all that is left in it with it. What one can do with a
 * link, one can do with the network when it has but one.
 * @param {Scope} scope @param {{ links?: number }} [options]
 */
export function startNetwork(scope, { links: count = 1 } = {}) {
  const name = `vitrina-${process.pid}-${made++}`;
  /* What a command line begins with to run there. */
  const within = ['ip', 'netns', 'exec', name];
  const there = (/** @type {string[]} */ ...command) => must(within[0], ...within.slice(1), ...command);
  clearNamespace(scope, name);
  must('ip', 'netns', 'add', name);
  // One family: with two, a path over the other would outlive the loss of an address.
  there('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6');
  there('ip', 'link', 'set', 'lo', 'up');
  const links = Array.from({ length: count }, () => addLink(scope, name, there));
  return {
    ...links[0],
    name,
    within,
    links,
    /** A program that is `file` run there. @param {string} file @returns {string} its path */
    program(file) {
      const path = join(temporaryDirectory(scope, 'within'), 'program');
      writeFileSync(path, `#!/bin/sh\nexec ${within.join(' ')} ${file} "$@"\n`, { mode: 0o755 });
      return path;
    },
  };
}

let linked = 0;

/** @param {Scope} scope @param {string} namespace @param {(...command: string[]) => void} there */
function addLink(scope, namespace, there) {
  const number = linked++;
  /* Names of interfaces have 15 letters at most; a subnet of eight addresses out of 10.128.0.0/9 is ours. */
  const [outside, inside] = ['o', 'i'].map(end => `vt${process.pid % 1e7}${end}${number}`);
  const base = (((process.pid * 16 + number) % 2 ** 20) << 3) >>> 0;
  const address = (/** @type {number} */ last) => `10.${128 + (base >> 16)}.${(base >> 8) & 255}.${(base & 248) + last}`;
  onEnd(scope, () => run('ip', ['link', 'del', outside]));
  must('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', inside);
  must('ip', 'link', 'set', inside, 'netns', namespace);
  must('ip', 'addr', 'add', `${address(1)}/29`, 'dev', outside);
  must('ip', 'link', 'set', outside, 'up');
  there('ip', 'addr', 'add', `${address(2)}/29`, 'dev', inside);
  there('ip', 'link', 'set', inside, 'up');
  let shaped = false;
  return {
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
  };
}

/**
 * A switch with a cable to each of these networks, where they reach each other at 10.0.0.1, 10.0.0.2 and so on.
 * @param {Scope} scope @param {{ name: string }[]} networks
 */
export function startSwitch(scope, networks) {
  const name = `vitrina-${process.pid}-${made++}`;
  clearNamespace(scope, name);
  must('ip', 'netns', 'add', name);
  must('ip', '-n', name, 'link', 'add', 'switch', 'up', 'type', 'bridge');
  return networks.map((network, i) => {
    const [port, address] = [`port${i}`, `10.0.0.${i + 1}`];
    must('ip', '-n', name, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'cable', 'netns', network.name);
    must('ip', '-n', name, 'link', 'set', port, 'master', 'switch', 'up');
    must('ip', '-n', network.name, 'addr', 'add', `${address}/24`, 'dev', 'cable');
    must('ip', '-n', network.name, 'link', 'set', 'cable', 'up');
    return {
      address,
      /** Pulls the cable from the switch, or puts it in again. @param {boolean} up */
      connect: up => must('ip', '-n', name, 'link', 'set', port, up ? 'up' : 'down'),
    };
  });
}

/**
 * An answer that leads the player to the engine's address `to` alone, or from there to `instead`.
 * @param {string} sdp @param {string} to @param {{ address: string, port: number }} [instead]
 * @returns {{ sdp: string, port: number }} `port`: where the engine listens at that address
 */
export function leadTo(sdp, to, instead) {
  const [first] = sdp.match(new RegExp(`a=candidate:\\S+ 1 UDP \\d+ ${to.replaceAll('.', '\\.')} \\d+ typ host.*\\r\\n`, 'i')) ?? [];
  if (!first) throw new Error(`no candidate with ${to} in\n${sdp}`);
  const port = Number(first.split(' ')[5]);
  const line = instead ? first.replace(`${to} ${port}`, `${instead.address} ${instead.port}`) : first;
  let kept = false;
  return { port, sdp: sdp.replace(/a=candidate:.*\r\n/g, () => (kept ? '' : ((kept = true), line))) };
}

/**
 * A path with delay and loss: datagrams that come to `at` go on to `to` and back. Each way waits for half of `delay`
 * milliseconds, and loses the part `loss` of them, always the same ones.
 * @param {Scope} scope @param {{ at: string, delay?: number, loss?: number }} options
 */
export async function startForwarder(scope, { at, delay = 0, loss = 0 }) {
  /** @type {{ address: string, port: number }} */
  let to = { address: '', port: 0 };
  let seed = 1;
  const isLost = () => (seed = (seed * 48271) % 2147483647) / 2147483647 < loss;
  /** @type {Map<string, import('node:dgram').Socket>} */
  const ways = new Map();
  const front = createSocket('udp4');
  front.on('message', (message, { address, port }) => {
    const from = `${address}:${port}`;
    let way = ways.get(from);
    if (!way) {
      way = createSocket('udp4').on('message', answer => isLost() || setTimeout(() => closed || front.send(answer, port, address), delay / 2));
      ways.set(from, way);
    }
    const onward = way;
    if (!isLost()) setTimeout(() => closed || onward.send(message, to.port, to.address), delay / 2);
  });
  let closed = false;
  onEnd(scope, () => {
    closed = true;
    for (const socket of [front, ...ways.values()]) socket.close();
  });
  await new Promise(bound => front.bind(0, at, () => bound(0)));
  return {
    address: at,
    port: front.address().port,
    /** @param {string} address @param {number} port */
    lead(address, port) {
      to = { address, port };
    },
  };
}
