// @ts-check
// People and what happens among them, in the visitor's words.

import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../../www/i18n/i18n.js';
import { newsInWords, nameInWords, steererInWords } from '../../../www/words/people.js';
import { anna, hear, nameless, seenBy } from '../lib/people.mjs';
import '../lib/languages.mjs';

test('people without a name are called by what they are, in the language of whoever looks', () => {
  const [en, ru] = [new I18n('en'), new I18n('ru')];
  assert.deepEqual([nameInWords(nameless, en), nameInWords(nameless, ru)], ['Guest 3', 'Гость 3']);
  assert.deepEqual([nameInWords({ ...anna, name: '' }, en), nameInWords({ ...anna, name: '' }, ru)], ['Host', 'Ведущий']);
  assert.equal(steererInWords(seenBy('b', { controller: 'c' }), en), 'Guest 3 is in control');
  assert.equal(steererInWords(seenBy('b', { controller: 'c' }), ru), 'Управляет гость 3');
  assert.equal(steererInWords(seenBy('b', { controller: 'b' }), ru), 'Управляете вы');
  assert.equal(steererInWords(seenBy('b', { controller: '' }), en), 'No one is in control');
});

test('what happens among people is told to those whom it concerns', () => {
  const en = new I18n('en');
  /** @param {string} user @param {string} msg @param {object} fields */
  const told = (user, msg, fields) => {
    const people = seenBy(user);
    hear(people, msg, fields);
    return newsInWords({ msg, ...fields }, people, en);
  };
  assert.equal(told('a', 'USER_JOINED', { user: 'd', name: 'Dasha', role: 'guest', number: 4 }), 'Dasha has joined.');
  assert.equal(told('a', 'USER_JOINED', anna), '', 'nobody is told of themselves');
  assert.equal(told('a', 'USER_LEFT', { user: 'b', reason: 'left' }), 'Boris has left.');
  assert.equal(told('a', 'USER_LEFT', { user: 'b', reason: 'lost' }), 'Boris lost the connection.');
  assert.equal(told('a', 'USER_LEFT', { user: 'c', reason: 'removed' }), 'Guest 3 was removed by the host.');
  assert.equal(told('b', 'CONTROL_CHANGED', { controller: 'b', reason: 'granted' }), 'You’re in control now.');
  assert.equal(told('a', 'CONTROL_CHANGED', { controller: 'b', reason: 'granted' }), 'Boris is in control now.');
  assert.equal(told('b', 'CONTROL_CHANGED', { controller: '', reason: 'left' }), 'No one is in control now.');
  assert.match(told('b', 'CONTROL_DECLINED', { user: 'b', reason: 'declined' }), /declined/);
  assert.equal(told('b', 'CONTROL_DECLINED', { user: 'b', reason: 'withdrawn' }), '');
  assert.equal(told('a', 'CONTROL_DECLINED', { user: 'b', reason: 'declined' }), '');
  assert.match(told('a', 'SESSION_ENDING', { seconds_left: 60 }), /1:00 left/);
  assert.equal(told('a', 'constructor', {}), '');
});
