// @ts-check
// A network of one's own between an engine and its players: a network namespace (network_namespaces(7)), whose link
// to us can be made as narrow as a phone's; a switch between several; and address translation in between. Needs root
// and tc; canMakeNetworks says whether they are there.

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

/** @param {Scope} scope */
function addNamespace(scope) {
  const name = `vitrina-${process.pid}-${made++}`;
  /* What a command line begins with to run there. */
  const within = ['ip', 'netns', 'exec', name];
  const there = (/** @type {string[]} */ ...command) => must(within[0], ...within.slice(1), ...command);
  clearNamespace(scope, name);
  must('ip', 'netns', 'add', name);
  // One family: with two, a path over the other would outlive the loss of an address.
  there('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6');
  there('ip', 'link', 'set', 'lo', 'up');
  return { name, within, there };
}

/**
 * A namespace with links to here. It is gone with the scope, and all that is left in it with it. What one can do with a
 * link, one can do with the network when it has but one.
 * @param {Scope} scope @param {{ links?: number }} [options]
 */
export function startNetwork(scope, { links: count = 1 } = {}) {
  const { name, within, there } = addNamespace(scope);
  const links = Array.from({ length: count }, () => addLink(scope, name, there));
  return {
    ...links[0],
    name,
    within,
    links,
    /** From now on what matches one of these of nft does not leave it. @param {string[]} what */
    block(...what) {
      const rules = what.map(match => `${match} drop\n`).join('');
      const table = `table inet blocked\ndelete table inet blocked\ntable inet blocked {\nchain out {\ntype filter hook output priority 0;\n${rules}}\n}\n`;
      const { status, stderr } = run(within[0], [...within.slice(1), 'nft', '-f', '-'], { input: table });
      if (status !== 0) throw new Error(`nft: ${stderr}`);
    },
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

/** Whether there can be address translation, too. */
export const canTranslate = () => canMakeNetworks() && run('sh', ['-c', 'command -v nft']).status === 0;

/**
 * A router between a network and an outside, which has no way back but by its translation.
 * @param {Scope} scope @param {{ name: string }} network @param {string} outside the outside's namespace
 * @param {{ inside: string, addresses: string[], rules: string }} options `inside`: the first three numbers of the
 *   network's addresses, which has the second; `addresses`: of the router outside; `rules`: of nft, for its NAT
 */
function addRouter(scope, network, outside, { inside, addresses, rules }) {
  const { name, there, within } = addNamespace(scope);
  const port = `to-${name.split('-').pop()}`;
  there('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward');
  must('ip', '-n', name, 'link', 'add', 'inside', 'type', 'veth', 'peer', 'name', 'way-out', 'netns', network.name);
  must('ip', '-n', name, 'link', 'add', 'outside', 'type', 'veth', 'peer', 'name', port, 'netns', outside);
  must('ip', '-n', outside, 'link', 'set', port, 'master', 'switch', 'up');
  must('ip', '-n', network.name, 'addr', 'add', `${inside}.2/24`, 'dev', 'way-out');
  must('ip', '-n', network.name, 'link', 'set', 'way-out', 'up');
  must('ip', '-n', network.name, 'route', 'add', 'default', 'via', `${inside}.1`);
  there('ip', 'addr', 'add', `${inside}.1/24`, 'dev', 'inside');
  for (const address of addresses) there('ip', 'addr', 'add', `${address}/24`, 'dev', 'outside');
  for (const end of ['inside', 'outside']) there('ip', 'link', 'set', end, 'up');
  const { status, stderr } = run(within[0], [...within.slice(1), 'nft', '-f', '-'], { input: `table ip nat {\n${rules}\n}\n` });
  if (status !== 0) throw new Error(`nft: ${stderr}`);
}

/**
 * Puts a server behind a 1:1 NAT, as clouds have them, and visitors behind one that many share. They reach each other
 * through the outside (RFC 5737) alone.
 * @param {Scope} scope @param {{ name: string }} server @param {{ name: string }} visitors
 * @returns {{ local: string, public: string }} the server's addresses
 */
export function startTranslation(scope, server, visitors) {
  const { name: outside, there } = addNamespace(scope);
  const [local, global] = ['192.168.50.2', '203.0.113.10'];
  there('ip', 'link', 'add', 'switch', 'up', 'type', 'bridge');
  addRouter(scope, server, outside, {
    inside: '192.168.50',
    addresses: ['203.0.113.1', global],
    rules: `
      chain in { type nat hook prerouting priority -100; iifname "outside" ip daddr ${global} dnat to ${local}; }
      chain out { type nat hook postrouting priority 100; oifname "outside" ip saddr ${local} snat to ${global}; }`,
  });
  addRouter(scope, visitors, outside, {
    inside: '192.168.60',
    addresses: ['203.0.113.2'],
    rules: 'chain out { type nat hook postrouting priority 100; oifname "outside" masquerade; }',
  });
  return { local, public: global };
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
