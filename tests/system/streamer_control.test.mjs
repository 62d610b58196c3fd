// @ts-check
// What the coordinator says to a streamer, verb by verb: good, bad, again, and at the limit.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { isolation } from './lib/cells.mjs';
import { request } from './lib/client.mjs';
import { slowness, until } from './lib/programs.mjs';
import { signed, startStreamer, windowProgram } from './lib/streamer.mjs';

const instant = (/** @type {number} */ seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

test('control obeys the coordinator alone', async t => {
  const streamer = await startStreamer(t);
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: 'test-streamer', role: 'coordinator', iat: now, exp: now + 60 };
  const tokens = {
    none: undefined,
    'no token at all': 'Bearer ',
    garbage: 'Bearer x.y.z',
    'another scheme': `Basic ${streamer.controlToken()}`,
    'another key': `Bearer ${signed('k'.repeat(64), claims)}`,
    'another audience': `Bearer ${signed(streamer.key, { ...claims, aud: 'other' })}`,
    'no audience': `Bearer ${signed(streamer.key, { ...claims, aud: undefined })}`,
    'a guest': `Bearer ${signed(streamer.key, { ...claims, role: 'guest', sid: 's', sub: 'u' })}`,
    expired: `Bearer ${signed(streamer.key, { ...claims, iat: now - 100, exp: now - 40 })}`,
    'issued long ago': `Bearer ${signed(streamer.key, { ...claims, iat: now - 3600, exp: now + 3600 })}`,
    'alg none': `Bearer ${signed(streamer.key, claims, { alg: 'none' })}`,
    'alg HS512': `Bearer ${signed(streamer.key, claims, { alg: 'HS512' })}`,
  };
  for (const [what, header] of Object.entries(tokens)) {
    const reply = await request(streamer.base + 'control', {
      method: 'POST',
      headers: header ? { Authorization: header } : {},
      body: '{"verb":"START_SESSION"}',
    });
    assert.equal(reply.status, 401, what);
    assert.equal(reply.answer.msg, 'NOT_AUTHORIZED', what);
    assert.ok(reply.answer.reason, what);
    assert.equal(reply.headers['www-authenticate'], 'Bearer', what);
  }
  assert.equal((await streamer.status()).sessions.length, 0);
});

test('the id of a request is in the answer and in the log, if it is one', async t => {
  const streamer = await startStreamer(t, { log_level: 'notice' });
  /** @param {object} asked @param {string} id */
  const ask = (asked, id) =>
    request(streamer.base + 'control', {
      method: 'POST',
      headers: { Authorization: `Bearer ${streamer.controlToken()}`, 'X-Request-Id': id },
      body: JSON.stringify(asked),
    });
  const started = await ask({ verb: 'START_SESSION', session: 'one' }, 'a1b2-C3.d_4@x');
  assert.equal(started.headers['x-request-id'], 'a1b2-C3.d_4@x');
  await streamer.program.waitFor(/ start_asked session=one request=a1b2-C3\.d_4@x\n/);
  const ended = await ask({ verb: 'END_SESSION', session: 'one' }, 'second');
  assert.equal(ended.headers['x-request-id'], 'second');
  await streamer.program.waitFor(/ end_asked session=one request=second\n/);
  for (const bad of ['x'.repeat(65), 'a b', 'a="b"', 'a;b']) {
    assert.equal((await ask({ verb: 'END_SESSION', session: 'none' }, bad)).headers['x-request-id'], undefined, bad);
    assert.ok(!streamer.program.log.includes(bad));
  }
  const stranger = await request(streamer.base + 'control', { method: 'POST', headers: { 'X-Request-Id': 'mine' }, body: '{}' });
  assert.deepEqual([stranger.status, stranger.headers['x-request-id']], [401, undefined]);
});

