// @ts-check
// A start or a join whose request is lost while the device changes its network.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Unreachable } from '../../../www/net/ask.js';
import { insist } from '../../../www/net/insist.js';

const opened = { msg: 'SESSION_CONNECTION_DATA' };
const busy = { msg: 'SERVERS_BUSY' };
const lost = new Unreachable('lost');
const timedOut = new Unreachable('too late', undefined, true);

/** Asks with these outcomes, one after another; errors are thrown. @param {(import('../../../www/net/ask.js').Answer | Error)[]} outcomes */
function asked(...outcomes) {
  /** @type {number[]} */ const pauses = [];
  let tries = 0;
  const answer = insist(
    async () => {
      const outcome = outcomes[Math.min(tries++, outcomes.length - 1)];
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    { pause: async durationMs => void pauses.push(durationMs), random: () => 1 },
  );
  return { answer, pauses, tries: () => tries };
}

test('an answer is given on as it is, also a refusal', async () => {
  for (const answer of [opened, busy]) {
    const one = asked(answer);
    assert.equal(await one.answer, answer);
    assert.equal(one.tries(), 1);
  }
});

test('a lost request is asked again, with longer and longer pauses', async () => {
  const one = asked(lost, lost, opened);
  assert.equal(await one.answer, opened);
  assert.deepEqual(one.pauses, [500, 1000]);
});

test('what the lost one began may be in the way for a moment', async () => {
  const one = asked(lost, busy, opened);
  assert.equal(await one.answer, opened);
});

test('when all are taken for longer than that, that is the answer', async () => {
  const one = asked(lost, busy);
  assert.equal(await one.answer, busy);
  assert.equal(one.tries(), 4);
});

test('without a network the visitor is told so soon', async () => {
  const one = asked(lost);
  await assert.rejects(one.answer, lost);
  assert.equal(one.tries(), 4);
  assert.ok(one.pauses.reduce((sum, pause) => sum + pause, 0) <= 4_000);
});

test('one that was waited for to the end is not asked again', async () => {
  const one = asked(timedOut);
  await assert.rejects(one.answer, timedOut);
  assert.equal(one.tries(), 1);
});
