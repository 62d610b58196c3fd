// @ts-check
// The coordinator as a plain CGI program: started for each request by fcgiwrap and by Apache's mod_cgid, it answers from
// its files and from what the streamers tell it.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MODULES, giveToWebUser, openToWebUser, startApacheWith, startAsWebUser } from './lib/apache.mjs';
import { directly, invoke } from './lib/cgi.mjs';
import { Client } from './lib/client.mjs';
import { CoordinatorFiles, listed, startCoordinator } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { FastCgi, wholeRequest } from './lib/fastcgi.mjs';
import { freePort, listens } from './lib/ports.mjs';
import { built, onEnd, run, slowness, temporaryDirectory, until } from './lib/programs.mjs';

/** @typedef {import('node:test').TestContext} T */
/** @typedef {import('./lib/cgi.mjs').Ask} Ask */

/**
 * Files, and streamers that are in the list.
 * @param {T} t @param {{ streamers?: number, settings?: object }} [options]
 */
async function prepare(t, { streamers: count = 1, settings = {} } = {}) {
  const files = new CoordinatorFiles(t);
  const streamers = await Promise.all(
    Array.from({ length: count }, (_, i) => FakeStreamer.start(t, { name: `server-${i}`, key: files.key })),
  );
  files.writeConfiguration({ access_log: false, call_timeout_seconds: 2, ...settings });
  files.writeServers(streamers.map(streamer => listed(streamer, 'R')));
  return { files, streamers };
}

/** fcgiwrap, spoken to as nginx does. @param {T} t @param {CoordinatorFiles} files @returns {Promise<Ask>} */
async function byFcgiwrap(t, files) {
  const directory = temporaryDirectory(t, 'vitrina-fcgiwrap');
  const program = join(directory, 'vitrina-coordinator');
  const socket = join(directory, 'fcgiwrap.sock');
  copyFileSync(built('vitrina-coordinator'), program);
  giveToWebUser(directory);
  giveToWebUser(files.directory);
  await startAsWebUser(t, '/usr/sbin/fcgiwrap', ['-s', `unix:${socket}`]);
  await until(() => listens(socket), { what: 'fcgiwrap listens' });
  return async (verb, fields = {}) => {
    const peer = new FastCgi(socket);
    onEnd(t, () => peer.close());
    peer.write(
      wholeRequest(
        JSON.stringify({ verb, ...fields }),
        { GATEWAY_INTERFACE: 'CGI/1.1', SCRIPT_FILENAME: program, VITRINA_CONFIG: files.configuration },
        { keep: false },
      ),
    );
    return peer.answer();
  };
}