test('the bare START_SESSION works', async t => {
  const streamer = await startStreamer(t, { session_minutes: 30, rc_name: 'River' });
  const before = Date.now();
  const session = await streamer.startSession();
  assert.equal(session.msg, 'SESSION_CONNECTION_DATA');
  assert.equal(session.ip, '127.0.0.1');
  assert.equal(session.port, String(streamer.port));
  assert.match(session.session, /^[\w-]{10,}$/);
  assert.match(session.code, /^\d{4}$/);
  const minutes = (Date.parse(session.ends_at) - before) / 60_000;
  assert.ok(minutes > 29.9 && minutes < 30.2, session.ends_at);
  const status = await streamer.status();
  assert.deepEqual(
    { ...status, version: 0 },
    {
      msg: 'STATUS',
      server_name: 'test-streamer',
      rc_name: 'River',
      version: 0,
      state: 'busy',
      session_limit: 1,
      sessions: [
        {
          session: session.session,
          code: session.code,
          state: 'ready',
          users: 0,
          kept: false,
          starts_at: session.starts_at,
          ends_at: session.ends_at,
        },
      ],
      ended: [],
    },
  );
});

test('a session id is started once, however often it is asked for', async t => {
  const streamer = await startStreamer(t, { session_limit: 3 });
  const asked = { session: 'once-1', code: 4321, rc_name: 'Any', ends_at: instant(600) };
  const [first, second] = await Promise.all([streamer.startSession(asked), streamer.startSession(asked)]);
  assert.equal(first.session, 'once-1');
  assert.equal(first.code, '4321');
  assert.equal(first.ends_at, asked.ends_at);
  assert.deepEqual(second, first);
  assert.deepEqual(await streamer.startSession({ session: 'once-1' }), first);
  assert.equal(streamer.program.log.match(/process_started .*process=display/g)?.length, 1);
  assert.equal((await streamer.status()).sessions.length, 1);

  await streamer.control('END_SESSION', { session: 'once-1' });
  const { status, answer } = await streamer.control('START_SESSION', asked);
  assert.deepEqual([status, answer.msg], [502, 'SESSION_START_FAILED']);
  assert.equal((await streamer.status()).sessions.length, 0);
});

test('a caller that goes away loses nothing', async t => {
  const streamer = await startStreamer(t);
  const away = new AbortController();
  const lost = streamer.control('START_SESSION', { session: 'kept' }, { signal: away.signal });
  await streamer.program.waitFor(/session_starting/);
  away.abort();
  await assert.rejects(lost);
  assert.equal((await streamer.startSession({ session: 'kept' })).session, 'kept');
  assert.equal(streamer.program.log.match(/process_started .*process=display/g)?.length, 1);
});

test('no more sessions than the limit, and a place is free as soon as END_SESSION has answered', async t => {
  const streamer = await startStreamer(t, { session_limit: 2 });
  await streamer.startSession({ session: 'a' });
  assert.equal((await streamer.status()).state, 'free');
  await streamer.startSession({ session: 'b' });
  assert.equal((await streamer.status()).state, 'busy');
  const refused = await streamer.control('START_SESSION', { session: 'c' });
  assert.deepEqual([refused.status, refused.answer.msg], [503, 'SESSION_LIMIT_REACHED']);
  const ended = await streamer.control('END_SESSION', { session: 'a' });
  assert.deepEqual([ended.status, ended.answer.msg, ended.answer.reason], [200, 'SESSION_ENDED', 'ended_by_operator']);
  assert.equal((await streamer.startSession({ session: 'c' })).session, 'c');
});

