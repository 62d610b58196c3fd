// @ts-check
// Waiting before another try.

import assert from 'node:assert/strict';
import test from 'node:test';
import { backoffMs, pause } from '../../../www/net/backoff.js';

test('waiting before another try grows, is bounded and differs from page to page', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 50, 1000].map(failures => backoffMs(failures, () => 1)),
    [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000],
  );
  assert.equal(backoffMs(1, () => 0), 250);
});

test('a pause ends early with its signal', async () => {
  const controller = new AbortController();
  const waiting = pause(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(pause(60_000, controller.signal), /enough/);
});
