// @ts-check
// Coming too early: the door is tried at the time, by the clock on the wall, and again until it opens.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Unreachable } from '../../../www/net/ask.js';
import { arrive } from '../../../www/plan/arrival.js';

const start = Date.parse('2026-12-01T15:00:00Z');
const opened = { msg: 'SESSION_CONNECTION_DATA' };

/** A clock that moves only when somebody waits, and notes when the door is tried. @param {number} leftMs @param {(() => any)[]} answers */
function visit(leftMs, answers, sleepMs = 0) {
  const clock = { nowMs: start - leftMs };
  /** @type {number[]} */ const tries = [];
  /** @type {number[]} */ const ticks = [];
  /** @type {number[]} */ const moved = [];
  let pauses = 0;
  const arrived = arrive(start, {
    nowMs: () => clock.nowMs,
    pause: async durationMs => {
      assert.ok(durationMs > 0 && durationMs <= 1_000, `${durationMs} ms at once`);
      pauses += 1;
      clock.nowMs += pauses === 3 ? durationMs + sleepMs : durationMs;
    },
    join: async () => {
      tries.push(clock.nowMs - start);
      return (answers.length > 1 ? answers.shift() : answers[0])?.();
    },
    onTick: left => ticks.push(left),
    onMoved: toMs => moved.push(toMs),
    random: () => 0.5,
  });
  return { arrived, tries, ticks, moved };
}

test('the door is tried once, a moment after the time, and not before', async () => {
  const { arrived, tries, ticks } = visit(12 * 60_000, [() => opened]);
  assert.equal(await arrived, opened);
  assert.deepEqual(tries, [750]);
  assert.equal(ticks[0], 12 * 60_000);
  assert.equal(ticks.at(-1), 0);
  assert.ok(ticks.length >= 12 * 60, 'the countdown moves every second');
});

test('a laptop that slept beyond the time tries at once when it wakes', async () => {
  const { arrived, tries } = visit(10 * 60_000, [() => opened], 40 * 60_000);
  await arrived;
  assert.equal(tries.length, 1);
  assert.ok(tries[0] >= 30 * 60_000 && tries[0] < 31 * 60_000);
});

test('a server whose clock is behind is asked again, but not in a rush', async () => {
  const early = () => ({ msg: 'SESSION_NOT_STARTED', starts_at: '2026-12-01T15:00:00Z' });
  const { arrived, tries, moved } = visit(5_000, [early, early, () => opened]);
  await arrived;
  assert.equal(tries.length, 3);
  for (let index = 1; index < 3; index++) assert.ok(tries[index] - tries[index - 1] >= 2_000);
  assert.deepEqual(moved, []);
});

test('a start that was moved is waited for', async () => {
  const later = () => ({ msg: 'SESSION_NOT_STARTED', starts_at: '2026-12-01T15:10:00Z' });
  const { arrived, tries, moved } = visit(5_000, [later, () => opened]);
  await arrived;
  assert.deepEqual(moved, [start + 600_000]);
  assert.ok(tries[1] >= 600_000 && tries[1] < 602_000);
});

test('a door that is stuck is tried again, and what the server asks for is kept', async () => {
  const lost = () => {
    throw new Unreachable('no line');
  };
  const later = () => ({ msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 30 });
  const { arrived, tries } = visit(1_000, [lost, () => ({ msg: 'SERVERS_BUSY' }), later, () => opened]);
  assert.equal(await arrived, opened);
  assert.equal(tries.length, 4);
  assert.ok(tries[3] - tries[2] >= 30_000);
});

test('what will not change is told at once, and patience ends', async () => {
  const gone = visit(1_000, [() => ({ msg: 'SESSION_NOT_EXIST' })]);
  assert.equal((await gone.arrived).msg, 'SESSION_NOT_EXIST');
  assert.equal(gone.tries.length, 1);
  const busy = visit(1_000, [() => ({ msg: 'SERVERS_BUSY' })]);
  assert.equal((await busy.arrived).msg, 'SERVERS_BUSY');
  assert.ok(busy.tries.length < 60 && (busy.tries.at(-1) ?? 0) > 5 * 60_000);
});

test('whoever gives up waiting is not taken in', async () => {
  let joined = 0;
  const waiting = arrive(start, {
    nowMs: () => start - 60_000,
    pause: () => Promise.reject(new DOMException('left', 'AbortError')),
    join: async () => (joined++, opened),
    onTick: () => {},
  });
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(joined, 0);
});
