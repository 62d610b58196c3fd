// @ts-check
// The plan's journal: what an operator finds beside the plan's file after a crash, copies, folds and repairs.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directly } from './lib/cgi.mjs';
import { Client } from './lib/client.mjs';
import { startCoordinator } from './lib/coordinator.mjs';
import { DAY, HOUR, planned, PlanningFiles, readPlanFiles, roundTime, startRiver, written } from './lib/planning.mjs';
import { built, onEnd, run, until } from './lib/programs.mjs';
import { assertKept, promisedTo, Visitor } from './lib/visitors.mjs';

/** @param {PlanningFiles} files @param {...string} args */
const coordinator = (files, ...args) => run(built('vitrina-coordinator'), ['--config', files.configuration, ...args]);

/** @param {PlanningFiles} files */
const wholeFile = files => /** @type {import('./lib/planning.mjs').PlanRecord[]} */ (JSON.parse(readFileSync(files.plan, 'utf8')));

/** What both files hold, byte for byte. @param {PlanningFiles} files */
const bytes = files => [files.plan, files.journal].map(path => (existsSync(path) ? readFileSync(path, 'utf8') : null));

/** A plan of two bookings in its file, and three bookings more, the second of them cancelled, that a killed coordinator left in the journal. @param {import('node:test').TestContext} t */
async function crash(t) {
  const plan = [planned(HOUR, 2 * HOUR), planned(2 * HOUR, 3 * HOUR)];
  const site = await startRiver(t, { plan, limits: [5] });
  const booked = [];
  for (let hour = 1; hour <= 3; hour++) booked.push((await site.book(roundTime(DAY + hour * HOUR))).answer);
  assert.equal((await site.client.ask('CANCEL_SESSION', booked[1])).status, 200);
  site.coordinator.kill();
  await site.coordinator.exited;
  return { ...site, plan, booked };
}

test('a booking costs a line, not the file: that is left alone until it is folded at the end', async t => {
  const plan = Array.from({ length: 2000 }, (_, i) => planned(HOUR, 2 * HOUR, { code: String(100_000 + i), rc_name: `Tower ${i}` }));
  const { book, files, coordinator: running } = await startRiver(t, { plan, settings: { code_digits: 6 } });
  const [before, sizeBefore] = [statSync(files.plan), statSync(files.journal, { throwIfNoEntry: false })?.size ?? 0];
  const { code } = (await book(roundTime(HOUR))).answer;
  assert.equal(statSync(files.plan).ino, before.ino, 'it is the same file');
  assert.equal(statSync(files.plan).mtimeMs, before.mtimeMs);
  assert.ok(statSync(files.journal).size - sizeBefore < 1000);
  assert.equal(statSync(files.journal).mode & 0o777, 0o600, 'codes are in it');
  assert.ok(files.find(code));
  assert.equal((await running.stop()).code, 0);
  assert.ok(!existsSync(files.journal), 'after an orderly end there is one file');
  assert.ok(wholeFile(files).some(record => record.code === code));
});

test('--fold puts what a crash left in the journal into the file; --check changes nothing; an older version finds all', async t => {
  const { files, booked, plan } = await crash(t);
  const kept = files.readPlan();
  const before = bytes(files);
  assert.equal(coordinator(files, '--check').status, 0);
  assert.deepEqual(bytes(files), before);
  assert.deepEqual(coordinator(files, '--fold'), { status: 0, stdout: `5 reservations are in ${files.plan}.\n`, stderr: '' });
  assert.ok(!existsSync(files.journal));
  const folded = wholeFile(files);
  assert.deepEqual(folded.map(({ id, state }) => [id, state]), kept.map(({ id, state }) => [id, state]));
  assert.deepEqual(folded.slice(0, 2).map(({ id }) => id), plan.map(({ id }) => id));
  assert.deepEqual(folded.slice(2).map(({ code, state }) => [code, state]), booked.map(({ code }, i) => [code, i === 1 ? 'ended' : 'planned']));
  const after = bytes(files);
  assert.equal(coordinator(files, '--fold').status, 0);
  assert.deepEqual(bytes(files), after, 'twice is once');
});

