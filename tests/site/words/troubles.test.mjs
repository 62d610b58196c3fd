// @ts-check
// Whatever a page may report has words for the visitor, and something to do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { troubleInWords } from '../../../www/words/troubles.js';
import { TABLES } from '../lib/languages.mjs';

const table = readFileSync(new URL('../../../fcgi/rules/reports.c', import.meta.url), 'utf8');

test('every reason of the coordinator has words in every language, and a remedy', () => {
  const reasons = [...table.matchAll(/^\s*\{"(\w+)"/gm)].map(([, reason]) => reason);
  assert.ok(reasons.length >= 10);
  for (const reason of reasons) {
    const { heading, text, remedies } = troubleInWords(/** @type {any} */ (reason));
    for (const language of Object.values(TABLES)) for (const key of [heading, text]) assert.ok(key in language, key);
    assert.ok(remedies.length > 0, reason);
  }
});
