// @ts-check
// Keys (vitrina-coordinator(8), KEYS): a streamer has its own, which opens nothing else; one is revoked alone; bookings keep theirs.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { CoordinatorFiles, listed, startCoordinator, startSite } from './lib/coordinator.mjs';
import { administer, Database, hasDatabase } from './lib/database.mjs';
import { fakeEngine } from './lib/fake_engine.mjs';
import { replaceFile } from './lib/files.mjs';
import { serverKey, staffKey } from './lib/keys.mjs';
import { HOUR, PlanningFiles, roundTime, startRiver } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { command, operatorTicket } from './lib/staff.mjs';
import { signed, startStreamer } from './lib/streamer.mjs';

const NAMES = ['river-1', 'river-2'];
const OTHER = 'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210';

const now = () => Math.floor(Date.now() / 1000);

/**
 * A site with two streamers of "River", with one place each.
 * @param {import('./lib/programs.mjs').Scope} t
 */
async function startTwo(t) {
  const files = new CoordinatorFiles(t);
  const streamers = await Promise.all(
    NAMES.map(async server_name => {
      const { path } = await fakeEngine(t);
      return startStreamer(t, { server_name, webrtc_program: path }, { key: files.key });
    }),
  );
  const list = (/** @type {object[]} */ ...more) =>
    streamers.map((streamer, i) => listed({ name: streamer.name, port: streamer.port }, 'River', more[i]));
  const site = await startSite(t, { files, servers: list() });
  await site.online(2);
  return { ...site, files, streamers, list };
}

/** Somebody at a streamer's door. @param {import('./lib/programs.mjs').Scope} t @param {import('./lib/streamer.mjs').Streamer} streamer */
function doorOf(t, streamer) {
  const client = new Client(`${streamer.base}session`);
  onEnd(t, () => client.close());
  return client;
}

test('--server-key prints what a streamer is to have, and nothing else', t => {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration();
  files.writeServers([listed({ name: 'river-1', port: 7101 }, 'River'), listed({ name: 'river-2', port: 7102 }, 'River', { generation: 3 })]);
  const printed = (/** @type {string[]} */ ...args) => command(files, '--server-key', ...args);
  assert.deepEqual(printed('river-1'), { status: 0, stdout: `${serverKey(files.key, 'river-1')}\n`, stderr: '' });
  assert.equal(printed('river-2').stdout, `${serverKey(files.key, 'river-2', 3)}\n`);
  assert.equal(printed('river-2', '--generation', '4').stdout, `${serverKey(files.key, 'river-2', 4)}\n`);
  const unknown = printed('river-9');
  assert.deepEqual([unknown.status, unknown.stdout], [0, `${serverKey(files.key, 'river-9')}\n`]);
  assert.match(unknown.stderr, /no server in the list has this name/);
  replaceFile(join(files.directory, 'vitrina.key'), `${OTHER}\n${files.key}\n`);
  assert.equal(printed('river-1').stdout, `${serverKey(OTHER, 'river-1')}\n${serverKey(files.key, 'river-1')}\n`);
  assert.ok(!existsSync(join(files.directory, 'bookings.key')), 'nothing is made');
  for (const args of [['river-1', '--generation', '-1'], ['river-1', '--generation', '1000001'], [''], ['x'.repeat(101)]]) {
    const { status, stdout, stderr } = printed(...args);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^vitrina-coordinator: --(server-key|generation): [^\n]*\n$/);
  }
});

