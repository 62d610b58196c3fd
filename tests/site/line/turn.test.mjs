// @ts-check
// Standing in line: the place goes along with every question, through lost connections, until the turn has come.

import assert from 'node:assert/strict';
import test from 'node:test';
import { waitForTurn } from '../../../www/line/turn.js';
import { Unreachable } from '../../../www/net/ask.js';

const opened = { msg: 'SESSION_CONNECTION_DATA' };
const busy = (/** @type {string} */ place, /** @type {number} */ position) => ({ msg: 'SERVERS_BUSY', place, position });
const lost = () => {
  throw new Unreachable('no line');
};

/**
 * What becomes of a wait with these answers, one after another, each after so many milliseconds.
 * @param {(() => any)[]} answers @param {{ place?: string, tookMs?: number }} [options]
 */
async function stand(answers, { place, tookMs = 25_000 } = {}) {
  const clock = { nowMs: 0 };
  /** @type {(string | undefined)[]} */ const asked = [];
  /** @type {string[]} */ const told = [];
  /** @type {number[]} */ const pauses = [];
  const answer = await waitForTurn(place, {
    ask: async token => {
      asked.push(token);
      clock.nowMs += token === undefined ? 10 : tookMs;
      return answers.shift()?.();
    },
    onPlace: ({ place: token, position }) => told.push(`${token}:${position}`),
    onLost: () => told.push('lost'),
    pause: async durationMs => {
      assert.ok(durationMs > 0);
      pauses.push(durationMs);
      clock.nowMs += durationMs;
    },
    nowMs: () => clock.nowMs,
    random: () => 1,
  });
  return { answer, asked, told, pauses };
}

test('the first question brings the place, the next ones wait with it', async () => {
  const { answer, asked, told, pauses } = await stand([() => busy('a', 3), () => busy('a', 2), () => busy('a', 1), () => opened]);
  assert.equal(answer, opened);
  assert.deepEqual(asked, [undefined, 'a', 'a', 'a']);
  assert.deepEqual(told, ['a:3', 'a:2', 'a:1']);
  assert.deepEqual(pauses, [], 'waiting is done at the server');
});

test('a lost connection is told, and asked again with the same place', async () => {
  const { answer, asked, told, pauses } = await stand([() => busy('a', 2), lost, lost, () => busy('a', 1), () => opened]);
  assert.equal(answer, opened);
  assert.deepEqual(asked, [undefined, 'a', 'a', 'a', 'a']);
  assert.deepEqual(told, ['a:2', 'lost', 'lost', 'a:1']);
  assert.deepEqual(pauses, [500, 1000]);
});

test('a place from before a reload is asked for at once; a lost one is replaced by what the server gives', async () => {
  const { asked, told } = await stand([() => busy('b', 9), () => opened], { place: 'a' });
  assert.deepEqual(asked, ['a', 'b']);
  assert.deepEqual(told, ['b:9']);
});

test('two pages with one place do not chase each other', async () => {
  const { pauses } = await stand([() => busy('a', 1), () => busy('a', 1), () => opened], { place: 'a', tookMs: 5 });
  assert.deepEqual(pauses, [995, 995]);
});

test('the server says when to come back, and is not asked sooner', async () => {
  const limited = { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 7 };
  const { answer, pauses } = await stand([() => busy('a', 1), () => limited, () => opened]);
  assert.equal(answer, opened);
  assert.deepEqual(pauses, [7000]);
});

test('a full line and what cannot be mended end it', async () => {
  const full = { msg: 'SERVERS_BUSY' };
  assert.equal((await stand([() => full])).answer, full);
  const gone = { msg: 'RC_NOT_FOUND' };
  assert.equal((await stand([() => busy('a', 1), () => gone])).answer, gone);
  assert.equal((await stand([lost])).answer.msg, 'UNREACHABLE', 'nobody stands where nobody answers');
});
