// @ts-check
// Keys of the scene, keys of the browser.

import assert from 'node:assert/strict';
import test from 'node:test';
import { goesToScene, walkKeys, wouldMoveThePage } from '../../../www/player/keys.js';

test('keys of the scene go to it, keys of the browser stay with the browser', () => {
  /** @param {string} code @param {object} [modifiers] */
  const key = (code, modifiers = {}) => ({ code, ctrlKey: false, altKey: false, metaKey: false, ...modifiers });
  for (const code of ['KeyW', 'ArrowLeft', 'Space', 'ShiftLeft', 'Digit1']) assert.ok(goesToScene(key(code)), code);
  for (const code of ['Tab', 'F5', 'F12', 'MetaLeft', '', 'Unidentified']) assert.ok(!goesToScene(key(code)), code);
  assert.ok(!goesToScene(key('KeyW', { ctrlKey: true })), 'Ctrl+W closes the tab');
  assert.ok(!goesToScene(key('KeyC', { metaKey: true })));
  assert.ok(goesToScene(key('ControlLeft', { ctrlKey: true })), 'the modifier itself may mean something to the scene');
  assert.ok(wouldMoveThePage(key('Space')) && wouldMoveThePage(key('PageDown')));
  assert.ok(!wouldMoveThePage(key('KeyW')));
});

test('the pad walks in eight directions and rests in the middle', () => {
  /** @param {number} dx @param {number} dy */
  const keys = (dx, dy) => [...walkKeys(dx, dy)].sort().join();
  assert.equal(keys(0.1, 0.1), '');
  assert.equal(keys(0, -1), 'KeyW');
  assert.equal(keys(0.05, -0.9), 'KeyW');
  assert.equal(keys(1, 0), 'KeyD');
  assert.equal(keys(-0.7, 0.7), 'KeyA,KeyS');
  assert.equal(keys(0.7, -0.7), 'KeyD,KeyW');
});