test("a stolen host's key opens no other host's sessions, is no coordinator's and no operator's", async t => {
  const { client, files, streamers } = await startTwo(t);
  const host = (await client.ask('START_SESSION', { rc_name: 'River', name: 'Ann' })).answer;
  const victim = streamers.find(({ port }) => String(port) === host.port) ?? assert.fail();
  const thief = streamers.find(streamer => streamer !== victim) ?? assert.fail();
  const door = doorOf(t, victim);
  assert.equal((await door.ask('CONNECT_TO_SESSION', { ticket: host.ticket })).status, 200);

  const claims = { sid: host.session, sub: 'thief', role: 'host', iat: now(), exp: now() + 3600 };
  const forged = [victim.name, thief.name].map(aud => signed(thief.key, { ...claims, aud }));
  for (const ticket of forged) assert.equal((await door.ask('CONNECT_TO_SESSION', { ticket })).status, 401);

  const call = signed(thief.key, { aud: victim.name, role: 'coordinator', iat: now(), exp: now() + 60 });
  const control = new Client(`${victim.base}control`, { headers: { Authorization: `Bearer ${call}` } });
  onEnd(t, () => control.close());
  for (const [verb, fields] of [['GET_STATUS', {}], ['END_SESSION', { session: host.session }], ['DRAIN', { on: true }]])
    assert.equal((await control.ask(String(verb), Object(fields))).status, 401);

  const verbs = {
    EXTEND_SESSION: { minutes: 5 },
    GET_INVITATION: {},
    SET_DOOR: { door: 'knock' },
    ADMIT_USER: { knock: 'any' },
    POLL_EVENTS: { wait_seconds: 0 },
  };
  for (const [verb, fields] of Object.entries(verbs)) {
    for (const ticket of forged) assert.equal((await client.ask(verb, { ...fields, ticket })).status, 401, `${verb} of a thief`);
    assert.notEqual((await client.ask(verb, { ...fields, ticket: host.ticket })).status, 401, `${verb} of the host`);
  }
  const { id } = operatorTicket(files);
  const staff = signed(thief.key, { aud: 'vitrina-staff', role: 'operator', jti: id, exp: now() + 3600 });
  assert.equal((await client.ask('LIST_SESSIONS', { staff })).status, 401);
  const operator = signed(staffKey(files.key), { aud: 'vitrina-staff', role: 'operator', jti: id, exp: now() + 3600 });
  assert.equal((await client.ask('LIST_SESSIONS', { staff: operator })).status, 200);
  assert.equal((await door.ask('POLL_EVENTS', { ticket: host.ticket })).status, 200, 'the host is in');
});

test("a server's generation revokes its key alone; its sessions go on", async t => {
  const { client, files, streamers, list, coordinator, online } = await startTwo(t);
  const host = (await client.ask('START_SESSION', { rc_name: 'River' })).answer;
  const stolen = streamers.findIndex(({ port }) => String(port) === host.port);
  const streamer = streamers[stolen];
  const door = doorOf(t, streamer);
  assert.equal((await door.ask('CONNECT_TO_SESSION', { ticket: host.ticket })).status, 200);

  files.writeServers(list(...NAMES.map((_, i) => (i === stolen ? { generation: 2 } : {}))));
  await coordinator.waitFor(new RegExp(` server_offline server=${streamer.name} .*why=NOT_AUTHORIZED`));
  await online(1);
  const key = serverKey(files.key, streamer.name, 2);
  assert.equal(command(files, '--server-key', streamer.name).stdout, `${key}\n`);
  replaceFile(join(streamer.directory, 'vitrina.key'), `${key}\n`);
  await streamer.program.waitFor(/ keys_read keys=1/);
  await online(2);

  assert.equal((await door.ask('CONNECT_TO_SESSION', { ticket: host.ticket })).status, 401, 'a ticket by the old key');
  assert.equal((await client.ask('EXTEND_SESSION', { ticket: host.ticket })).status, 401);
  const again = (await client.ask('CONNECT_SESSION_WITH_CODE', { code: host.code })).answer;
  assert.equal(again.session, host.session);
  assert.equal((await door.ask('CONNECT_TO_SESSION', { ticket: again.ticket })).status, 200);
});

test('what is booked keeps its keys when the master key is another, and when an older version had one key for all', async t => {
  const { book, client, files, restart, streamers } = await startRiver(t);
  const { answer } = await book(roundTime(HOUR));
  const { id } = files.find(answer.code) ?? assert.fail();
  const older = createHmac('sha256', files.key).update(`cancel:${id}`).digest('hex').slice(0, 32);
  assert.equal(answer.key, older, 'as a version without bookings.key would have made it');
  const early = { key: answer.key, code: answer.code };
  assert.equal((await client.ask('CONNECT_SESSION_WITH_CODE', early)).answer.msg, 'SESSION_NOT_STARTED');
  await restart(() => {
    replaceFile(join(files.directory, 'vitrina.key'), OTHER);
    streamers[0].keys = [serverKey(OTHER, 'river-1')];
  });
  assert.deepEqual((await client.ask('CANCEL_SESSION', early)).answer, { msg: 'SESSION_CANCELLED' });
  assert.equal(readFileSync(join(files.directory, 'bookings.key'), 'utf8').trim(), files.key);
});

