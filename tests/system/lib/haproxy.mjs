// @ts-check
// HAProxy before the nodes of a database, set up as the installed example says, and what the manual has beside it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listens } from './ports.mjs';
import { onEnd, run, source, start, temporaryDirectory, until } from './programs.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */

const HAPROXY = '/usr/sbin/haproxy';

/** Why there can be none on this machine, or false. @type {string | false} */
export const noHaproxy = existsSync(HAPROXY) ? false : 'there is no haproxy on this machine';

/** A sample that stands in vitrina-cluster(7) behind its mark. @param {string} name */
export function sample(name) {
  const page = readFileSync(join(source, 'man/vitrina-cluster.7'), 'utf8');
  const found = page.match(new RegExp(`^\\.\\\\" sample: ${name}\\n\\.nf\\n([^]*?)^\\.fi$`, 'm'));
  assert.ok(found, `there is no sample ${name} any more`);
  return found[1].replaceAll('\\-', '-');
}

/** Replaces all, each of which must be there. @param {string} text @param {Record<string, string>} values */
export function replaced(text, values) {
  for (const [old, value] of Object.entries(values)) {
    assert.ok(text.includes(old), `${old} in the sample`);
    text = text.replaceAll(old, value);
  }
  return text;
}

/**
 * Before three nodes ("ADDRESS:PORT", the first is taken while it can be) whose agents listen on this port of theirs.
 * @param {Scope} scope @param {string[]} nodes @param {number} agentPort
 * @returns {Promise<number>} the port of 127.0.0.1 where clients come to
 */
export async function startHaproxy(scope, nodes, agentPort) {
  const door = await freePort();
  const file = join(temporaryDirectory(scope), 'haproxy.cfg');
  const own = Object.fromEntries(nodes.map((node, i) => [`10.0.0.2${i + 1}:3306`, node]));
  const values = { '127.0.0.1:3306': `127.0.0.1:${door}`, 'agent-port 9200': `agent-port ${agentPort}`, ...own };
  writeFileSync(file, replaced(readFileSync(join(source, 'conf/haproxy.cfg'), 'utf8'), values));
  const { status, stderr, stdout } = run(HAPROXY, ['-c', '-f', file]);
  assert.equal(status, 0, stderr + stdout);
  const haproxy = await start(scope, HAPROXY, ['-f', file], { deathSignal: 'TERM' });
  onEnd(scope, () => haproxy.kill());
  await until(() => listens(door), { what: 'HAProxy listens' });
  return door;
}

/** Answers each connection with what a program says, as systemd's socket units do: PORT PROGRAM. */
const INETD = `
const [port, program] = process.argv.slice(1);
require('node:net')
  .createServer(socket => {
    socket.on('error', () => {});
    require('node:child_process').execFile(program, (_, said) => socket.end(said));
  })
  .listen(Number(port), () => console.log('listening'));`;

/** The manual's agent, in the node's own network. @param {Scope} scope @param {import('./galera.mjs').Galera['nodes'][0]} node @param {number} port */
export async function startAgent(scope, node, port) {
  const home = temporaryDirectory(scope);
  const script = join(home, 'galera-agent');
  writeFileSync(join(home, '.my.cnf'), `[client]\nsocket=${node.socket}\nuser=root\n`);
  writeFileSync(script, sample('galera-agent'), { mode: 0o755 });
  const [file, ...args] = [...node.network.within, process.execPath, '-e', INETD, String(port), script];
  const agent = await start(scope, file, args, { name: `agent of ${node.name}`, ready: /listening/, env: { HOME: home } });
  onEnd(scope, () => agent.kill());
}
