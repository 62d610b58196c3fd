// @ts-check
// Every refusal of the wire has words, with its values put in.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { I18n } from '../../../www/i18n/i18n.js';
import { explainRefusal, REFUSALS } from '../../../www/words/refusals.js';
import { TABLES, tags } from '../lib/languages.mjs';

const wire = readFileSync(new URL('../../../common/wire.c', import.meta.url), 'utf8');

test('every refusal of the wire has words of its own', () => {
  const rows = [...wire.matchAll(/\{"([A-Z_]+)", (\d+)\}/g)];
  const words = rows.filter(([, , status]) => Number(status) >= 400).map(([, word]) => word);
  assert.ok(words.length >= 15);
  for (const word of words) {
    assert.ok(word in REFUSALS, word);
    for (const language of tags) assert.ok(`refusal.${word}` in TABLES[language], `${language} ${word}`);
  }
});

test('a refusal says when to come back, if the server did', () => {
  const en = new I18n('en');
  /** @param {string} msg @param {object} [fields] */
  const words = (msg, fields = {}) => explainRefusal({ msg, ...fields }, en);
  assert.match(words('SERVERS_BUSY'), /a little later/);
  assert.match(words('SERVERS_BUSY', { retry_after_seconds: 30 }), /about 30 seconds/);
  assert.match(words('SERVERS_BUSY', { retry_after_seconds: 240 }), /about 4 minutes/);
  assert.match(words('SERVERS_BUSY', { free_at: '2026-12-01T15:00:00Z' }), /expected at \d\d:\d\d/);
  assert.match(words('SERVERS_BUSY', { free_at: 'soon' }), /a little later/);
  assert.match(words('SESSION_NOT_STARTED', { starts_at: '2026-12-01T15:00:00Z' }), /starts on/);
  assert.match(words('TOO_MANY_ATTEMPTS', { retry_after_seconds: 60 }), /wait 60 seconds/);
});

test('a word that the page does not know is told as a fault of ours', () => {
  const en = new I18n('en');
  assert.equal(explainRefusal({ msg: 'SOMETHING_NEW' }, en), TABLES.en['refusal.INTERNAL_ERROR']);
  assert.equal(explainRefusal({ msg: 'constructor' }, en), TABLES.en['refusal.INTERNAL_ERROR']);
});

test('no refusal is left without its values', () => {
  const details = { retry_after_seconds: 5, free_at: '2026-12-01T15:00:00Z', starts_at: '2026-12-01T15:00:00Z' };
  for (const language of tags) {
    const i18n = new I18n(language);
    for (const msg of Object.keys(REFUSALS))
      for (const answer of [{ msg }, { msg, ...details }])
        assert.doesNotMatch(explainRefusal(answer, i18n), /[{}]|refusal\./, `${language} ${msg}`);
  }
});