test("a new site's keys have nothing to do with each other", async t => {
  const files = new CoordinatorFiles(t);
  rmSync(join(files.directory, 'vitrina.key'));
  files.writeConfiguration();
  files.writeServers([]);
  await startCoordinator(t, files);
  const [master, bookings] = ['vitrina.key', 'bookings.key'].map(name => readFileSync(join(files.directory, name), 'utf8'));
  assert.match(master, /^[0-9a-f]{64}\n$/);
  assert.match(bookings, /^[0-9a-f]{64}\n$/);
  assert.notEqual(master, bookings);
});

test("another key of bookings is good beside the old one, which their holders' keys are made of", async t => {
  const { book, client, files, coordinator } = await startRiver(t);
  const old = (await book(roundTime(HOUR))).answer;
  replaceFile(join(files.directory, 'bookings.key'), `${OTHER}\n${files.key}\n`);
  await coordinator.waitFor(/ keys_read master=1 bookings=2/);
  const fresh = (await book(roundTime(3 * HOUR))).answer;
  const { id } = files.find(fresh.code) ?? assert.fail();
  assert.equal(fresh.key, createHmac('sha256', OTHER).update(`cancel:${id}`).digest('hex').slice(0, 32));
  for (const { code, key } of [old, fresh]) assert.equal((await client.ask('CANCEL_SESSION', { code, key })).status, 200);
});

test('a broken key file changes nothing, and is told', async t => {
  const { client, files, coordinator, streamers } = await startTwo(t);
  replaceFile(join(files.directory, 'vitrina.key'), `${files.key}\nshort\n`);
  replaceFile(join(streamers[0].directory, 'vitrina.key'), '');
  await coordinator.waitFor(/ error: keys_kept keys=1 reason=".*vitrina\.key: line 2: a key must have/);
  await streamers[0].program.waitFor(/ error: keys_kept keys=1 reason=".*vitrina\.key: has no key/);
  for (let i = 0; i < 2; i++) assert.equal((await client.ask('START_SESSION', { rc_name: 'River' })).status, 200);
  for (const { program } of [{ program: coordinator }, ...streamers]) assert.ok(!program.log.includes(files.key));
});

test('coordinators of one database have one key of bookings, or do not serve', { skip: !hasDatabase && 'no MariaDB' }, async t => {
  const database = await Database.start(t);
  const files = [new PlanningFiles(t), new PlanningFiles(t)];
  for (const each of files) each.writeConfiguration({ store: database.store });
  administer(files[0], '--migrate');
  await startCoordinator(t, files[0]);
  const other = await startCoordinator(t, files[1], { ready: / listening door=/ });
  await other.waitFor(/bookings_key_file is not that of the database's other coordinators/);
  await other.stop();
  replaceFile(join(files[1].directory, 'bookings.key'), `${files[1].key}\n${files[0].key}\n`);
  await startCoordinator(t, files[1]);
});

test("a table's generation is the list's", { skip: !hasDatabase && 'no MariaDB' }, async t => {
  const database = await Database.start(t);
  const files = new PlanningFiles(t);
  files.writeConfiguration({ store: database.store });
  files.writeServers([listed({ name: 'river-1', port: 7101 }, 'River', { generation: 2 })]);
  administer(files, '--migrate');
  administer(files, '--import', files.servers);
  const printed = () => command(files, '--server-key', 'river-1').stdout.trim();
  assert.equal(printed(), serverKey(files.key, 'river-1', 2));
  database.query("UPDATE servers SET generation = 5 WHERE server_name = 'river-1'");
  assert.equal(printed(), serverKey(files.key, 'river-1', 5));
  const exported = join(files.directory, 'exported.json');
  administer(files, '--export', exported);
  assert.equal(JSON.parse(readFileSync(exported, 'utf8'))[0].generation, 5);
});
