// @ts-check
// What the coordinator does when streamers do not do as they should, and when the list of them changes.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client, request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startCoordinator, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { makeCertificate } from './lib/nginx.mjs';
import { built, run, slowness, until } from './lib/programs.mjs';

/**
 * Copies of one RC, "Tower", on as many servers as there are limits.
 * @param {import('node:test').TestContext} t @param {number[]} limits @param {object} [settings]
 */
async function startCopies(t, limits, settings = {}) {
  const files = new CoordinatorFiles(t);
  const streamers = await Promise.all(
    limits.map((limit, i) => FakeStreamer.start(t, { name: `tower-${i + 1}`, key: files.key, limit })),
  );
  const servers = streamers.map(streamer => listed(streamer, 'Tower'));
  const site = await startSite(t, { files, servers, settings: { status_wait_seconds: 1, ...settings } });
  await site.online(limits.length);
  return { ...site, streamers };
}

/** @param {Client} client @returns {Promise<Record<string, string>>} server -> state */
async function states(client) {
  const { answer } = await client.ask('GET_SERVERS', { range: '0-999' });
  return Object.fromEntries((answer.servers ?? []).map((/** @type {any} */ s) => [s.server_name, s.state]));
}

const starts = (/** @type {FakeStreamer[]} */ streamers) => streamers.map(s => s.count('START_SESSION'));

