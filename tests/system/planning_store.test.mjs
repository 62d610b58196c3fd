// @ts-check
// The plan's file: what a restart finds, what a bad disk cannot break, and who may use it.

import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { startCoordinator } from './lib/coordinator.mjs';
import { DAY, HOUR, instant, MINUTE, planned, PlanningFiles, readPlanFiles, roundTime, startRiver, written } from './lib/planning.mjs';
import { built, onEnd, run, start, until } from './lib/programs.mjs';

const CLIENTS = 500;

test(`of ${CLIENTS} clients at once exactly 3 get the last 3 places`, async t => {
  const { client, nginx, files } = await startRiver(t, { limits: [3] });
  const at = roundTime(HOUR);
  const crowd = new Client(client.url, { ca: nginx.ca, connections: CLIENTS });
  onEnd(t, () => crowd.close());
  const wish = { rc_name: 'River', ...written(at) };
  const replies = await Promise.all(Array.from({ length: CLIENTS }, () => crowd.ask('PLAN_SESSION', wish)));
  const got = replies.filter(({ status }) => status === 200);
  const refused = replies.filter(({ status, answer }) => status === 409 && answer.msg === 'TIME_NOT_AVAILABLE');
  assert.deepEqual([got.length, refused.length], [3, CLIENTS - 3]);
  assert.equal(new Set(got.map(({ answer }) => answer.code)).size, 3);
  assert.deepEqual(files.readPlan().map(({ code }) => code).sort(), got.map(({ answer }) => answer.code).sort());
});

test('a restart keeps bookings, and sessions that run with their people', async t => {
  const { walkIn, book, come, client, restart, streamers } = await startRiver(t);
  const { answer: running } = await walkIn({ duration_minutes: 30 });
  const at = roundTime(HOUR);
  const { answer: booking } = await book(at);
  await restart();
  assert.equal((await come(booking.code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await book(at)).status, 409);
  const guest = (await come(running.code)).answer;
  assert.deepEqual([guest.session, guest.role, guest.ends_at], [running.session, 'guest', running.ends_at]);
  assert.equal((await walkIn()).status, 503, 'its place is taken');
  const { status, answer } = await client.ask('EXTEND_SESSION', { ticket: running.ticket, minutes: 5 });
  assert.deepEqual([status, answer.ends_at], [200, instant(Date.parse(running.ends_at) + 5 * MINUTE)]);
  assert.equal((await client.ask('CANCEL_SESSION', booking)).status, 200, 'the key is still right');
  assert.equal(streamers[0].count('START_SESSION'), 1);
});

test('a session that its streamer lost while the coordinator was down frees its place', async t => {
  const { walkIn, come, restart, streamers, files } = await startRiver(t);
  const { answer: lost } = await walkIn();
  await restart(() => streamers[0].end(lost.session));
  await until(async () => (await walkIn()).status === 200, { what: 'its place is free' });
  assert.equal((await come(lost.code)).answer.msg, 'SESSION_NOT_EXIST');
  assert.equal(files.readPlan().find(({ id }) => id === lost.session)?.state, 'ended');
});

test('a session whose start outlived the coordinator is found again on its server', async t => {
  const plan = [planned(-1000, HOUR)];
  const [{ code, id }] = plan;
  const { come, streamers, coordinator, files } = await startRiver(t, { plan });
  /** @type {(value?: unknown) => void} */
  let goOn = () => {};
  streamers[0].beforeStart = () => new Promise(settle => { goOn = settle; });
  const first = come(code);
  await until(() => files.readPlan()[0].state === 'running', { what: 'that it is being started is on disk' });
  await until(() => streamers[0].count('START_SESSION') === 1);
  coordinator.kill();
  assert.equal((await first).status, 502);
  goOn();
  await until(() => streamers[0].sessions.has(id));
  await startCoordinator(t, files);
  await until(async () => (await come(code)).status === 200, { what: 'who comes joins it' });
  await until(() => files.readPlan()[0].server_name === 'river-1', { what: 'the plan says where it runs' });
  assert.equal(streamers[0].count('START_SESSION'), 1);
});

test('what was over when the coordinator started frees its code and place; old records leave the file', async t => {
  const ended = { state: /** @type {const} */ ('ended'), reason: 'time_over' };
  const plan = [
    planned(-HOUR, -1000),
    planned(-HOUR, -1000, { state: 'running', server_name: 'a-server-that-left' }),
    planned(-3 * DAY, -3 * DAY, { ...ended, ended_at: instant(Date.now() - 3 * DAY) }),
    planned(-HOUR, -HOUR, { ...ended, ended_at: instant(Date.now() - HOUR) }),
    planned(HOUR, 2 * HOUR),
  ];
  const { files, come, walkIn } = await startRiver(t, { plan, settings: { history_days: 2 } });
  await until(() => files.readPlan().length === 4, { what: 'what ended three days ago leaves' });
  await until(() => files.readPlan().filter(({ state }) => state === 'ended').length === 3, { what: 'what is over is ended' });
  assert.deepEqual(files.readPlan().map(({ id }) => id), [plan[0], plan[1], plan[3], plan[4]].map(({ id }) => id));
  assert.deepEqual(files.readPlan().slice(0, 2).map(({ reason }) => reason), ['no_show', 'time_over']);
  for (const { code } of plan.slice(0, 4)) assert.equal((await come(code)).answer.msg, 'SESSION_NOT_EXIST');
  assert.equal((await walkIn({ duration_minutes: 30 })).status, 200);
});

test('when half of all codes are in use no booking is taken, and the log has a warning', async t => {
  const plan = Array.from({ length: 5000 }, (_, i) =>
    planned(HOUR, 2 * HOUR, { code: String(2 * i).padStart(4, '0'), rc_name: `Tower ${i % 50}` }));
  const { book, coordinator } = await startRiver(t, { plan });
  const { status, answer } = await book(roundTime(HOUR));
  assert.deepEqual([status, answer.msg], [503, 'CODES_EXHAUSTED']);
  await coordinator.waitFor(/ codes_are_dense .*code_digits/);
});

test('a second coordinator on the same plan is refused with a clear word, and harms nothing', async t => {
  const { book, files } = await startRiver(t);
  const { code } = (await book(roundTime(HOUR))).answer;
  const before = readFileSync(files.journal, 'utf8');
  files.writeConfiguration({ socket: 'another.sock' });
  for (const args of [[], ['--fold']]) {
    const { status, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration, ...args]);
    assert.equal(status, 1);
    assert.match(stderr, /sessions_planned\.json: another coordinator has it open/);
  }
  assert.equal(readFileSync(files.journal, 'utf8'), before);
  assert.ok(files.find(code));
});

