// @ts-check
// How the visit stands.

import assert from 'node:assert/strict';
import test from 'node:test';
import { readInstant } from '../../../www/session/state.js';

test('an instant that is none is not there', () => {
  assert.equal(readInstant('2026-12-01T15:00:00Z'), Date.UTC(2026, 11, 1, 15));
  for (const odd of [undefined, 5, 'tomorrow', null]) assert.equal(readInstant(odd), undefined);
});