test('bad requests are refused with the field and a reason', async t => {
  const streamer = await startStreamer(t, { rc_name: 'River', session_limit: 2 });
  await streamer.startSession({ session: 'here', code: '1111' });
  /** @type {[string, Record<string, unknown>, number, string, string?][]} */
  const cases = [
    ['NO_SUCH_VERB', {}, 400, 'UNKNOWN_VERB', 'verb'],
    ['START_SESSION', { session: '' }, 400, 'BAD_REQUEST', 'session'],
    ['START_SESSION', { session: '../up' }, 400, 'BAD_REQUEST', 'session'],
    ['START_SESSION', { session: 'x'.repeat(65) }, 400, 'BAD_REQUEST', 'session'],
    ['START_SESSION', { session: 5 }, 400, 'BAD_REQUEST', 'session'],
    ['START_SESSION', { ends_at: 'tomorrow' }, 400, 'BAD_REQUEST', 'ends_at'],
    ['START_SESSION', { ends_at: instant(-5) }, 400, 'BAD_REQUEST', 'ends_at'],
    ['START_SESSION', { rc_name: 'Park' }, 400, 'BAD_REQUEST', 'rc_name'],
    ['START_SESSION', { code: '1111' }, 400, 'BAD_REQUEST', 'code'],
    ['START_SESSION', { code: {} }, 400, 'BAD_REQUEST', 'code'],
    ['GET_STATUS', { version: 1, wait_seconds: 61 }, 400, 'BAD_REQUEST', 'wait_seconds'],
    ['GET_STATUS', { version: 'x' }, 400, 'BAD_REQUEST', 'version'],
    ['CONNECT_SESSION_WITH_CODE', {}, 400, 'BAD_REQUEST', 'code'],
    ['CONNECT_SESSION_WITH_CODE', { code: '2222' }, 404, 'SESSION_NOT_EXIST'],
    ['EXTEND_SESSION', { session: 'here' }, 400, 'BAD_REQUEST', 'ends_at'],
    ['EXTEND_SESSION', { session: 'here', ends_at: instant(-1) }, 400, 'BAD_REQUEST', 'ends_at'],
    ['EXTEND_SESSION', { session: 'gone', ends_at: instant(60) }, 404, 'SESSION_NOT_EXIST'],
    ['END_SESSION', {}, 400, 'BAD_REQUEST', 'session'],
    ['END_SESSION', { session: 'gone' }, 404, 'SESSION_NOT_EXIST'],
    ['DRAIN', {}, 400, 'BAD_REQUEST', 'on'],
    ['DRAIN', { on: 'yes' }, 400, 'BAD_REQUEST', 'on'],
  ];
  for (const [verb, fields, status, msg, field] of cases) {
    const reply = await streamer.control(verb, fields);
    const what = `${verb} ${JSON.stringify(fields)}: ${reply.text}`;
    assert.deepEqual([reply.status, reply.answer.msg, reply.answer.field], [status, msg, field], what);
    assert.ok(reply.answer.reason, what);
  }
  assert.equal((await streamer.status()).sessions.length, 1);
});

test('an application that shows no window: refused in time, its last words in the log, the place free', async t => {
  /* So long that the display is up by then, and the application has spoken, on a busy machine, too. */
  const seconds = 5 * slowness;
  const streamer = await startStreamer(t, { app: [windowProgram, 'mute'], start_timeout_seconds: seconds });
  const began = Date.now();
  const { status, answer } = await streamer.control('START_SESSION', { session: 'dark' });
  assert.deepEqual([status, answer.msg], [502, 'SESSION_START_FAILED']);
  assert.match(answer.reason, new RegExp(`no picture of the application within ${seconds} seconds`));
  assert.ok(Date.now() - began < seconds * 1000 + 7000 * slowness);
  await streamer.program.waitFor(/stage_failed session=dark .*last_words="looking for the scene \| scene not found, waiting"/);
  await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
  const again = await streamer.control('START_SESSION', { session: 'dark' });
  assert.deepEqual(again.answer, answer);
  assert.equal(streamer.program.log.match(/process_started .*process=display/g)?.length, 1);
});

test('an application that ends at once: refused at once, with how it ended', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'fail'] });
  const { status, answer } = await streamer.control('START_SESSION');
  assert.deepEqual([status, answer.msg], [502, 'SESSION_START_FAILED']);
  assert.match(answer.reason, /the application ended with status 3 before its window was up/);
  await streamer.program.waitFor(/last_words="no licence for this scene"/);
  await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
});

test('an application or engine that is not there: refused, with its name', async t => {
  const streamer = await startStreamer(t, { app: ['/nonexistent/app'] });
  const { answer } = await streamer.control('START_SESSION');
  assert.match(answer.reason, /cannot run \/nonexistent\/app/);
  const other = await startStreamer(t, { webrtc_program: '/nonexistent/engine' });
  assert.match((await other.control('START_SESSION')).answer.reason, /cannot run \/nonexistent\/engine/);
  assert.deepEqual(other.sessionDirectories(), []);
});

