// @ts-check
// What is written on keys.

import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../../www/i18n/i18n.js';
import { keyName } from '../../../www/words/keys.js';

test('a key is called what is written on it', () => {
  const i18n = new I18n('en');
  const names = { KeyN: 'N', Digit1: '1', F2: 'F2', Numpad5: 'Num 5', ArrowUp: '↑', Space: 'Space', ShiftLeft: 'Shift', Escape: 'Esc', Home: 'Home' };
  for (const [code, name] of Object.entries(names)) assert.equal(keyName(code, i18n), name);
});
