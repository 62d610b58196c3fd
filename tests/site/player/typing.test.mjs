// @ts-check
// What is written, from an input field to the scene.

import assert from 'node:assert/strict';
import test from 'node:test';
import { textPieces, typedChange, UNSEEN } from '../../../www/player/typing.js';

/** Applies what is said of a change to what stands in the scene. @param {string} scene @param {{ erase: number, text: string }} change */
const apply = (scene, { erase, text }) => [...scene].slice(0, [...scene].length - erase).join('') + text;

test('what stands in the field comes to stand in the scene, whatever was done to it', () => {
  const values = ['п', 'прив', 'привет', 'приве', 'при 👍', 'при 👍🏽', 'прочь', 'Xпрочь', ''];
  let [before, scene] = [UNSEEN, ''];
  for (const value of values) {
    scene = apply(scene, typedChange(before, UNSEEN + value));
    assert.equal(scene, value);
    before = UNSEEN + value;
  }
});

test('a phone’s Backspace in a field that looks empty is one in the scene', () => {
  assert.deepEqual(typedChange(UNSEEN, UNSEEN.slice(0, -1)), { erase: 1, text: '' });
});

test('what replaces all of it leaves alone what was in the scene before', () => {
  assert.deepEqual(typedChange(UNSEEN, 'Anna'), { erase: 0, text: 'Anna' });
  assert.deepEqual(typedChange(`${UNSEEN}Otto`, 'Anna'), { erase: 4, text: 'Anna' });
});

test('text goes in messages that are not too long, composed, and not without end', () => {
  assert.deepEqual(textPieces(''), []);
  assert.deepEqual(textPieces('и\u0306'), ['й']);
  assert.deepEqual(textPieces('👍'.repeat(300)).map((piece) => [...piece].length), [256, 44]);
  assert.equal(textPieces('x'.repeat(100_000)).join('').length, 4_000);
});
