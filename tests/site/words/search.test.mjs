// @ts-check
// Finding a complex by what is typed.

import assert from 'node:assert/strict';
import test from 'node:test';
import { isFound } from '../../../www/words/search.js';

const texts = ['River Quarter', 'Речной квартал', 'Берёзовая аллея, 7', 'São João'];

test('parts of words are found, in any order and case, with or without accents', () => {
  for (const query of ['', ' ', 'river', 'QUART riv', 'квартал речн', 'березовая', 'БЕРЁЗ', 'sao joao', 'João', 'берёз 7'])
    assert.ok(isFound(query, texts), query);
});

test('each word must be there', () => {
  for (const query of ['rivers', 'river park', 'x']) assert.ok(!isFound(query, texts), query);
});
