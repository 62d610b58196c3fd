// @ts-check
// A complex in the visitor's words.

import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../../www/i18n/i18n.js';
import { rcDescription, rcPlaces, rcPlacesInWords, rcTitle } from '../../../www/words/rc.js';
import '../lib/languages.mjs';

test('a complex may lack everything but its name', () => {
  const en = new I18n('en');
  const bare = { rc_name: 'Bare' };
  assert.equal(rcTitle(bare, en), 'Bare');
  assert.equal(rcDescription(bare, en), '');
  assert.equal(rcPlaces(bare).state, 'closed');
  assert.equal(rcTitle({ rc_name: 'Bare', info: { title: 7 } }, en), 'Bare');
});

test('both spellings of the description are read', () => {
  const en = new I18n('en');
  assert.equal(rcDescription({ rc_name: 'X', info: { deskription: [{ en: 'A' }, { ru: 'Б' }] } }, en), 'A');
  assert.equal(rcDescription({ rc_name: 'X', info: { description: [{ en: 'A' }] } }, en), 'A');
});

test('places are told in plain words', () => {
  const languages = [new I18n('en'), new I18n('ru')];
  /** @param {number} free @param {number} capacity */
  const words = (free, capacity) => languages.map(i18n => rcPlacesInWords({ rc_name: 'X', free, capacity }, i18n));
  assert.deepEqual(words(2, 3), ['2 of 3 available now', 'Свободно 2 места из 3']);
  assert.deepEqual(words(1, 1), ['Available now', 'Сейчас свободно']);
  assert.deepEqual(words(0, 3), ['Fully taken right now', 'Все места заняты']);
  assert.deepEqual(words(0, 0), ['Not available right now', 'Сейчас недоступно']);
  const [en, ru] = languages.map(i18n => rcPlacesInWords({ rc_name: 'X', free: 0, capacity: 3, reachable: 0 }, i18n));
  assert.deepEqual([en, ru], ['Temporarily unavailable', 'Временно недоступно'], 'which is not busy');
  assert.deepEqual(words(5, 3), ['3 of 3 available now', 'Свободно 3 места из 3'], 'never more than there are');
});
