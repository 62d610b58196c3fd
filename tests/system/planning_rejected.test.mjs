// @ts-check
// Records of the plan that break a rule: they are set aside, and the others are served.

import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { HOUR, instant, planned, PlanningFiles, roundTime, startRiver } from './lib/planning.mjs';
import { built, run, until } from './lib/programs.mjs';

/** @param {PlanningFiles} files */
const asidePath = files => files.plan.replace(/\.json$/, '.rejected.json');

/** What was set aside. @param {PlanningFiles} files @returns {any[]} */
const readAside = files => (existsSync(asidePath(files)) ? JSON.parse(readFileSync(asidePath(files), 'utf8')) : []);

/** @param {PlanningFiles} files @param {string[]} args */
const coordinator = (files, ...args) => run(built('vitrina-coordinator'), ['--config', files.configuration, ...args]);

const good = planned(HOUR, 2 * HOUR);
/** What a record may have wrong, and what is said of it. @type {[any, RegExp][]} */
const broken = [
  [{ ...good, id: 'a', code: '777' }, /^code: must have at least 4 bytes$/],
  [{ ...good, id: 'b', code: '1234567890' }, /^code: must have at most 9 bytes$/],
  [{ ...good, id: 'c', code: '12a4' }, /^code: must be of digits$/],
  [{ ...good, id: 'd', code: undefined }, /^code: is missing$/],
  [{ ...good, id: 'x'.repeat(65) }, /^id: must have at most 64 bytes$/],
  [{ ...good, id: 'two words' }, /^id: must be of letters/],
  [{ ...good, id: 'e', ends_at: instant(Date.now()) }, /^ends_at: is before starts_at$/],
  [{ ...good, id: 'f', starts_at: 'soon' }, /^starts_at: must be an instant/],
  [{ ...good, id: 'g', starts_at: '1970-01-01T00:00:00Z' }, /^starts_at: must be from 1970-01-01T00:00:01Z to 2038/],
  [{ ...good, id: 'h', state: 'asleep' }, /^state: must be planned, running or ended$/],
  [{ ...good, id: 'i', rc_name: '' }, /^rc_name: must not be empty$/],
  [{ ...good, id: 'j', name: 'x'.repeat(401) }, /^name: must have at most 400 bytes$/],
  [{ ...good, id: 'k', server_name: 'x'.repeat(101) }, /^server_name: must have at most 100 bytes$/],
  [{ ...good, id: 'l', request_id: 'x'.repeat(101) }, /^request_id: must have at most 100 bytes$/],
  [{ ...good, id: undefined }, /^\[\d+\]\.id: is missing$/],
  [{ ...good, code: '9999' }, /^\[\d+\]\.id: stands twice$/],
  [7, /^\[\d+\]: must be an object$/],
];

test('records that break a rule are set aside, said and counted; the others are served', async t => {
  const files = new PlanningFiles(t);
  const plan = [good, ...broken.map(([record]) => record)];
  const site = await startRiver(t, { files, plan });
  const count = broken.length;
  await site.coordinator.waitFor(new RegExp(` records_set_aside records=${count} file=\\S*sessions_planned\\.rejected\\.json first=`));
  assert.equal((await site.come(good.code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await site.book(roundTime(3 * HOUR))).status, 200);
  const { text } = await request(`${site.nginx.url}metrics`, { ca: site.nginx.ca });
  assert.equal(readMetrics(text).get('vitrina_coordinator_rejected_reservations'), count);
  const aside = readAside(files);
  const json = (/** @type {unknown} */ value) => JSON.stringify(value);
  assert.deepEqual(aside.map(({ record }) => json(record)).sort(), broken.map(([record]) => json(record)).sort(), 'as they stood there');
  for (const [record, reason] of broken) assert.match(aside.find(each => json(each.record) === json(record)).reason, reason);
  for (const { rejected_at } of aside) assert.match(rejected_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(statSync(asidePath(files)).mode & 0o777, 0o600, 'there are codes in it');
  assert.equal(files.readPlan().length, 2, 'they are in the plan no more');
  const again = await site.restart();
  assert.doesNotMatch(again.log, /records_set_aside/);
  assert.deepEqual(readAside(files), aside);
});

test('what is set aside joins what was, and is never written over', async t => {
  const files = new PlanningFiles(t);
  files.writeConfiguration();
  files.writeServers([]);
  const [[first], [second], [third]] = broken;
  const lines = [];
  for (const [was, plan, expected] of /** @type {[string | null, any[], any[]][]} */ ([
    [null, [first], [first]],
    [null, [first, second], [first, second]],
    ['by hand', [third], [third]],
  ])) {
    if (was !== null) writeFileSync(asidePath(files), was);
    files.writePlan(plan);
    const site = await startRiver(t, { files });
    await site.coordinator.stop();
    const text = readFileSync(asidePath(files), 'utf8');
    lines.push(text);
    assert.ok(text.startsWith(was ?? '['), 'what was there is there');
    const records = JSON.parse(text.slice((was ?? '').length)).map((/** @type {any} */ { record }) => record);
    assert.deepEqual(records, JSON.parse(JSON.stringify(expected)));
  }
  assert.ok(lines[1].startsWith(lines[0].replace(/\s*\]\s*$/, '')));
});

test('where no more can be set aside nothing is lost: status 78, one line, and both files as they were', t => {
  const files = new PlanningFiles(t);
  files.writeConfiguration();
  files.writeServers([]);
  files.writePlan([good, broken[0][0]]);
  writeFileSync(asidePath(files), `["${'x'.repeat(16 * 1024 * 1024)}"]`);
  const before = readFileSync(files.plan, 'utf8');
  const { status, stderr } = coordinator(files);
  assert.equal(status, 78);
  assert.match(stderr, /not_started .*sessions_planned\.rejected\.json: is full/);
  assert.equal(readFileSync(files.plan, 'utf8'), before);
  assert.equal(statSync(asidePath(files)).size, 16 * 1024 * 1024 + 4);
});

test('--check says how many records would be set aside, and writes nothing', t => {
  const files = new PlanningFiles(t);
  files.writeConfiguration();
  files.writeServers([]);
  files.writePlan([good, broken[0][0], broken[1][0]]);
  const before = readdirSync(files.directory).sort();
  const { status, stdout, stderr } = coordinator(files, '--check');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /sessions_planned\.json: 2 of 3 records break a rule and would be set aside; the first: code: must/);
  assert.equal(stdout.trim().split('\n').length, 1);
  assert.deepEqual(readdirSync(files.directory).sort(), before);
});

test('a plan that is a symbolic link is written where it leads', async t => {
  const files = new PlanningFiles(t);
  const elsewhere = join(files.directory, 'disk');
  mkdirSync(elsewhere);
  symlinkSync('disk/link.json', files.plan);
  symlinkSync(join(elsewhere, 'real.json'), join(elsewhere, 'link.json'));
  const site = await startRiver(t, { files });
  const { answer } = await site.book(roundTime(HOUR));
  await site.restart();
  assert.equal((await site.come(answer.code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.ok(lstatSync(files.plan).isSymbolicLink() && lstatSync(join(elsewhere, 'link.json')).isSymbolicLink());
  assert.ok(lstatSync(join(elsewhere, 'real.json')).isFile());
  await until(() => files.find(answer.code));
});