test('the application gets its command line filled in and an environment of its own', async t => {
  const streamer = await startStreamer(
    t,
    {
      app: [windowProgram, 'environment', '--rc={rc_name}', '{session}/{width}x{height}', '{display}', '{}', '{language}'],
      app_environment: ['SCENE=yard', 'FROM_OUTSIDE', 'NOT_SET_ANYWHERE'],
      rc_name: 'River Quarter',
    },
    { env: { FROM_OUTSIDE: 'passed', A_SECRET: 'kept' } },
  );
  await streamer.startSession({ session: 'filled', language: 'pt-BR' });
  const { log } = streamer.program;
  for (const line of ['SCENE=yard', 'FROM_OUTSIDE=passed', 'DISPLAY=:', 'XAUTHORITY=/'])
    assert.match(log, new RegExp(`process=app text="?${line}`), line);
  const home = isolation === 'cell' ? '/home/session' : `${streamer.state}/streamer-\\w+/s1/home`;
  assert.match(log, new RegExp(`process=app text="HOME=${home}`));
  assert.doesNotMatch(log, /A_SECRET|NOT_SET_ANYWHERE/);
  const arguments_ = readFileSync(`/proc/${streamer.processes().app}/cmdline`, 'utf8').split('\0');
  const display = arguments_.at(-4);
  assert.deepEqual(arguments_.slice(-7, -1), ['environment', '--rc=River Quarter', 'filled/320x240', display, '{}', 'pt-BR']);
  assert.match(String(display), /^:/);
});

test('a language that is none, and could be an option, is refused', async t => {
  const streamer = await startStreamer(t);
  for (const language of ['--night', 'ru RU', 'r', '']) {
    const { status, answer } = await streamer.control('START_SESSION', { language });
    assert.deepEqual([status, answer.msg, answer.field], [400, 'BAD_REQUEST', 'language'], language);
  }
});

test('CONNECT_SESSION_WITH_CODE gives the session of the code', async t => {
  const streamer = await startStreamer(t, { session_limit: 2 });
  const first = await streamer.startSession({ code: '0007' });
  await streamer.startSession({ code: '0008' });
  const { status, answer } = await streamer.control('CONNECT_SESSION_WITH_CODE', { code: '0007' });
  assert.equal(status, 200);
  assert.deepEqual(answer, first);
});

test('EXTEND_SESSION moves the end', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession({ ends_at: instant(300) });
  const ends_at = instant(900);
  const { answer } = await streamer.control('EXTEND_SESSION', { session, ends_at });
  assert.deepEqual(answer, { msg: 'SESSION_EXTENDED', session, ends_at });
  assert.equal((await streamer.status()).sessions[0].ends_at, ends_at);
});

test('DRAIN: no new sessions, running ones go on', async t => {
  const streamer = await startStreamer(t, { session_limit: 3 });
  await streamer.startSession({ session: 'runs' });
  assert.equal((await streamer.control('DRAIN', { on: true })).answer.state, 'draining');
  assert.equal((await streamer.control('START_SESSION')).answer.msg, 'SESSION_LIMIT_REACHED');
  assert.equal((await streamer.startSession({ session: 'runs' })).session, 'runs');
  assert.equal((await streamer.control('DRAIN', { on: false })).answer.state, 'free');
  await streamer.startSession();
});

test('a status is watched without asking again and again', async t => {
  const streamer = await startStreamer(t);
  const { version } = await streamer.status();
  const old = await streamer.control('GET_STATUS', { version: version - 1, wait_seconds: 30 });
  assert.equal(old.answer.version, version);

  const began = Date.now();
  const quiet = await streamer.control('GET_STATUS', { version, wait_seconds: 1 });
  assert.equal(quiet.answer.version, version);
  assert.ok(Date.now() - began >= 990);

  const watched = streamer.control('GET_STATUS', { version, wait_seconds: 30 });
  const started = streamer.startSession({ session: 'seen' });
  const { answer } = await watched;
  assert.notEqual(answer.version, version);
  assert.equal(answer.sessions[0].state, 'starting');
  await started;

  const away = new AbortController();
  const given_up = streamer.control('GET_STATUS', { version: (await streamer.status()).version, wait_seconds: 30 }, { signal: away.signal });
  setTimeout(() => away.abort(), 50);
  await assert.rejects(given_up);
  assert.equal((await streamer.status()).state, 'busy');
});