test('a broken plan at start: one line that names file, place and rule, status 78, and the file as it was', t => {
  const files = new PlanningFiles(t);
  files.writeConfiguration();
  files.writeServers([]);
  const good = planned(HOUR, 2 * HOUR);
  const text = JSON.stringify([good, planned(HOUR, 2 * HOUR)]);
  /** @type {[any, RegExp][]} */
  const broken = [
    ['', /./],
    [text.slice(0, -20), /line 1/],
    [`${text}]`, /line 1/],
    ['{}', /array|list/],
    ['\0\0\0\0', /./],
  ];
  for (const [content, reason] of broken) {
    files.writePlan(content);
    const before = readFileSync(files.plan, 'utf8');
    for (const args of [['--check'], []]) {
      const { status, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration, ...args]);
      const lines = stderr.trim().split('\n').filter(line => !line.includes('key_created'));
      assert.equal(status, 78, `${before}: ${stderr}`);
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0], /sessions_planned\.json: /);
      assert.match(lines[0], reason);
    }
    assert.equal(readFileSync(files.plan, 'utf8'), before);
  }
  files.writePlan([good]);
  assert.deepEqual(run(built('vitrina-coordinator'), ['--config', files.configuration, '--check']), { status: 0, stdout: '', stderr: '' });
});

