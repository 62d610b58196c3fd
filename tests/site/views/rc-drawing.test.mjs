// @ts-check
// The drawing of a complex that has no picture.

import assert from 'node:assert/strict';
import test from 'node:test';
import { drawComplex, hash, HEIGHT, seededRandom, WIDTH } from '../../../www/views/rc-drawing.js';

test('a complex is drawn the same for everyone, and unlike another', () => {
  const drawing = JSON.stringify(drawComplex('River Quarter', 'a'));
  assert.equal(JSON.stringify(drawComplex('River Quarter', 'a')), drawing);
  assert.notEqual(JSON.stringify(drawComplex('Park Side', 'a')), drawing);
});

test('any name gives a whole drawing of bounded size', () => {
  for (const name of ['', 'Ж', 'Северное сияние', 'x'.repeat(500), '🏠', 'River Quarter', 'Park Side', '__proto__']) {
    const text = JSON.stringify(drawComplex(name, 'a'));
    assert.doesNotMatch(text, /NaN|Infinity|undefined|null/, name);
    assert.ok(text.length < 60_000, `${name}: ${text.length} characters`);
  }
  assert.ok(WIDTH > HEIGHT);
});

test('the random numbers are the same everywhere', () => {
  assert.equal(hash(''), 0x811c9dc5);
  assert.equal(hash('a'), 0xe40c292c);
  const random = seededRandom(1);
  const drawn = Array.from({ length: 1000 }, () => random());
  assert.ok(drawn.every(value => value >= 0 && value < 1));
  assert.ok(new Set(drawn).size > 990);
});
