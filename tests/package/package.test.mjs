// @ts-check
// The packages on a fresh Debian under real systemd: built there, installed, used by a real browser, hung, killed, upgraded, removed, purged.
// VITRINA_SUITES (bookworm trixie): on which Debians; VITRINA_ROOTS: where their roots are kept between runs.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../system/lib/client.mjs';
import { ownScope, onEnd, source, until } from '../system/lib/programs.mjs';
import { startBrowser, Visitor } from '../browser/lib/visitor.mjs';
import { buildPackages, dependencies, nextVersion } from './lib/build.mjs';
import { keptRoot, Machine, NoMachine, NoRegistry, whyNoMachine } from './lib/machine.mjs';

const SUITES = (process.env.VITRINA_SUITES ?? 'bookworm trixie').split(' ');
const OURS = ['vitrina-coordinator', 'vitrina-streamer', 'vitrina-site', 'vitrina-demo'];
const DAEMONS = ['vitrina-streamer', 'vitrina-coordinator'];
/** What belongs to the machine and not to us: a web server and what the test itself asks with. */
const BASE = ['nginx-light', 'openssl', 'iproute2', 'procps', 'curl'];
/** A stopped process is not ended by the watchdog's SIGABRT (WatchdogSec), but by the SIGKILL after it (TimeoutStopSec). */
const HUNG_MS = 90_000;

/** Either works, or says why it cannot be done here. @template T @param {import('node:test').TestContext} t @param {() => T} step */
async function orSkip(t, step) {
  try {
    return await step();
  } catch (failure) {
    if (failure instanceof NoRegistry) t.skip(`the package registry did not answer: ${failure.message.slice(-200)}`);
    else if (failure instanceof NoMachine) t.skip(`systemd-nspawn does not boot: ${failure.message.slice(-200)}`);
    else throw failure;
    return null;
  }
}

/** What the tests ask the site, and wait for. @param {Machine} machine @param {import('../system/lib/programs.mjs').Scope} scope */
function siteOf(machine, scope) {
  const client = new Client(`https://${machine.address}/api`, { verify: false });
  onEnd(scope, () => client.close());
  const ask = async (/** @type {string} */ verb, fields = {}) => (await client.ask(verb, fields)).answer;
  const free = () => until(async () => (await ask('GET_RCS'))?.rcs?.[0]?.free === 1, { what: 'a free server', timeout: 30_000, every: 100 });
  return { ask, free };
}

/** Each unit's process, and a wait until systemd has started another. @param {Machine} machine */
function processesOf(machine) {
  const before = DAEMONS.map(unit => /** @type {const} */ ([unit, machine.pid(unit)]));
  for (const [unit, pid] of before) assert.ok(Number(pid) > 1, `${unit} has no process`);
  const signal = (/** @type {string} */ name) => before.forEach(([, pid]) => void machine.do(`kill -${name} ${pid}`));
  const again = async (/** @type {number} */ timeout) => {
    for (const [unit, pid] of before)
      await until(() => machine.isActive(unit) && machine.pid(unit) !== pid, { what: `${unit} again`, timeout, every: 250 });
  };
  return { signal, again };
}