/** Apache's mod_cgid. @param {T} t @param {CoordinatorFiles} files @returns {Promise<Ask>} */
async function byApache(t, files) {
  const directory = temporaryDirectory(t, 'vitrina-cgid');
  const port = await freePort();
  const program = join(directory, 'vitrina-coordinator');
  copyFileSync(built('vitrina-coordinator'), program);
  giveToWebUser(files.directory);
  const modules = ['mpm_event', 'authz_core', 'alias', 'cgid', 'env'];
  const text = [
    ...modules.map(name => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    `ServerRoot ${directory}`,
    `DefaultRuntimeDir ${directory}`,
    `PidFile ${directory}/apache2.pid`,
    `ErrorLog ${directory}/error.log`,
    `ScriptSock ${directory}/cgid.sock`,
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    `SetEnv VITRINA_CONFIG ${files.configuration}`,
    `ScriptAlias /site/api ${program}`,
    `<Directory ${directory}>`,
    '  Require all granted',
    '</Directory>',
  ].join('\n');
  await startApacheWith(t, directory, `${text}\n`, port);
  const client = new Client(`http://127.0.0.1:${port}/site/api`);
  onEnd(t, () => client.close());
  return (verb, fields) => client.ask(verb, /** @type {any} */ (fields));
}

for (const [door, open] of /** @type {[string, (t: T, files: CoordinatorFiles) => Promise<Ask> | Ask][]} */ ([
  ['fcgiwrap', byFcgiwrap],
  ['mod_cgid', byApache],
]))
  test(`${door}: every verb of the specification, from the list to a session and a booking`, async t => {
    const { files, streamers } = await prepare(t, { streamers: 2 });
    const ask = await open(t, files);
    const found = await ask('GET_SERVERS', { range: '0-9' });
    assert.deepEqual([found.status, found.answer.total], [200, 2]);
    assert.deepEqual(found.answer.servers.map((/** @type {any} */ server) => server.state), ['free', 'free'], 'asked at once');
    assert.equal((await ask('GET_SERVERS', { range: '5-9' })).answer.msg, 'SERVERS_NOT_FOUND');
    assert.deepEqual((await ask('GET_RCS')).answer.rcs.map((/** @type {any} */ rc) => [rc.rc_name, rc.free]), [['R', 2]]);

    const started = await ask('START_SESSION', { rc_name: 'R' });
    assert.equal(started.answer.msg, 'SESSION_CONNECTION_DATA', JSON.stringify(started.answer));
    assert.equal(streamers.filter(streamer => streamer.sessions.size === 1).length, 1);
    const joined = await ask('CONNECT_SESSION_WITH_CODE', { code: started.answer.code });
    assert.deepEqual([joined.answer.session, joined.answer.role], [started.answer.session, 'guest']);
    const extended = await ask('EXTEND_SESSION', { ticket: started.answer.ticket, minutes: 10 });
    assert.equal(extended.answer.msg, 'SESSION_EXTENDED', JSON.stringify(extended.answer));

    const day = new Date(Date.now() + 3 * 86_400_000);
    const date = `${day.getUTCDate()}/${day.getUTCMonth() + 1}/${day.getUTCFullYear()}`;
    const booked = await ask('PLAN_SESSION', { rc_name: 'R', date, time: '12:00' });
    assert.equal(booked.answer.msg, 'CONNECTION_CODE', JSON.stringify(booked.answer));
    const { slots } = (await ask('GET_AVAILABILITY', { rc_name: 'R', date })).answer;
    assert.equal(slots.find((/** @type {any} */ slot) => slot.time === '12:00').free, 1, 'one of two is booked');
    assert.equal((await ask('CONNECT_SESSION_WITH_CODE', { code: booked.answer.code })).answer.msg, 'SESSION_NOT_STARTED');
    assert.equal((await ask('CANCEL_SESSION', { code: booked.answer.code, key: booked.answer.key })).answer.msg, 'SESSION_CANCELLED');
    assert.equal((await ask('CONNECT_SESSION_WITH_CODE', { code: booked.answer.code })).answer.msg, 'SESSION_NOT_EXIST');
  });

test('a hundred servers are asked at the same time, and silent ones cost their time-out once', async t => {
  const { files } = await prepare(t, { streamers: 60 });
  const silent = await Promise.all(
    Array.from({ length: 40 }, (_, i) => FakeStreamer.start(t, { name: `silent-${i}`, key: files.key })),
  );
  for (const streamer of silent) streamer.status = 'hangs';
  const list = JSON.parse(readFileSync(files.servers, 'utf8'));
  files.writeServers([...list, ...silent.map(streamer => listed(streamer, 'R'))]);
  const began = Date.now();
  const { answer } = await directly(files)('GET_SERVERS', { range: '0-99' });
  const states = answer.servers.map((/** @type {any} */ server) => server.state);
  assert.deepEqual([states.filter((/** @type {string} */ state) => state === 'free').length, states.length], [60, 100]);
  assert.ok(Date.now() - began < 4000 * slowness, `${Date.now() - began} ms`);
});

test('processes at the same time take turns: no place is given twice', async t => {
  const { files, streamers } = await prepare(t, { streamers: 3, settings: { call_timeout_seconds: 20 } });
  const ask = (/** @type {number} */ i) => directly(files, `192.0.${i}.1`)('START_SESSION', { rc_name: 'R' });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => ask(i)));
  const words = answers.map(({ answer }) => answer.msg).sort();
  assert.deepEqual(words, [...Array(5).fill('SERVERS_BUSY'), ...Array(3).fill('SESSION_CONNECTION_DATA')]);
  assert.deepEqual(streamers.map(streamer => streamer.sessions.size), [1, 1, 1]);
  assert.ok(answers.every(({ answer }) => answer.place === undefined), 'no place in a line that there is not');
});

test('beside a running coordinator it answers questions, and leaves changes alone', async t => {
  const { files, streamers } = await prepare(t, { settings: { call_timeout_seconds: 1 } });
  await startCoordinator(t, files);
  const ask = directly(files);
  assert.equal((await ask('GET_SERVERS', { range: '0-1' })).answer.servers[0].state, 'free');
  const refused = await ask('START_SESSION', { rc_name: 'R' });
  assert.deepEqual([refused.status, refused.answer.msg, refused.headers['Retry-After']], [503, 'STORE_UNAVAILABLE', '5']);
  assert.match(refused.answer.reason, /Another coordinator has the plan/);
  assert.equal(streamers[0].sessions.size, 0);
});

