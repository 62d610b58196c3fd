// @ts-check
// Every end of a session has words, and says what next.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { endingOf } from '../../../www/words/endings.js';
import { TABLES } from '../lib/languages.mjs';

const wire = readFileSync(new URL('../../../common/wire.c', import.meta.url), 'utf8');

test('every reason for an end has words of its own', () => {
  const reasons = [...wire.matchAll(/\[WIRE_END_\w+\] = "(\w+)"/g)].map(([, reason]) => reason);
  assert.ok(reasons.length >= 6);
  for (const reason of [...reasons, 'removed', 'replaced', 'SESSION_NOT_EXIST', 'NOT_AUTHORIZED', 'FORBIDDEN']) {
    const ending = endingOf(reason);
    assert.equal(ending.reason, reason);
    for (const key of [`ended.reason.${reason}`, ending.heading]) assert.ok(key in TABLES.en, key);
  }
  assert.deepEqual(endingOf('constructor'), endingOf('something new'));
});
