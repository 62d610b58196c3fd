// @ts-check
// How a beginning is followed: what is in its way is told when it is known, goes when it goes, and never comes after the end.

import assert from 'node:assert/strict';
import test from 'node:test';
import { PATIENCE_MS } from '../../../www/player/trouble.js';
import { Beginning } from '../../../www/session/beginning.js';

/** A beginning by a clock of the test's own. */
function startBeginning() {
  /** @type {import('../../../www/player/trouble.js').Progress} */
  const progress = { status: 201, ice: 'connecting', packets: 0 };
  /** @type {(string | undefined)[]} */ const told = [];
  /** @type {(() => void)[]} */ let timers = [];
  let now = 0;
  const beginning = new Beginning({
    look: async () => progress,
    facts: () => ({ mixed: false, admitted: true, hidden: false }),
    onTrouble: trouble => void told.push(trouble),
    nowMs: () => now,
    setTimer: callback => timers.push(callback),
  });
  const settle = () => new Promise(wake => setImmediate(wake));
  /** @param {number} atMs */
  const pass = async atMs => {
    now = atMs;
    const due = timers;
    timers = [];
    for (const callback of due) callback();
    await settle();
  };
  return { beginning, progress, told, pass, settle, waiting: () => timers.length };
}

test('what does not come in its time is told, and taken back when it comes', async () => {
  const { beginning, progress, told, pass, settle, waiting } = startBeginning();
  beginning.begin();
  await settle();
  await pass(PATIENCE_MS - 1);
  assert.deepEqual(told, []);
  await pass(PATIENCE_MS);
  await pass(PATIENCE_MS + 1);
  assert.deepEqual(told, ['no_route'], 'once');
  Object.assign(progress, { ice: 'connected' });
  await pass(PATIENCE_MS + 2);
  beginning.end();
  assert.deepEqual(told, ['no_route', 'nothing_arrives', undefined]);
  await pass(2 * PATIENCE_MS);
  assert.equal(waiting(), 0);
});

test('what is tried again has all its time again', async () => {
  const { beginning, told, pass, settle } = startBeginning();
  beginning.begin();
  await settle();
  await pass(PATIENCE_MS);
  beginning.begin();
  await settle();
  await pass(2 * PATIENCE_MS - 1);
  assert.deepEqual(told, ['no_route', undefined]);
  await pass(2 * PATIENCE_MS);
  assert.deepEqual(told, ['no_route', undefined, 'no_route']);
});

test('a press that the browser wants is asked for at once', async () => {
  const { beginning, told, settle } = startBeginning();
  beginning.begin();
  await settle();
  beginning.notePlayRefused();
  await settle();
  assert.deepEqual(told, ['play_refused']);
});

test('what was looked at before the end tells nothing after it', async () => {
  const { beginning, told, settle } = startBeginning();
  beginning.begin();
  beginning.notePlayRefused();
  beginning.end();
  await settle();
  assert.deepEqual(told, []);
});
