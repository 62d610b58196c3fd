// @ts-check
// The packages on a fresh Debian under real systemd: built, installed, used by a real browser, killed, upgraded, removed, purged.
// Usage: node package.test.mjs; VITRINA_SUITES (bookworm): on which Debians.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../system/lib/client.mjs';
import { ownScope, onEnd, source, temporaryDirectory, until } from '../system/lib/programs.mjs';
import { startBrowser, Visitor } from '../browser/lib/visitor.mjs';
import { keptRoot, Machine, must, NoRegistry, whyNoMachine } from './lib/machine.mjs';

const SUITES = (process.env.VITRINA_SUITES ?? 'bookworm').split(' ');
const OURS = ['vitrina-coordinator', 'vitrina-streamer', 'vitrina-site', 'vitrina-demo'];
/** What belongs to the machine and not to us: a web server and what the test itself asks with. */
const BASE = ['nginx-light', 'openssl', 'iproute2', 'procps'];

/** @param {import('../system/lib/programs.mjs').Scope} scope @returns {string} a directory with the packages */
function buildPackages(scope) {
  const directory = temporaryDirectory(scope, 'packages');
  const tree = join(directory, 'vitrina');
  mkdirSync(tree);
  const files = must('git', ['ls-files', '-z'], { cwd: source }).split('\0').filter(Boolean);
  for (const file of files) cpSync(join(source, file), join(tree, file));
  must('dpkg-buildpackage', ['-us', '-uc', '-b'], { cwd: tree, env: { DEB_BUILD_OPTIONS: 'nocheck parallel=2' } });
  return directory;
}

/** What the packages depend on, as names. @param {string} directory */
function dependencies(directory) {
  const debs = readdirSync(directory).filter(name => /^vitrina-(?!.*dbgsym).*\.deb$/.test(name));
  const fields = debs.map(name => must('dpkg-deb', ['-f', join(directory, name), 'Depends']));
  const names = fields.join(',').split(',').map(entry => entry.trim().split(/[ |(]/)[0]);
  return [...new Set(names)].filter(name => name && !name.startsWith('vitrina-') && !['libc6', 'systemd'].includes(name));
}

/** As the manual says: the streamer is given its key, nginx shows the site. @param {Machine} machine */
function setUp(machine) {
  machine.do(`
    runuser -u vitrina -- vitrina-coordinator --config /etc/vitrina/configuration.json --server-key river-1 |
      install -o vitrina-streamer -g vitrina-streamer -m 600 /dev/stdin /var/lib/vitrina-streamer/vitrina.key
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=site -keyout /etc/ssl/private/site.key -out /etc/ssl/certs/site.pem 2>/dev/null
    cp /usr/share/doc/vitrina-coordinator/examples/nginx.conf /etc/nginx/nginx.conf
    nginx -q -t
    systemctl restart nginx
    runuser -u vitrina-streamer -- vitrina-streamer --config /etc/vitrina/config.json --check
    systemctl start vitrina-streamer`);
}

/** @param {Machine} machine @param {import('../system/lib/programs.mjs').Scope} scope */
function clientOf(machine, scope) {
  const client = new Client(`https://${machine.address}/api`, { verify: false });
  onEnd(scope, () => client.close());
  return client;
}

for (const suite of SUITES)
  test(`the packages on a fresh ${suite}`, { skip: whyNoMachine() ?? false }, async t => {
    const packages = buildPackages(t);
    await t.test('lintian finds nothing', { skip: must('sh', ['-c', 'command -v lintian || true']) ? false : 'without lintian' }, () => {
      const [changes] = readdirSync(packages).filter(name => name.endsWith('.changes'));
      assert.equal(must('sh', ['-c', `lintian --allow-root --fail-on error,warning ${changes} 2>&1`], { cwd: packages }), '');
    });
    let root;
    try {
      root = keptRoot(suite, [...BASE, ...dependencies(packages)]);
    } catch (failure) {
      if (failure instanceof NoRegistry) return t.skip(`the package registry did not answer: ${failure.message.slice(-200)}`);
      throw failure;
    }
    const machine = await Machine.boot(t, root, packages);
    const client = clientOf(machine, t);
    const free = async () => (await client.ask('GET_RCS')).answer?.rcs?.[0]?.free;

    await t.test('the coordinator serves at once, the streamer when it was told how', async () => {
      machine.do('dpkg -i $(ls /shared/vitrina-*.deb | grep -v dbgsym)');
      assert.ok(machine.isActive('vitrina-coordinator'));
      assert.ok(!machine.isActive('vitrina-streamer'));
      setUp(machine);
      await until(async () => (await free()) === 1, { what: 'a free server', timeout: 30_000 });
      assert.equal(machine.do('systemctl --failed --no-legend'), '');
    });

    await t.test('a visitor walks, and so does the next', async step => {
      const scope = ownScope();
      onEnd(step, () => scope.end());
      const browser = await startBrowser(scope);
      for (let i = 0; i < 2; i++) {
        const visitor = await Visitor.come(scope, browser);
        await visitor.open(`https://${machine.address}/`);
        await visitor.start('River Quarter');
        await visitor.leave();
        await until(async () => (await free()) === 1, { what: 'the place is free again', timeout: 30_000 });
      }
    });

    await t.test('daemons that die are back, and nothing of theirs is left', async () => {
      for (const unit of ['vitrina-streamer', 'vitrina-coordinator']) {
        const before = machine.pid(unit);
        machine.do(`kill -KILL ${before}`);
        await until(() => machine.isActive(unit) && machine.pid(unit) !== before, { what: `${unit} again`, timeout: 30_000, every: 100 });
      }
      await until(async () => (await free()) === 1, { what: 'a free server', timeout: 30_000 });
    });

    await t.test('an upgrade leaves the streamer to its people, and starts the coordinator anew', async () => {
      const { answer } = await client.ask('START_SESSION', { rc_name: 'River Quarter' });
      assert.equal(answer.msg, 'SESSION_CONNECTION_DATA');
      const before = machine.pid('vitrina-streamer');
      machine.do('dpkg -i $(ls /shared/vitrina-*.deb | grep -v dbgsym)');
      assert.equal(machine.pid('vitrina-streamer'), before);
      await until(async () => (await client.ask('CONNECT_SESSION_WITH_CODE', { code: answer.code })).answer?.msg === 'SESSION_CONNECTION_DATA', {
        what: 'the session goes on',
        timeout: 30_000,
        every: 200,
      });
    });

    await t.test('removed and purged, nothing is left but what people wrote', () => {
      machine.do(`dpkg --remove ${OURS.join(' ')}`);
      assert.ok(machine.do('test -e /etc/vitrina/config.json && test -e /var/lib/vitrina/vitrina.key && echo yes'));
      assert.equal(machine.do('pgrep ^vitrina- || true'), '');
      machine.do(`dpkg --purge ${OURS.join(' ')}`);
      assert.equal(machine.do('find /etc/vitrina /usr/share/vitrina /usr/libexec/vitrina /run/vitrina /run/vitrina-streamer /etc/systemd -name "*vitrina*" 2>/dev/null || true'), '');
      assert.equal(machine.do('ls -d /var/lib/vitrina* 2>/dev/null || true'), '');
    });
  });
