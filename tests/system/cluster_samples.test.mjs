// @ts-check
// What vitrina-cluster(7) and the installed examples tell operators to write is what the programs accept.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { MODULES } from './lib/apache.mjs';
import { administer, Database, hasDatabase } from './lib/database.mjs';
import { noHaproxy, replaced, sample, startHaproxy } from './lib/haproxy.mjs';
import { makeCertificate } from './lib/nginx.mjs';
import { PlanningFiles } from './lib/planning.mjs';
import { freePort } from './lib/ports.mjs';
import { build, built, onEnd, run, source, start, temporaryDirectory, until } from './lib/programs.mjs';

const noDatabase = hasDatabase ? false : 'there is no mariadbd on this machine';

test('a coordinator accepts the configuration of the manual', t => {
  const files = new PlanningFiles(t);
  writeFileSync(join(files.directory, 'database.password'), 'secret\n', { mode: 0o600 });
  const text = replaced(sample('configuration.json'), { '/etc/vitrina/': `${files.directory}/`, '/var/lib/vitrina/': `${files.directory}/` });
  writeFileSync(files.configuration, text);
  const { status, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration, '--check']);
  assert.equal(status, 78, 'those nodes are not there');
  assert.match(stderr, /^vitrina-coordinator: store: db-\d\.internal: [^\n]*\n$/, 'which is all that is wrong');
});

test('MariaDB knows every setting of the manual', { skip: noDatabase }, t => {
  const file = join(temporaryDirectory(t), 'galera.cnf');
  const check = (/** @type {string} */ text) => {
    writeFileSync(file, text);
    return run('/usr/sbin/mariadbd', [`--defaults-file=${file}`, '--user=mysql', '--verbose', '--help']);
  };
  const { status, stderr } = check(sample('galera.cnf'));
  assert.equal(status, 0, stderr);
  assert.notEqual(check(`${sample('galera.cnf')}wsrep_unknown = 1\n`).status, 0, 'and says which it does not know');
});

test('nginx and Apache accept the examples for a cluster', async t => {
  const directory = temporaryDirectory(t);
  const { certificate, key } = makeCertificate(directory);
  for (const name of ['site', 'temp', 'run']) mkdirSync(join(directory, name));
  const common = { '/etc/ssl/certs/site.pem': certificate, '/etc/ssl/private/site.key': key };
  /** @param {string} name @param {Record<string, string>} values */
  const write = (name, values) => {
    const file = join(directory, name);
    writeFileSync(file, replaced(readFileSync(join(build, 'conf', name), 'utf8'), { ...values, ...common }));
    return file;
  };
  const nginx = write('nginx-cluster.conf', {
    'pid /run/nginx.pid': `pid ${directory}/nginx.pid`,
    '/var/log/nginx/error.log': `${directory}/error.log`,
    '/var/lib/nginx': join(directory, 'temp'),
    '80 backlog': `127.0.0.1:${await freePort()} backlog`,
    '443 ssl': `127.0.0.1:${await freePort()} ssl`,
  });
  const checked = run('nginx', ['-t', '-p', directory, '-c', nginx, '-e', join(directory, 'error.log')]);
  assert.equal(checked.status, 0, checked.stderr);
  const apache = write('apache-cluster.conf', { '/var/log/apache2': directory, '/run/apache2': join(directory, 'run') });
  assert.ok(existsSync(MODULES));
  const accepted = run('/usr/sbin/apache2', ['-t', '-f', apache]);
  assert.equal(accepted.status, 0, accepted.stderr);
});

test('HAProxy sends coordinators to the first node whose agent says that it takes transactions', { skip: noHaproxy || noDatabase }, async t => {
  const agents = await freePort();
  const ports = [await freePort(), await freePort(), await freePort()];
  /* Two nodes of the three; here they are servers of their own, and the third is away. */
  const nodes = ports.slice(0, 2).map(
    (port, i) => new Database(t, ['--skip-networking=0', `--bind-address=127.0.0.2${i + 1}`, `--port=${port}`, '--skip-name-resolve']),
  );
  await Promise.all(nodes.map(node => node.start()));
  const ready = [true, true, true];
  for (const i of ready.keys()) {
    const agent = createServer(socket => socket.on('error', () => {}).end(ready[i] ? 'up ready\n' : 'down\n'));
    await new Promise(settle => agent.listen(agents, `127.0.0.2${i + 1}`, () => settle(undefined)));
    onEnd(t, () => agent.close());
  }
  for (const node of nodes)
    node.query("CREATE DATABASE vitrina; CREATE USER vitrina; GRANT ALL ON vitrina.* TO vitrina", '');
  const door = await startHaproxy(t, ports.map((port, i) => `127.0.0.2${i + 1}:${port}`), agents);
  const files = new PlanningFiles(t);
  files.writeConfiguration({ store: { type: 'mysql', port: door, tls: false } });
  const migrate = () => {
    try {
      return administer(files, '--migrate');
    } catch {
      return '';
    }
  };
  const has = (/** @type {Database} */ node) => node.query("SHOW TABLES LIKE 'vitrina_schema'").length > 0;
  await until(migrate, { what: 'HAProxy lets us in' });
  assert.deepEqual(nodes.map(has), [true, false], 'the first');
  ready[0] = false;
  await until(() => migrate() && has(nodes[1]), { what: 'the second, when the first takes none' });
});
