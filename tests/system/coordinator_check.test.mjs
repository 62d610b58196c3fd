// @ts-check
// --check: every problem has a line of its own, nothing is changed, and what only should not be so is a warning.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoordinatorFiles, startCoordinator } from './lib/coordinator.mjs';
import { Database, administer, hasDatabase } from './lib/database.mjs';
import { freePort } from './lib/ports.mjs';
import { built, run } from './lib/programs.mjs';

/** @typedef {import('node:test').TestContext} T */

const skip = hasDatabase ? false : 'there is no mariadbd on this machine';

/** @param {T} t @param {object} [settings] */
function makeFiles(t, settings) {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration(settings);
  files.writeServers([]);
  return files;
}

/** The status and the lines that it prints. @param {CoordinatorFiles} files */
function check(files) {
  const { status, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration, '--check']);
  const lines = stderr.split('\n').filter(Boolean);
  for (const line of lines) assert.match(line, /^vitrina-coordinator: /);
  return { status, lines: lines.map(line => line.slice('vitrina-coordinator: '.length)) };
}

test('what is right has no line, and nothing is made', t => {
  const files = makeFiles(t);
  const before = readdirSync(files.directory);
  assert.deepEqual(check(files), { status: 0, lines: [] });
  assert.deepEqual(readdirSync(files.directory), before);
});

test('each problem has a line, not only the first', t => {
  const files = makeFiles(t, { socket: undefined, plan_file: 'nowhere/plan.json', key_file: 'short.key' });
  writeFileSync(join(files.directory, 'short.key'), 'short', { mode: 0o600 });
  files.writeServers('[{]');
  const { status, lines } = check(files);
  assert.equal(status, 78);
  const wanted = [/socket: missing/, /short\.key/, /servers\.json/, /nowhere\/plan\.json: plan_file: its directory cannot be written/];
  assert.equal(lines.length, wanted.length, lines.join('\n'));
  for (const each of wanted) assert.ok(lines.some(line => each.test(line)), `${each} in ${lines.join('\n')}`);
});

test('a key that does not exist yet can be made', t => {
  const files = makeFiles(t, { key_file: 'new.key' });
  assert.deepEqual(check(files), { status: 0, lines: [] });
  files.writeConfiguration({ key_file: 'nowhere/new.key' });
  const { status, lines } = check(files);
  assert.equal(status, 78);
  assert.match(lines.join('\n'), /^.*nowhere\/new\.key: key_file: its directory cannot be written: [^\n]*$/);
});

test('a key that others may read or change is told, by a start, too, and is no reason not to', async t => {
  const files = makeFiles(t);
  const key = join(files.directory, 'vitrina.key');
  for (const [mode, word] of /** @type {[number, string | null][]} */ ([[0o644, 'read'], [0o602, 'change'], [0o620, 'change'], [0o640, null], [0o400, null]])) {
    chmodSync(key, mode);
    const { status, lines } = check(files);
    assert.equal(status, 0);
    if (word) assert.match(lines.join('\n'), new RegExp(`^warning: .*vitrina\\.key: others may ${word} it \\(mode 0${mode.toString(8)}\\)`));
    else assert.deepEqual(lines, []);
  }
  chmodSync(key, 0o644);
  const coordinator = await startCoordinator(t, files);
  assert.match(coordinator.log, / warning: secret_is_open file=\S*vitrina\.key reason="others may read it/);
});

test('a database that cannot be reached is told', async t => {
  const files = makeFiles(t, { store: { type: 'mysql', host: '127.0.0.1', port: await freePort(), tls: false } });
  const { status, lines } = check(files);
  assert.equal(status, 78);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^store: .*(connect|reach)/i);
});

test('a database is asked for its tables, and what we may do with each', { skip }, async t => {
  const database = await Database.start(t);
  const files = makeFiles(t, { store: database.store });
  assert.match(check(files).lines.join('\n'), /^store: the database has version 0 of the tables and version \d+ is needed: run vitrina-coordinator --migrate$/);
  administer(files, '--migrate');
  assert.deepEqual(check(files), { status: 0, lines: [] });
  database.query("CREATE USER visitor IDENTIFIED BY 'right'");
  writeFileSync(join(files.directory, 'password'), 'right', { mode: 0o644 });
  files.writeConfiguration({ store: { ...database.store, user: 'visitor', password_file: 'password' } });
  const warning = /^warning: .*password: others may read it/;
  const problems = () => check(files).lines.filter(line => !warning.test(line));
  assert.match(problems().join('\n'), /^store: .*denied[^\n]*$/i);
  database.query('GRANT SELECT, INSERT, UPDATE, DELETE ON vitrina.* TO visitor');
  const { status, lines } = check(files);
  assert.equal(status, 0, lines.join('\n'));
  assert.match(lines.join('\n'), warning);
  database.query('REVOKE UPDATE, DELETE ON vitrina.* FROM visitor');
  for (const right of ['UPDATE', 'DELETE'])
    for (const table of ['slots', 'reservations'])
      assert.ok(problems().some(line => line.startsWith('store: ') && line.includes(`${right} command denied`) && line.includes(table)), `${right} ${table}`);
  assert.equal(check(files).status, 78);
  assert.deepEqual(database.query('SELECT COUNT(*) FROM reservations'), [['0']]);
  database.query('DELETE FROM vitrina_schema WHERE version > 1');
  assert.match(problems().join('\n'), /version 1 of the tables/);
});
