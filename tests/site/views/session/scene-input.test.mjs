// @ts-check
// Fingers and wheels, as the scene counts them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Fingers, wheelUnit } from '../../../../www/views/session/scene-input.js';

test('fingers get the lowest free numbers', () => {
  const fingers = new Fingers();
  assert.equal(fingers.put(1001), 0);
  assert.equal(fingers.put(1002), 1);
  assert.equal(fingers.take(1001), 0);
  assert.equal(fingers.take(1001), undefined);
  assert.equal(fingers.put(1003), 0);
  assert.equal(fingers.find(1002), 1);
  assert.equal(fingers.count, 2);
});

test('a wheel that counts lines or pages is turned into pixels', () => {
  assert.equal(wheelUnit(0, 500), 1);
  assert.equal(wheelUnit(1, 500), 40);
  assert.equal(wheelUnit(2, 500), 500);
});