/** @param {import('node:test').TestContext} t @param {string} suite */
async function tryPackages(t, suite) {
  const built = await orSkip(t, () => buildPackages(t, suite));
  if (!built) return;
  const root = await orSkip(t, () => keptRoot(suite, [...BASE, ...dependencies(built.directory)]));
  if (!root) return;
  nextVersion(built.directory);
  cpSync(join(source, 'debian/tests'), join(built.directory, 'tests'), { recursive: true });
  const machine = await orSkip(t, () => Machine.boot(t, root, built.directory));
  if (!machine) return;
  const site = siteOf(machine, t);
  /** A part of the test; when it fails, with what the daemons said. @param {string} name @param {(step: import('node:test').TestContext) => void | Promise<void>} part */
  const step = (name, part) =>
    t.test(name, async step => {
      try {
        await part(step);
      } catch (failure) {
        step.diagnostic(machine.try('sh', '-c', 'systemctl status --no-pager -l -n 0 "vitrina*"; journalctl --no-pager -o cat -n 60').stdout);
        throw failure;
      }
    });
  const install = (directory = '/shared') => machine.do(`dpkg -i $(ls ${directory}/vitrina-*.deb | grep -v dbgsym)`);

  await step('lintian finds nothing', () => assert.equal(built.complaints, ''));

  await step('the coordinator serves at once, the streamer when it was told how', async () => {
    install();
    assert.ok(machine.isActive('vitrina-coordinator'));
    assert.ok(!machine.isActive('vitrina-streamer'));
    machine.do('sh /shared/tests/set-up');
    await site.free();
    assert.equal(machine.do('systemctl --failed --no-legend'), '');
  });

  await step('systemd finds nothing wrong with the units', () => {
    const units = ['vitrina-streamer.service', 'vitrina-coordinator.service', 'vitrina-coordinator@a.service', 'vitrina-coordinator.socket', 'vitrina-coordinator-websocket.socket'];
    assert.equal(machine.do(`systemd-analyze verify --man=no ${units.join(' ')} 2>&1 | grep vitrina || true`), '');
    t.diagnostic(machine.do('systemd-analyze security --no-pager vitrina-coordinator vitrina-streamer | grep Overall'));
  });

  await step('a visitor walks, and so does the next', async own => {
    const scope = ownScope();
    onEnd(own, () => scope.end());
    const browser = await startBrowser(scope);
    for (let i = 0; i < 2; i++) {
      const visitor = await Visitor.come(scope, browser);
      await visitor.open(`https://${machine.address}/`);
      await visitor.start('River Quarter');
      await visitor.leave();
      await site.free();
    }
  });

  await step('an upgrade leaves the streamer to its people, and starts the coordinator anew', async () => {
    const { msg, code } = await site.ask('START_SESSION', { rc_name: 'River Quarter' });
    assert.equal(msg, 'SESSION_CONNECTION_DATA');
    const [streamer, coordinator] = DAEMONS.map(unit => machine.pid(unit));
    install('/shared/next');
    assert.equal(machine.pid('vitrina-streamer'), streamer);
    assert.notEqual(machine.pid('vitrina-coordinator'), coordinator);
    await until(async () => (await site.ask('CONNECT_SESSION_WITH_CODE', { code }))?.msg === 'SESSION_CONNECTION_DATA', {
      what: 'the session goes on',
      timeout: 30_000,
      every: 200,
    });
  });

  await step('daemons that die are back, and so are those that hang', async () => {
    const killed = processesOf(machine);
    killed.signal('KILL');
    await killed.again(HUNG_MS); /* what is left of one gets TimeoutStopSec at the most */
    await site.free();
    const hung = processesOf(machine);
    hung.signal('STOP');
    await hung.again(HUNG_MS);
    await site.free();
  });

  await step('sockets that systemd holds, and a second coordinator with directories of its own', async () => {
    const sockets = 'vitrina-coordinator.socket vitrina-coordinator-websocket.socket';
    const names = () => machine.do('stat -c "%n %i" /run/vitrina/*.sock');
    machine.do(`systemctl stop vitrina-coordinator; systemctl -q enable --now ${sockets}; systemctl start vitrina-coordinator`);
    const held = names();
    machine.do('systemctl restart vitrina-coordinator');
    assert.equal(names(), held, 'the same sockets are there all the time');
    await site.free();
    machine.do(`
      mkdir /etc/vitrina/second
      cp /etc/vitrina/servers.json /etc/vitrina/second
      sed 's|/run/vitrina/|/run/vitrina-coordinator/second/|; s|"/var/lib/vitrina/sessions|"/var/lib/vitrina-coordinator/second/sessions|' \\
        /etc/vitrina/configuration.json >/etc/vitrina/second/configuration.json
      systemctl start vitrina-coordinator@second`);
    assert.equal(machine.do('stat -c "%U %G %a" /run/vitrina /run/vitrina-coordinator/second /run/vitrina/coordinator.sock').replaceAll('\n', ', '),
      'vitrina www-data 750, vitrina www-data 750, vitrina www-data 660');
    machine.do('systemctl stop vitrina-coordinator@second');
    await site.free();
  });

  await step('removed and purged, nothing is left but what people wrote', () => {
    machine.do('rm -rf /etc/vitrina/second');
    machine.do(`dpkg --remove ${OURS.join(' ')}`);
    assert.ok(machine.do('test -e /etc/vitrina/config.json && test -e /var/lib/vitrina/vitrina.key && echo yes'));
    assert.equal(machine.do('pgrep ^vitrina- || true'), '');
    machine.do(`dpkg --purge ${OURS.join(' ')}`);
    assert.equal(machine.do('systemctl list-units --no-legend "vitrina*"'), '');
    assert.equal(machine.do('find /etc /usr /run /var/lib -name "*vitrina*" -not -path "/var/lib/dpkg/*" -not -path "/run/systemd/*" 2>/dev/null || true'), '');
  });
}

for (const suite of SUITES) test(`the packages on a fresh ${suite}`, { skip: whyNoMachine() ?? false }, t => tryPackages(t, suite));
