// @ts-check
// Where a point of the page lies in the picture.

import assert from 'node:assert/strict';
import test from 'node:test';
import { containBox, toFractions } from '../../../www/player/geometry.js';

test('a picture narrower than its element has bars at the sides', () => {
  const box = containBox({ left: 10, top: 20, width: 1600, height: 600 }, { width: 960, height: 540 });
  assert.equal(Math.round(box.width), 1067);
  assert.equal(box.height, 600);
  assert.equal(Math.round(box.left), 277);
  assert.equal(box.top, 20);
});

test('a picture wider than its element has bars above and below', () => {
  const box = containBox({ left: 0, top: 0, width: 390, height: 600 }, { width: 960, height: 540 });
  assert.equal(box.width, 390);
  assert.equal(Math.round(box.height), 219);
  assert.equal(Math.round(box.top), 190);
});

test('while the picture’s size is unknown the element counts as the picture', () => {
  const element = { left: 1, top: 2, width: 3, height: 4 };
  assert.deepEqual(containBox(element, { width: 0, height: 0 }), element);
});

test('points become fractions of the picture, and those on the bars lie on its edge', () => {
  const box = { left: 100, top: 50, width: 800, height: 400 };
  assert.deepEqual(toFractions({ x: 100, y: 50 }, box), { x: 0, y: 0 });
  assert.deepEqual(toFractions({ x: 500, y: 150 }, box), { x: 0.5, y: 0.25 });
  assert.deepEqual(toFractions({ x: 20, y: 900 }, box), { x: 0, y: 1 });
  assert.deepEqual(toFractions({ x: 20, y: 20 }, { left: 0, top: 0, width: 0, height: 0 }), { x: 0, y: 0 });
});
