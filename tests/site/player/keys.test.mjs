// @ts-check
// Keys of the scene, keys of the browser.

import assert from 'node:assert/strict';
import test from 'node:test';
import { goesToScene, isMeta, isPaste, typedByAltGr, walkKeys, wouldMoveThePage } from '../../../www/player/keys.js';

test('keys of the scene go to it, keys of the browser stay with the browser', () => {
  /** @param {string} code @param {object} [modifiers] */
  const key = (code, modifiers = {}) => ({ code, ctrlKey: false, altKey: false, metaKey: false, ...modifiers });
  for (const code of ['KeyW', 'ArrowLeft', 'Space', 'ShiftLeft', 'Digit1']) assert.ok(goesToScene(key(code), false), code);
  for (const code of ['Tab', 'F5', 'F12', 'MetaLeft', '', 'Unidentified']) assert.ok(!goesToScene(key(code), true), code);
  assert.ok(!goesToScene(key('KeyC', { metaKey: true }), true));
  assert.ok(goesToScene(key('ControlLeft', { ctrlKey: true }), false), 'the modifier itself may mean something to the scene');
  assert.ok(wouldMoveThePage(key('Space')) && wouldMoveThePage(key('PageDown')));
  assert.ok(!wouldMoveThePage(key('KeyW')));
});

test('with Ctrl and Alt letters are the scene’s while the focus is on the picture, and the zoom stays the browser’s', () => {
  /** @param {string} code @param {object} modifiers */
  const key = (code, modifiers) => ({ code, ctrlKey: false, altKey: false, metaKey: false, ...modifiers });
  for (const modifiers of [{ ctrlKey: true }, { altKey: true }, { ctrlKey: true, altKey: true }]) {
    assert.ok(goesToScene(key('KeyS', modifiers), true) && wouldMoveThePage(key('KeyS', modifiers)));
    assert.ok(!goesToScene(key('KeyS', modifiers), false));
  }
  for (const code of ['Equal', 'Minus', 'Digit0', 'NumpadAdd']) assert.ok(!goesToScene(key(code, { ctrlKey: true }), true), code);
  assert.ok(!goesToScene(key('KeyS', { ctrlKey: true, metaKey: true }), true));
});

test('Command is known by any of its names, and so is what pastes', () => {
  for (const event of [{ code: 'MetaRight', key: 'Meta' }, { code: 'OSLeft', key: 'OS' }, { code: '', key: 'Meta' }]) assert.ok(isMeta(event));
  assert.ok(!isMeta({ code: 'KeyM', key: 'm' }));
  const key = { code: 'KeyV', ctrlKey: false, altKey: false, metaKey: false, shiftKey: false };
  assert.ok(isPaste({ ...key, ctrlKey: true }) && isPaste({ ...key, metaKey: true }));
  assert.ok(isPaste({ ...key, code: 'Insert', shiftKey: true }));
  assert.ok(!isPaste(key) && !isPaste({ ...key, altKey: true }) && !isPaste({ ...key, code: 'Insert' }));
});

test('what AltGr makes of a key is text; without it a key is its place', () => {
  /** @param {string} key @param {boolean} altGr */
  const press = (key, altGr) => ({ key, getModifierState: (/** @type {string} */ name) => altGr && name === 'AltGraph' });
  assert.equal(typedByAltGr(press('@', true)), '@');
  assert.equal(typedByAltGr(press('ArrowUp', true)), '');
  assert.equal(typedByAltGr(press('ц', false)), '');
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
