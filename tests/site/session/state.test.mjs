// @ts-check
// How the visit stands.

import assert from 'node:assert/strict';
import test from 'node:test';
import { applyEvent, entryOf, newState, readInstant } from '../../../www/session/state.js';

test('an instant that is none is not there', () => {
  assert.equal(readInstant('2026-12-01T15:00:00Z'), Date.UTC(2026, 11, 1, 15));
  for (const odd of [undefined, 5, 'tomorrow', null]) assert.equal(readInstant(odd), undefined);
});

test('the invitation is the one that the coordinator told last', () => {
  const answer = { msg: 'SESSION_CONNECTION_DATA', url: 'streamer/a/', ticket: 'T', code: '0427', invite: 'first', door: 'open' };
  const state = newState(entryOf(answer, undefined));
  const invitation = () => [state.code, state.invite, state.door];
  assert.deepEqual(invitation(), ['0427', 'first', 'open']);
  applyEvent(state, { msg: 'INVITATION_CHANGED', code: '9042', invite: 'second', door: 'knock' });
  assert.deepEqual(invitation(), ['9042', 'second', 'knock']);
  applyEvent(state, { msg: 'INVITATION_CHANGED' });
  assert.deepEqual(invitation(), ['9042', 'second', 'knock'], 'one that says nothing changes nothing');
});

test('where the coordinator tells no invitation the code is all there is', () => {
  const entry = entryOf({ msg: 'SESSION_CONNECTION_DATA', url: 'streamer/a/', ticket: 'T', code: 427, door: 'ajar' }, undefined);
  assert.deepEqual([entry.code, entry.invite, entry.door], ['427', undefined, undefined]);
});