test('--check says what is wrong with the settings of planning', t => {
  const files = new PlanningFiles(t);
  files.writeServers([]);
  /** @type {[object, RegExp][]} */
  const wrong = [
    [{ slot_minutes: 0 }, /slot_minutes: /],
    [{ slot_minutes: 61 }, /slot_minutes: /],
    [{ horizon_days: 367 }, /horizon_days: /],
    [{ history_days: -1 }, /history_days: /],
    [{ no_show_minutes: 0 }, /no_show_minutes: /],
    [{ extension_minutes: 'many' }, /extension_minutes: /],
    [{ booking_step_minutes: 1441 }, /booking_step_minutes: /],
    [{ code_digits: 10 }, /code_digits: /],
    [{ plan_file: '' }, /plan_file: /],
    [{ time_zone: 'Mars/Olympus' }, /no such time zone/],
    [{ min_session_minutes: 61 }, /min_session_minutes: must not be more than session_minutes/],
    [{ trusted_proxies: ['10.0.0.0/40'] }, /trusted_proxies: .*10\.0\.0\.0\/40/],
    [{ trusted_proxies: '127.0.0.1' }, /trusted_proxies: /],
    [{ store: { type: 'mysql', nodes: ['db-1', 'db-2:port'] } }, /store\.nodes\[1\]: /],
    [{ rcs: [] }, /rcs: must be an object/],
    [{ rcs: { River: { session_minutes: 0 } } }, /rcs: River: session_minutes: /],
    [{ rcs: { River: { code_digits: 5 } } }, /rcs: River: code_digits: /],
    [{ rcs: { River: { time_zone: 'Moscow/Europe' } } }, /rcs: River: .*no such time zone/],
    [{ rcs: { River: { session_minutes: 10, min_session_minutes: 20 } } }, /rcs: River: min_session_minutes: /],
    [{ rcs: { River: 7 } }, /rcs: River/],
  ];
  for (const [settings, reason] of wrong) {
    files.writeConfiguration(settings);
    const { status, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration, '--check']);
    assert.deepEqual([status, stderr.trim().split('\n').length], [78, 1], `${JSON.stringify(settings)}: ${stderr}`);
    assert.match(stderr, /configuration\.json: /);
    assert.match(stderr, reason);
  }
  files.writeConfiguration({ time_zone: 'Europe/Moscow', rcs: { River: { session_minutes: 30, time_zone: 'Asia/Vladivostok' } } });
  assert.equal(run(built('vitrina-coordinator'), ['--config', files.configuration, '--check']).status, 0);
});

