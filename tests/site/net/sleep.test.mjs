// @ts-check
// A page that the browser stopped for a while notices it when it goes on.

import assert from 'node:assert/strict';
import test from 'node:test';
import { watchSleep } from '../../../www/net/sleep.js';

/** A page on a clock of the test's own. */
function page() {
  let nowMs = 5_000_000;
  let wakes = 0;
  /** @type {() => void} */ let beat = () => {};
  /** @type {() => void} */ let show = () => {};
  watchSleep(() => void (wakes += 1), {
    nowMs: () => nowMs,
    repeat: look => (beat = look),
    onShown: look => (show = look),
  });
  return {
    /** Time goes by, and then this happens. @param {number} ms @param {'beat' | 'show'} what */
    after(ms, what) {
      nowMs += ms;
      (what === 'beat' ? beat : show)();
      return wakes;
    },
  };
}

test('a page that runs has not slept, shown or not', () => {
  const { after } = page();
  for (let second = 0; second < 100; second++) assert.equal(after(1_000, 'beat'), 0);
  assert.equal(after(500, 'show'), 0);
  assert.equal(after(2_500, 'beat'), 0, 'a busy machine');
});

test('a gap is a sleep, told once, by whatever is the first to run', () => {
  const { after } = page();
  assert.equal(after(20_000, 'show'), 1);
  assert.equal(after(10, 'beat'), 1);
  assert.equal(after(20_000, 'beat'), 2);
  assert.equal(after(10, 'show'), 2);
});

test('a clock that was set back is no sleep', () => {
  const { after } = page();
  assert.equal(after(-3_600_000, 'beat'), 0);
  assert.equal(after(1_000, 'beat'), 0);
});
