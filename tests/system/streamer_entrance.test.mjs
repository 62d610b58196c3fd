// @ts-check
// How one comes into a session, as its streamer sees it: who knocks, what the host answers, who was removed, and its code.

import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeEngine } from './lib/fake_engine.mjs';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

/** A session with its host on a WebSocket. @param {import('./lib/programs.mjs').Scope} t */
async function begin(t) {
  const engine = await fakeEngine(t);
  const streamer = await startStreamer(t, { webrtc_program: engine.path });
  const { session, code } = await streamer.startSession({ code: '4711' });
  const host = await streamer.person(session, 'host', { role: 'host' }).socket(t);
  /** @param {string} knock @param {object} [fields] */
  const knock = (knock, fields = {}) => streamer.control('KNOCK', { session, knock, lapses_in_seconds: 30, ...fields });
  const told = async () => (await streamer.status()).sessions[0];
  /** @param {string} msg @param {number} [n] */
  const hears = (msg, n = 1) => until(() => host.messages.filter(message => message.msg === msg)[n - 1], { what: msg });
  return { streamer, session, code, host, knock, told, hears };
}

test('a knock is told to the people inside and in the status; so is its answer, and the first one stands', async t => {
  const { streamer, session, knock, told, hears } = await begin(t);
  assert.equal((await told()).knocks, undefined);
  const { version } = await streamer.status();
  const changed = streamer.control('GET_STATUS', { version, wait_seconds: 30 });
  assert.deepEqual((await knock('k1', { name: ' Bob\u202e\n ' })).answer, { msg: 'KNOCKED' });
  assert.deepEqual((await knock('k1', { name: 'again' })).answer, { msg: 'KNOCKED' });
  const { cursor: _, ...event } = await hears('KNOCK');
  assert.deepEqual(event, { msg: 'KNOCK', knock: 'k1', name: 'Bob', lapses_in_seconds: 30 });
  assert.deepEqual((await changed).answer.sessions[0].knocks, [{ knock: 'k1', name: 'Bob', lapses_in_seconds: 30 }]);
  const late = await streamer.person(session, 'late').connect();
  assert.deepEqual(late.answer.knocks.map((/** @type {any} */ { knock, name }) => [knock, name]), [['k1', 'Bob']]);

  const answer = (/** @type {boolean} */ admit, id = 'k1') => streamer.control('ANSWER_KNOCK', { session, knock: id, admit });
  assert.deepEqual((await answer(true)).answer, { msg: 'KNOCK_ANSWERED' });
  assert.deepEqual((await answer(true)).answer, { msg: 'KNOCK_ANSWERED' });
  assert.equal((await answer(false)).answer.msg, 'NOT_FOUND');
  assert.equal((await answer(true, 'nobody')).status, 404);
  const { cursor: __, ...ended } = await hears('KNOCK_ENDED');
  assert.deepEqual(ended, { msg: 'KNOCK_ENDED', knock: 'k1', reason: 'admitted' });
  assert.equal((await told()).knocks[0].answer, 'admitted');
  assert.deepEqual((await streamer.person(session, 'later').connect()).answer.knocks, []);
  await knock('k2');
  await answer(false, 'k2');
  assert.equal((await hears('KNOCK_ENDED', 2)).reason, 'refused');
});

test('a knock lapses, and eight wait at once', async t => {
  const { streamer, session, knock, told, hears } = await begin(t);
  for (let i = 0; i < 8; i++) assert.equal((await knock(`k${i}`, { lapses_in_seconds: i ? 30 : 2 })).status, 200);
  const refused = await knock('k8');
  assert.deepEqual([refused.status, refused.answer.msg], [429, 'TOO_MANY_ATTEMPTS']);
  const { knock: lapsed, reason } = await hears('KNOCK_ENDED');
  assert.deepEqual([lapsed, reason], ['k0', 'lapsed']);
  assert.equal((await knock('k8')).status, 200);
  assert.deepEqual((await told()).knocks.map((/** @type {any} */ { knock }) => knock), ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8']);
  for (const [fields, field] of /** @type {const} */ ([
    [{ knock: 'a b' }, 'knock'],
    [{ knock: '' }, 'knock'],
    [{ knock: 'x', lapses_in_seconds: 0 }, 'lapses_in_seconds'],
    [{ knock: 'x', lapses_in_seconds: 61 }, 'lapses_in_seconds'],
  ]))
    assert.equal((await streamer.control('KNOCK', { session, lapses_in_seconds: 9, ...fields })).answer.field, field);
  assert.equal((await streamer.control('KNOCK', { session: 'gone', knock: 'x', lapses_in_seconds: 9 })).answer.msg, 'SESSION_NOT_EXIST');
});

test('who was removed stands in the status, and the session takes the code that it is given', async t => {
  const { streamer, session, host, told } = await begin(t);
  const other = await streamer.startSession({ code: '0815' }).catch(() => null);
  for (const user of ['one', 'two']) {
    await streamer.person(session, user).connect();
    assert.equal((await host.ask('REMOVE_USER', { user })).msg, 'USER_REMOVED');
  }
  const { removals, removed, generation } = await told();
  assert.deepEqual([removals, removed, generation], [2, ['one', 'two'], undefined]);

  const set = (/** @type {string} */ code, /** @type {number} */ of) => streamer.control('SET_CODE', { session, code, generation: of });
  assert.deepEqual((await set('1234', 2)).answer, { msg: 'CODE_SET' });
  assert.deepEqual((await set('9999', 1)).answer, { msg: 'CODE_SET' }, 'late, and without effect');
  const now = await told();
  assert.deepEqual([now.code, now.generation], ['1234', 2]);
  const by = async (/** @type {string} */ code) => (await streamer.control('CONNECT_SESSION_WITH_CODE', { code })).answer.msg;
  assert.deepEqual([await by('1234'), await by('4711')], ['SESSION_CONNECTION_DATA', 'SESSION_NOT_EXIST']);
  if (other) assert.equal((await set('0815', 3)).answer.field, 'code', "another session's");
});