test('what a crash left half written beside the plan is of no account', async t => {
  const files = new PlanningFiles(t);
  writeFileSync(`${files.plan}.new`, '[{"id":"ha');
  const plan = [planned(HOUR, 2 * HOUR)];
  const { book, come } = await startRiver(t, { files, plan });
  assert.equal((await come(plan[0].code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await book(roundTime(3 * HOUR))).status, 200);
  assert.equal(files.readPlan().length, 2);
  assert.ok(!existsSync(`${files.plan}.new`));
});

/**
 * Shows that while the disk takes nothing each promise is refused, nothing changes, and all goes well afterwards.
 * @param {Awaited<ReturnType<typeof startRiver>>} site with two places
 * @param {() => any} breakDisk @param {() => void} mendDisk
 * @param {string} plan the plan's file @param {string} [meanwhile] where it is until the disk is mended
 */
async function showBadDisk({ book, come, walkIn, client, coordinator, streamers }, breakDisk, mendDisk, plan, meanwhile = plan) {
  const at = roundTime(HOUR);
  const kept = (await book(at)).answer;
  const running = (await walkIn({ duration_minutes: 30 })).answer;
  await until(() => readPlanFiles(plan).some(record => record.server_name === 'river-1'), { what: 'the session is on disk' });
  await breakDisk();
  const before = readPlanFiles(meanwhile);
  const requests = [
    () => book(at),
    () => book(at, { request_id: 'at-the-wrong-moment' }),
    () => walkIn(),
    () => client.ask('CANCEL_SESSION', kept),
    () => client.ask('EXTEND_SESSION', { ticket: running.ticket, minutes: 10 }),
  ];
  for (const ask of requests) {
    const { status, answer } = await ask();
    assert.deepEqual([status, answer.msg], [503, 'STORE_UNAVAILABLE'], String(ask));
    assert.ok(answer.reason.length > 0);
  }
  assert.match(coordinator.log, / plan_not_written reason=/);
  assert.deepEqual(readPlanFiles(meanwhile), before, 'the plan is as it was');
  assert.equal((await come(kept.code)).answer.msg, 'SESSION_NOT_STARTED', 'the booking stands');
  assert.equal((await come(running.code)).answer.ends_at, running.ends_at, 'the session goes on, as long as before');
  assert.equal(streamers[0].count('START_SESSION'), 1);
  streamers[0].end(running.session);
  await until(async () => (await come(running.code)).answer.msg === 'SESSION_NOT_EXIST', { what: 'the end counts at once' });

  mendDisk();
  const repeated = await book(at, { request_id: 'at-the-wrong-moment' });
  assert.equal(repeated.status, 200, 'the same request goes well now');
  assert.equal((await book(at)).status, 409, 'two places, two bookings: what was refused holds none');
  assert.equal((await client.ask('CANCEL_SESSION', kept)).status, 200);
  const state = () => readPlanFiles(plan).find(record => record.id === running.session)?.state;
  await until(() => state() === 'ended', { what: 'facts that could not be written are written later' });
}

test('a full disk: STORE_UNAVAILABLE, nothing is lost, and it goes on when there is room', async t => {
  const site = await startRiver(t, { limits: [2] });
  const limit = (/** @type {string} */ bytes) =>
    assert.equal(run('prlimit', ['--pid', String(site.coordinator.pid), `--fsize=${bytes}:`]).status, 0);
  await showBadDisk(site, () => limit('100'), () => limit('unlimited'), site.files.plan);
});

/** A small file system of its own, or null where that is not permitted. @param {import('node:test').TestContext} t @param {string} path */
function mountSmall(t, path) {
  mkdirSync(path);
  if (run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status !== 0) return null;
  onEnd(t, () => run('umount', [path]));
  return path;
}

test('a directory that is gone for a while: the same', async t => {
  const files = new PlanningFiles(t);
  const [here, there] = ['plans', 'elsewhere'].map(name => join(files.directory, name));
  const plan = join(here, 'plan.json');
  mkdirSync(here);
  const site = await startRiver(t, { files, limits: [2], settings: { plan_file: plan } });
  await showBadDisk(site, () => renameSync(here, there), () => renameSync(there, here), plan, join(there, 'plan.json'));
});

/**
 * Books until the journal ends with a page, so that any line more needs another one of the file system.
 * @param {(at: number, fields: object) => Promise<import('./lib/client.mjs').Reply>} book @param {string} journal
 */
async function fillPage(book, journal) {
  const [PAGE, LONGEST] = [4096, 100];
  const left = () => PAGE - (statSync(journal).size % PAGE);
  let at = roundTime(DAY);
  const bookNamed = async (/** @type {number} */ length) => {
    const before = statSync(journal).size;
    assert.equal((await book((at += HOUR), { name: 'x'.repeat(length) })).status, 200);
    return statSync(journal).size - before - length;
  };
  for (let bare = await bookNamed(1); left() > 4; ) {
    const lines = Math.ceil(left() / (bare + LONGEST));
    bare = await bookNamed(Math.max(1, Math.floor(left() / lines) - bare - (lines === 1 ? 2 : 0)));
  }
}

test('a full file system: the same; on a read-only one it does not start', async t => {
  const files = new PlanningFiles(t);
  const small = mountSmall(t, join(files.directory, 'small'));
  if (!small) return t.skip('needs the permission to mount');
  const plan = join(small, 'plan.json');
  const site = await startRiver(t, { files, limits: [2], settings: { plan_file: plan } });
  const filler = join(small, 'filler');
  const fill = async () => {
    await fillPage(site.book, join(small, 'plan.journal'));
    const fd = openSync(filler, 'w');
    try {
      for (;;) writeFileSync(fd, Buffer.alloc(1024));
    } catch {
      closeSync(fd);
    }
  };
  await showBadDisk(site, fill, () => rmSync(filler), plan);
  await site.coordinator.stop();
  run('mount', ['-o', 'remount,ro', small]);
  const { status, stderr } = run(built('vitrina-coordinator'), ['--config', files.configuration]);
  assert.notEqual(status, 0);
  assert.match(stderr, /not_started reason=".*plan\.json.*Read-only file system/);
});

test('who waits for a disk that hangs is told when the coordinator is stopped', async t => {
  const { book, coordinator, files } = await startRiver(t);
  assert.equal(run('mkfifo', [files.journal]).status, 0); /* opening it to write waits for a reader */
  const request_id = 'the-disk-hangs';
  const at = roundTime(HOUR);
  const waiting = [book(at, { request_id }), book(at, { request_id }), book(at + HOUR)];
  await until(async () => (await book(at, { duration_minutes: 30 })).status === 409, { what: 'the first has its place' });
  coordinator.signal('SIGTERM');
  for (const { status, answer } of await Promise.all(waiting)) assert.deepEqual([status, answer.msg], [503, 'STORE_UNAVAILABLE']);
  await start(t, 'cat', [files.journal]);
  assert.equal((await coordinator.waitForExit()).code, 0);
});
