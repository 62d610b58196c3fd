// @ts-check
// The application's own keys, as the list of servers has them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../../../www/i18n/i18n.js';
import { readAppKeys } from '../../../../www/views/session/app-keys.js';

/** @param {unknown} keys @param {string} [language] */
const read = (keys, language = 'en') => readAppKeys(keys, text => new I18n('en', [language]).pick(text));

test('keys have their titles in the visitor’s language', () => {
  const keys = [{ code: 'KeyN', title: [{ en: 'Night' }, { ru: 'Ночь' }] }, { code: 'Space', title: 'Jump' }];
  assert.deepEqual(read(keys), [{ code: 'KeyN', title: 'Night' }, { code: 'Space', title: 'Jump' }]);
  assert.deepEqual(read(keys, 'ru-RU')[0], { code: 'KeyN', title: 'Ночь' });
});

test('what is wrong is left out, one by one', () => {
  const good = { code: 'KeyN', title: 'Night' };
  const wrong = [null, 7, 'KeyN', {}, { code: 'KeyM' }, { title: 'No code' }, { code: 'n', title: 'T' }, { code: 'KeyM', title: '  ' }, { code: ['KeyM'], title: 'T' }];
  assert.deepEqual(read([...wrong, good, { ...good, title: 'Again' }]), [good]);
  for (const none of [undefined, null, {}, 'KeyN', 3]) assert.deepEqual(read(none), []);
});

test('more than twelve would hide the picture', () => {
  const many = Array.from({ length: 24 }, (_, at) => ({ code: `F${at + 1}`, title: `Scene ${at}` }));
  assert.equal(read(many).length, 12);
});