test('wrong codes are counted from process to process', async t => {
  const { files } = await prepare(t, { streamers: 0 });
  const ask = directly(files);
  const words = [];
  for (let i = 0; i < 12; i++) words.push((await ask('CONNECT_SESSION_WITH_CODE', { code: String(1000 + i) })).answer.msg);
  assert.deepEqual(words, [...Array(10).fill('SESSION_NOT_EXIST'), 'TOO_MANY_ATTEMPTS', 'TOO_MANY_ATTEMPTS']);
  assert.equal(statSync(join(files.directory, 'sessions_planned.json.guard')).mode & 0o777, 0o600);
});

test('waiting for events is refused with a time to try again; arguments are never read; bad requests ask nobody', async t => {
  const { files, streamers } = await prepare(t);
  const ask = directly(files);
  assert.deepEqual((await ask('POLL_EVENTS', { wait_seconds: 0 })).answer.events, []);
  const poll = await ask('POLL_EVENTS', { wait_seconds: 25 });
  assert.deepEqual([poll.status, poll.answer.msg, poll.answer.retry_after_seconds], [429, 'TOO_MANY_ATTEMPTS', 15]);
  const body = '{"verb":"GET_RCS"}';
  assert.equal((await invoke(files, body, { QUERY_STRING: '--version' }, ['--version'])).answer.msg, 'RCS_FOUND');
  const asked = streamers[0].requests.length;
  assert.equal((await invoke(files, 'rubbish')).answer.msg, 'BAD_REQUEST');
  assert.equal((await invoke(files, 'x'.repeat(70_000))).answer.msg, 'TOO_LARGE');
  assert.equal((await invoke(files, body, { CONTENT_LENGTH: '5' })).answer.msg, 'BAD_REQUEST');
  assert.equal((await invoke(files, body, { CONTENT_LENGTH: undefined })).answer.msg, 'BAD_REQUEST');
  assert.equal(streamers[0].requests.length, asked);
  assert.equal((await invoke(files, body, { REQUEST_METHOD: 'GET' })).answer.msg, 'METHOD_NOT_ALLOWED');
  assert.equal((await invoke(files, body, { REQUEST_URI: undefined, SCRIPT_NAME: '/x/api' })).answer.msg, 'RCS_FOUND');
});

test('what is wrong with the files is told to the log, and to the client that something is', async t => {
  const { files } = await prepare(t);
  for (const [file, text] of [[files.servers, '[{'], [join(files.directory, 'vitrina.key'), 'short'], [files.configuration, '{"prot":1}']]) {
    writeFileSync(file, text);
    const child = run(built('vitrina-coordinator'), [], {
      env: { VITRINA_CONFIG: files.configuration, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'POST', REQUEST_URI: '/api', CONTENT_LENGTH: '18' },
      input: '{"verb":"GET_RCS"}',
    });
    assert.match(child.stdout, /^Status: 500 .*"msg":"INTERNAL_ERROR"/s, file);
    assert.ok(!child.stdout.includes(files.directory), 'no path');
    assert.match(child.stderr, /reason=/);
  }
});

test('nobody can knock: where it would be needed, the code is refused, right or not, and the host may open the door', async t => {
  const { files, streamers } = await prepare(t);
  const ask = directly(files);
  const host = (await ask('START_SESSION', { rc_name: 'R' })).answer;
  const { code, invite, ticket } = host;
  assert.equal((await ask('CONNECT_SESSION_WITH_CODE', { code, invite })).answer.role, 'guest');
  assert.equal((await ask('SET_DOOR', { ticket, door: 'knock' })).answer.door, 'knock');
  for (const more of [{}, { invite }])
    assert.equal((await ask('CONNECT_SESSION_WITH_CODE', { code, ...more })).answer.msg, 'TOO_MANY_ATTEMPTS');
  assert.equal((await ask('SET_DOOR', { ticket, door: 'open' })).answer.door, 'open');
  assert.equal((await ask('CONNECT_SESSION_WITH_CODE', { code })).status, 200);

  streamers[0].remove(host.session, 'somebody');
  const renewed = (await ask('GET_INVITATION', { ticket })).answer;
  assert.equal((await ask('CONNECT_SESSION_WITH_CODE', { code, invite })).answer.msg, 'SESSION_NOT_EXIST');
  const { code: now, door } = (await ask('GET_INVITATION', { ticket })).answer;
  assert.deepEqual([now !== code, door, renewed.msg], [true, 'knock', 'INVITATION']);
});