test('a kill between the new file and the end of the old journal changes nothing', async t => {
  const { files, come, booked } = await crash(t);
  const journal = readFileSync(files.journal);
  const kept = files.readPlan();
  assert.equal(coordinator(files, '--fold').status, 0);
  writeFileSync(files.journal, journal);
  writeFileSync(`${files.plan}.new`, '[{"id":"ha');
  assert.deepEqual(files.readPlan(), kept);
  const again = await startCoordinator(t, files);
  assert.ok(!existsSync(`${files.plan}.new`));
  assert.equal((await come(booked[0].code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await come(booked[1].code)).answer.msg, 'SESSION_NOT_EXIST');
  await again.stop();
  assert.deepEqual(wholeFile(files).map(({ id, state }) => [id, state]), kept.map(({ id, state }) => [id, state]));
});

test('a broken line is told and set aside, a torn last one is nobody\'s, and the rest is served', async t => {
  const { files, come, book, booked } = await crash(t);
  const lines = readFileSync(files.journal, 'utf8').split('\n');
  const at = lines.findIndex(line => line.includes(booked[0].code));
  lines[at] = lines[at].replace('River', 'Rival');
  writeFileSync(files.journal, `${lines.join('\n')}{"sum":"0123456789abcdef","n":9`);
  const before = bytes(files);
  assert.equal(coordinator(files, '--check').status, 0);
  assert.deepEqual(bytes(files), before);
  const again = await startCoordinator(t, files);
  await again.waitFor(new RegExp(` plan_journal_broken file=.*sessions_planned\\.journal lines=1 first=${at + 1}`));
  assert.equal(readFileSync(`${files.journal}.rejected`, 'utf8'), `${lines[at]}\n`);
  assert.equal((await come(booked[0].code)).answer.msg, 'SESSION_NOT_EXIST');
  assert.equal((await come(booked[2].code)).answer.msg, 'SESSION_NOT_STARTED');
  const { code } = (await book(roundTime(2 * DAY))).answer;
  again.kill();
  await again.exited;
  const third = await startCoordinator(t, files);
  assert.equal((await come(code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.doesNotMatch(third.log, /plan_journal_broken/, 'it is told once');
});

test('a journal of another time than the file: status 78, one line, and all is left as it is', async t => {
  const { files } = await crash(t);
  const file = readFileSync(files.plan);
  assert.equal(coordinator(files, '--fold').status, 0);
  await (await startCoordinator(t, files)).stop();
  const later = planned(HOUR, 2 * HOUR);
  const { id } = later;
  writeFileSync(files.plan, JSON.stringify([{ ...later, folded: 100 }]));
  await onceBookedAndKilled(t, files);
  assert.match(readFileSync(files.journal, 'utf8'), /"n":101,/);
  writeFileSync(files.plan, file);
  const before = bytes(files);
  for (const args of [['--check'], ['--fold'], []]) {
    const { status, stderr } = coordinator(files, ...args);
    assert.equal(status, 78, stderr);
    assert.match(stderr, /sessions_planned\.journal: begins with change 101, .*not of one time/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.deepEqual(bytes(files), before);
  }
  rmSync(files.journal);
  await (await startCoordinator(t, files)).stop();
  assert.ok(!wholeFile(files).some(record => record.id === id));
});

/** One booking by plain CGI, which leaves it in the journal. @param {import('node:test').TestContext} t @param {PlanningFiles} files */
async function onceBookedAndKilled(t, files) {
  const { status, answer } = await directly(files)('PLAN_SESSION', { rc_name: 'River', ...written(roundTime(4 * DAY)) });
  assert.equal(status, 200, JSON.stringify(answer));
  return answer;
}

test('plain CGI reads both files, appends to the journal and leaves the file alone', async t => {
  const { files, booked } = await crash(t);
  const ask = directly(files);
  const before = readFileSync(files.plan, 'utf8');
  const { code, key } = await onceBookedAndKilled(t, files);
  assert.equal(readFileSync(files.plan, 'utf8'), before);
  assert.ok(files.find(code));
  assert.ok(files.find(booked[2].code), 'and what was there');
  const { date } = written(roundTime(4 * DAY));
  const free = async () => (await ask('GET_AVAILABILITY', { rc_name: 'River', date })).answer.slots.map((/** @type {any} */ slot) => slot.free);
  assert.equal(Math.min(...(await free())), 4, 'one of five is booked: who only looks reads the journal, too');
  assert.equal((await ask('CANCEL_SESSION', { code, key })).status, 200);
  assert.equal(Math.min(...(await free())), 5);
  assert.equal(readFileSync(files.plan, 'utf8'), before);
});

test('a backup of the journal and then the file is good whenever it is taken, and has all that was promised before', async t => {
  const [PLACES, COPIES] = [3, 12];
  const { client, files, nginx } = await startRiver(t, { limits: Array(PLACES).fill(1), settings: { log_level: 'notice' } });
  const visitors = Array.from({ length: 8 }, (_, number) => {
    const own = new Client(client.url, { ca: nginx.ca, connections: 1 });
    onEnd(t, () => own.close());
    return new Visitor({ clients: [own], number, first: roundTime(2 * HOUR), starts: 24 });
  });
  let goesOn = true;
  const all = Promise.all(visitors.map(visitor => visitor.run(() => goesOn)));
  all.catch(() => {}); /* told below */
  const inode = () => statSync(files.plan, { throwIfNoEntry: false })?.ino;
  const settings = JSON.parse(readFileSync(files.configuration, 'utf8'));
  try {
    for (let copy = 0; copy < COPIES; copy++) {
      const promised = promisedTo(visitors);
      const directory = join(files.directory, `backup-${copy}`);
      mkdirSync(directory);
      if (existsSync(files.journal)) copyFileSync(files.journal, join(directory, 'plan.journal'));
      const before = inode();
      /* Every other time the journal is folded between the two copies. */
      if (copy % 2) await Promise.race([all, until(() => inode() !== before, { timeout: 60_000, what: 'the journal is folded' })]);
      else await Promise.race([all, until(() => promisedTo(visitors).length > promised.length)]);
      if (existsSync(files.plan)) copyFileSync(files.plan, join(directory, 'plan.json'));
      const configuration = join(directory, 'configuration.json');
      writeFileSync(configuration, JSON.stringify({ ...settings, plan_file: 'plan.json', servers_file: files.servers }));
      const { status, stderr } = run(built('vitrina-coordinator'), ['--config', configuration, '--check']);
      assert.equal(status, 0, stderr);
      /* What was cancelled meanwhile may be so in the copy, or not yet. */
      const later = new Map(promisedTo(visitors).map(({ request_id, cancelled }) => [request_id, cancelled]));
      for (const booking of promised) if (later.get(booking.request_id) !== booking.cancelled) booking.cancelled = 'perhaps';
      assertKept(readPlanFiles(join(directory, 'plan.json')), promised, PLACES);
    }
  } finally {
    goesOn = false;
  }
  await all;
});

test('what the journal cannot be folded into is told, and bookings go on', async t => {
  const { book, files, client, nginx, coordinator: running } = await startRiver(t, { limits: [500] });
  mkdirSync(`${files.plan}.new`); /* nothing can be written there */
  const crowd = new Client(client.url, { ca: nginx.ca, connections: 20 });
  onEnd(t, () => crowd.close());
  const name = 'x'.repeat(100);
  for (let i = 0; !/ plan_not_folded /.test(running.log); i++) {
    assert.ok(i < 50, 'it is told');
    const replies = await Promise.all(Array.from({ length: 20 }, () => crowd.ask('PLAN_SESSION', { rc_name: 'River', ...written(roundTime(DAY + (i % 24) * HOUR)), name })));
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
  }
  const { code } = (await book(roundTime(3 * DAY))).answer;
  assert.ok(files.find(code));
  rmSync(`${files.plan}.new`, { recursive: true });
  await running.stop();
  assert.ok(wholeFile(files).some(record => record.code === code), 'it is folded when it can be');
});