for (const [behaviour, ended] of /** @type {const} */ ([
  ['full', 0],
  ['fails', 0],
  ['garbage', 1],
  ['another', 1],
  ['huge', 1],
  ['hangs', 1],
  ['loses_all_replies', 1],
]))
  test(`a server whose start is "${behaviour}" is passed over, and owes no session`, async t => {
    const { client, streamers } = await startCopies(t, [5, 1], { start_timeout_seconds: 1 });
    const [bad, good] = streamers; /* the bad one is asked first: it has more free places */
    bad.starting = behaviour;
    const { status, answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
    assert.equal(status, 200);
    assert.equal(answer.port, String(good.port));
    assert.ok(bad.count('START_SESSION') >= 1);
    assert.equal(good.count('START_SESSION'), 1);
    await until(() => bad.count('END_SESSION') >= ended, { what: 'END_SESSION to the bad one' });
    assert.equal(bad.count('END_SESSION') > 0, ended > 0);
    await until(() => bad.sessions.size === 0, { what: 'no session at the bad one' });
  });

test('when every server fails, each was asked once, and the answer is that they are out of order, not busy', async t => {
  const { client, streamers } = await startCopies(t, [1, 1, 1]);
  for (const streamer of streamers) streamer.starting = 'fails';
  const { status, answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.deepEqual([status, answer.msg], [503, 'SERVERS_UNREACHABLE']);
  assert.ok(answer.retry_after_seconds > 0);
  assert.deepEqual(starts(streamers), [1, 1, 1]);
});

test('when those that do not fail are full, the answer is that they are busy', async t => {
  const { client, streamers } = await startCopies(t, [1, 1]);
  const [bad, good] = streamers;
  bad.starting = 'fails';
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Tower' })).answer.port, String(good.port));
  const { status, answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.deepEqual([status, answer.msg], [503, 'SERVERS_BUSY']);
});

test('an unusable server is offered to nobody, its sessions can still be joined, and it comes back by itself', async t => {
  const { client, coordinator, streamers, nginx } = await startCopies(t, [2, 1]);
  const [bad, good] = streamers;
  const { answer: running } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.equal(running.port, String(bad.port), 'it has more free places');
  bad.unusable = 'cannot run Xvfb: there is no such program';
  bad.change();
  await until(async () => (await states(client))['tower-1'] === 'unusable');
  const { servers } = (await client.ask('GET_SERVERS', { range: '0-9' })).answer;
  assert.equal(servers.find((/** @type {any} */ { server_name }) => server_name === 'tower-1').complaint, bad.unusable);
  await coordinator.waitFor(/ server_unusable server=tower-1 why="cannot run Xvfb/);
  const [rc] = (await client.ask('GET_RCS')).answer.rcs;
  assert.deepEqual([rc.reachable, rc.free], [1, 1]);
  const metrics = await request(`${nginx.url}metrics`, { ca: nginx.ca });
  assert.match(metrics.text, /servers\{state="unusable"\} 1/);

  assert.equal((await client.ask('CONNECT_SESSION_WITH_CODE', { code: running.code })).answer.port, String(bad.port));
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Tower' })).answer.port, String(good.port));
  good.end([...good.sessions.keys()][0]);
  good.unusable = 'there was no picture';
  good.change();
  await until(async () => (await states(client))['tower-2'] === 'unusable');
  const refused = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.deepEqual([refused.status, refused.answer.msg], [503, 'SERVERS_UNREACHABLE']);
  assert.equal(bad.count('START_SESSION') + good.count('START_SESSION'), 2, 'nobody was sent there');

  bad.unusable = '';
  bad.change();
  await until(async () => (await states(client))['tower-1'] === 'free', { what: 'it is back' });
  await coordinator.waitFor(/ server_usable server=tower-1/);
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Tower' })).answer.port, String(bad.port));
});

test('a lost reply is asked for again, and costs no second place', async t => {
  const { client, streamers } = await startCopies(t, [2]);
  streamers[0].starting = 'loses_reply';
  const { status, answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.equal(status, 200);
  const asked = streamers[0].requests.filter(r => r.verb === 'START_SESSION');
  assert.equal(asked.length, 2);
  assert.equal(asked[0].session, asked[1].session);
  assert.deepEqual([...streamers[0].sessions.keys()], [answer.session]);
});

test('places that are being taken count as taken: nobody is sent to a full server', async t => {
  const { client, streamers } = await startCopies(t, [3, 3]);
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.ask('START_SESSION', { rc_name: 'Tower' })));
  assert.equal(answers.filter(a => a.status === 200).length, 6);
  assert.equal(answers.filter(a => a.answer.msg === 'SERVERS_BUSY').length, 4);
  assert.deepEqual(starts(streamers), [3, 3], 'not one call too many');
  const codes = new Set(answers.filter(a => a.status === 200).map(a => a.answer.code));
  assert.equal(codes.size, 6);
});

test('a visitor who leaves while a server starts up leaves no session behind', async t => {
  const { client, streamers, health } = await startCopies(t, [1], { start_timeout_seconds: 30 });
  streamers[0].starting = 'hangs';
  const leaving = new AbortController();
  const asked = client.ask('START_SESSION', { rc_name: 'Tower' }, { signal: leaving.signal });
  await until(() => streamers[0].count('START_SESSION') === 1);
  assert.equal((await health()).waiting, 1);
  leaving.abort();
  await assert.rejects(asked);
  await until(async () => (await health()).waiting === 0, { what: 'the request is dropped' });
});

test('a session that stands after its visitor has left is ended', async t => {
  const { client, streamers, health } = await startCopies(t, [1]);
  const leaving = new AbortController();
  /** @type {(value?: unknown) => void} */
  let goOn = () => {};
  streamers[0].beforeStart = () => new Promise(settle => { goOn = settle; });
  const asked = client.ask('START_SESSION', { rc_name: 'Tower' }, { signal: leaving.signal });
  await until(() => streamers[0].count('START_SESSION') === 1);
  leaving.abort();
  await assert.rejects(asked);
  await until(async () => (await health()).waiting === 0);
  goOn();
  await until(() => streamers[0].count('END_SESSION') === 1, { what: 'END_SESSION' });
  await until(async () => (await states(client))['tower-1'] === 'free', { what: 'the place is free again' });
  assert.equal(streamers[0].sessions.size, 0);
});

test('a dead server is offline within 5 seconds, not offered, and comes back by itself', async t => {
  const { client, streamers } = await startCopies(t, [1, 1]);
  await streamers[0].close();
  const died = Date.now();
  await until(async () => (await states(client))['tower-1'] === 'offline');
  assert.ok(Date.now() - died < 5000 * slowness);
  const { answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.equal(answer.port, String(streamers[1].port));
  assert.equal((await client.ask('GET_RCS')).answer.rcs[0].free, 0);
  await streamers[0].listen();
  await until(async () => (await states(client))['tower-1'] === 'free', { what: 'it is back' });
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Tower' })).status, 200);
});

test('when no server of an RC answers, the refusal says so', async t => {
  const { client, streamers, online } = await startCopies(t, [1, 1]);
  for (const streamer of streamers) await streamer.close();
  await online(0);
  const { status, answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.deepEqual([status, answer.msg], [503, 'SERVERS_UNREACHABLE']);
  assert.match(answer.reason, /reached/);
  assert.ok(answer.retry_after_seconds > 0);
});

test('a server that hangs is offline within 5 seconds with default settings, and comes back', async t => {
  const { client, streamers } = await startCopies(t, [1], { status_wait_seconds: 3 });
  await until(() => streamers[0].count('GET_STATUS') >= 2);
  streamers[0].status = 'hangs';
  streamers[0].change(); /* the next poll hangs from its start */
  const hung = Date.now();
  await until(async () => (await states(client))['tower-1'] === 'offline');
  assert.ok(Date.now() - hung < 5000 * slowness);
  streamers[0].status = 'right';
  await until(async () => (await states(client))['tower-1'] === 'free', { what: 'it is back' });
});

for (const behaviour of /** @type {const} */ (['garbage', 'huge', 'another']))
  test(`a server whose status is "${behaviour}" is offline, said once in the log, and comes back`, async t => {
    const { client, streamers, coordinator } = await startCopies(t, [1]);
    streamers[0].status = behaviour;
    streamers[0].change();
    await until(async () => (await states(client))['tower-1'] === 'offline');
    const asked = streamers[0].count('GET_STATUS');
    await until(() => streamers[0].count('GET_STATUS') >= asked + 2);
    assert.equal(coordinator.log.match(/ server_offline server=tower-1 /g)?.length, 1);
    streamers[0].status = 'right';
    await until(async () => (await states(client))['tower-1'] === 'free', { what: 'it is back' });
  });

test('a server with another key is offline, and the log says why', async t => {
  const files = new CoordinatorFiles(t);
  const stranger = await FakeStreamer.start(t, { name: 'tower-1', key: 'another key of thirty-two bytes or more' });
  const { coordinator, client } = await startSite(t, { files, servers: [listed(stranger, 'Tower')] });
  await coordinator.waitFor(/ server_offline server=tower-1 .*why=NOT_AUTHORIZED/);
  assert.deepEqual(await states(client), { 'tower-1': 'offline' });
  assert.ok(!coordinator.log.includes(files.key), 'the key is not in the log');
});

test('streamers are called by HTTPS, and only if their certificate is trusted', async t => {
  const files = new CoordinatorFiles(t);
  const tls = makeCertificate(files.directory);
  const streamer = await FakeStreamer.start(t, { name: 'tower-1', key: files.key, tls });
  const settings = { streamer_tls: true, ca_file: 'certificate.pem' };
  const site = await startSite(t, { files, servers: [listed(streamer, 'Tower')], settings });
  await site.online(1);
  const { answer } = await site.client.ask('START_SESSION', { rc_name: 'Tower' });
  assert.equal(answer.url, `https://127.0.0.1:${streamer.port}/`);
  await site.coordinator.stop();
  files.writeConfiguration({ streamer_tls: true });
  const distrustful = await startCoordinator(t, files);
  await distrustful.waitFor(/ server_offline server=tower-1 .*why=unreachable detail=".*certificate/);
});

test('a draining server takes nobody, and its sessions can still be joined', async t => {
  const { client, streamers } = await startCopies(t, [2]);
  const { answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  streamers[0].draining = true;
  streamers[0].change();
  await until(async () => (await states(client))['tower-1'] === 'draining');
  assert.equal((await client.ask('START_SESSION', { rc_name: 'Tower' })).status, 503);
  assert.equal((await client.ask('CONNECT_SESSION_WITH_CODE', { code: answer.code })).status, 200);
});

test('sessions are known again after the coordinator was started anew', async t => {
  const { client, streamers, coordinator, files } = await startCopies(t, [1]);
  const { answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  await coordinator.stop();
  await startCoordinator(t, files);
  await until(async () => (await states(client))['tower-1'] === 'busy');
  const joined = await client.ask('CONNECT_SESSION_WITH_CODE', { code: answer.code });
  assert.deepEqual([joined.status, joined.answer.session], [200, answer.session]);
  assert.equal(streamers[0].sessions.size, 1);
});

test('a new list is taken by itself; unchanged servers keep their state and their watch', async t => {
  const { client, streamers, files } = await startCopies(t, [1, 1]);
  const [kept, moved] = streamers;
  const { answer } = await client.ask('START_SESSION', { rc_name: 'Tower' });
  await until(async () => Object.values(await states(client)).includes('busy'));
  const busy = answer.port === String(kept.port) ? kept : moved;
  const other = busy === kept ? moved : kept;
  files.writeServers([listed(busy, 'Tower', { floor: 7 }), listed({ name: 'new-1', port: other.port }, 'Garden')]);
  await until(async () => 'new-1' in (await states(client)), { what: 'the new list' });
  const list = (await client.ask('GET_SERVERS', { range: '0-9' })).answer.servers;
  assert.deepEqual([list[0].server_name, list[0].state, list[0].floor], [busy.name, 'busy', 7]);
  assert.equal(list.length, 2);
  assert.deepEqual(
    (await client.ask('GET_RCS')).answer.rcs.map((/** @type {any} */ rc) => rc.rc_name),
    ['Tower', 'Garden'],
  );
  assert.equal((await client.ask('CONNECT_SESSION_WITH_CODE', { code: answer.code })).status, 200);
});

test('a broken list leaves the last good one in force, and one line says what is wrong', async t => {
  const { client, coordinator, files, streamers } = await startCopies(t, [1], { time_between_updates_seconds: 3600 });
  const good = listed(streamers[0], 'Tower');
  const broken = /** @type {[any, RegExp][]} */ ([
    ['[{', /servers\.json/],
    ['{}', /list|array/],
    [[{ ...good, port: '70000' }], /\[0\]\.port/],
    [[good, good], /\[1\]\.server_name.*twice/],
    [[{ ...good, rc_info: {} }], /\[0\]\.rc_info\.rc_name/],
    [[{ ...good, url: 'javascript:alert(1)' }], /\[0\]\.url/],
  ]);
  for (const [content, reason] of broken) {
    files.writeServers(content);
    const from = coordinator.log.length;
    coordinator.signal('SIGHUP');
    const [line] = await coordinator.waitFor(/ servers_kept .*\n/, { from });
    assert.match(line, reason);
    assert.deepEqual(await states(client), { 'tower-1': 'free' });
  }
  files.writeServers([good, { ...good, server_name: 'tower-2' }]);
  coordinator.signal('SIGHUP');
  await until(async () => 'tower-2' in (await states(client)), { what: 'a good list after a broken one' });
});

test('broken files at start: one line that names file, field and rule, and exit status 78', t => {
  const files = new CoordinatorFiles(t);
  const program = built('vitrina-coordinator');
  const check = () => run(program, ['--config', files.configuration, '--check']);
  files.writeConfiguration();
  files.writeServers([]);
  assert.deepEqual(check(), { status: 0, stdout: '', stderr: '' });
  const broken = /** @type {[() => void, RegExp][]} */ ([
    [() => files.writeConfiguration({ time_between_updates: 1 }), /configuration\.json: time_between_updates: .*time_between_updates_seconds/],
    [() => files.writeConfiguration({ code_digits: 3 }), /configuration\.json: code_digits: /],
    [() => files.writeConfiguration({ socket: undefined }), /socket: missing/],
    [() => files.writeConfiguration({ servers_file: 'nowhere.json' }), /nowhere\.json/],
    [() => writeFileSync(files.configuration, '{"socket": "a",,}'), /configuration\.json: .*line 1/],
    [() => { files.writeConfiguration(); files.writeServers('[{"server_name":"a"}]'); }, /servers\.json: \[0\]\.ip: /],
  ]);
  for (const [breakIt, reason] of broken) {
    breakIt();
    for (const args of [['--check'], []]) {
      const { status, stderr } = run(program, ['--config', files.configuration, ...args]);
      assert.equal(status, 78, stderr);
      assert.match(stderr, reason);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  }
});

test("the specification's own samples are accepted", t => {
  const files = new CoordinatorFiles(t);
  writeFileSync(files.configuration, '{"ip":"0.0.0.2","port":"333","time_between_updates_seconds":"30"}');
  files.writeServers('[{"server_name1":"Server","ip":"0.0.0.1","port":"1111","rc_info":{"rc_name":"SomeRC","info":{"deskription":[{"en":"x"},{"ru":"y"}]}}}]');
  assert.deepEqual(run(built('vitrina-coordinator'), ['--config', files.configuration, '--check']),
    { status: 0, stdout: '', stderr: '' });
});
