// @ts-check
// Who knocks at the door: told by the coordinator and by the streamer, and shown once.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Knocks } from '../../../www/session/knocks.js';

/** @param {string} knock @param {object} [fields] */
const told = (knock, fields = {}) => ({ msg: 'KNOCK', knock, name: knock.toUpperCase(), lapses_in_seconds: 25, ...fields });
/** @param {string} knock */
const ended = knock => ({ msg: 'KNOCK_ENDED', knock, reason: 'admitted' });
/** @param {Knocks} knocks @param {number} nowMs */
const waiting = (knocks, nowMs) => knocks.waiting(nowMs).map(({ id }) => id);

/** @param {...any} events all of them at once */
function after(...events) {
  const knocks = new Knocks();
  for (const event of events) knocks.hear(event, 0);
  return knocks;
}

test('those who knock wait in their order, by name if they gave one, each until its time is over', () => {
  const knocks = after(told('a'), told('b', { name: undefined, lapses_in_seconds: 5 }), told('c', { name: ' ' }));
  assert.deepEqual(knocks.waiting(0), [
    { id: 'a', name: 'A', lapsesAtMs: 25_000 },
    { id: 'b', name: '', lapsesAtMs: 5_000 },
    { id: 'c', name: '', lapsesAtMs: 25_000 },
  ]);
  assert.deepEqual(waiting(knocks, 5_000), ['a', 'c']);
  assert.deepEqual(waiting(knocks, 25_000), []);
});

test('the same knock by coordinator and streamer is one, with the time that was told first', () => {
  const knocks = after(told('a'));
  knocks.hear(told('a', { lapses_in_seconds: 24 }), 2_000);
  assert.deepEqual(knocks.waiting(2_000), [{ id: 'a', name: 'A', lapsesAtMs: 25_000 }]);
});

test('one that is over goes at once, and does not come back by whom tells it last', () => {
  const knocks = after(told('a'), told('b'), ended('a'), told('a'));
  knocks.enter({ msg: 'SESSION_CONNECTION_ESTABLISHED', knocks: [told('a'), told('b')] }, 0);
  assert.deepEqual(waiting(knocks, 0), ['b']);
  assert.deepEqual(waiting(after(ended('a'), told('a')), 0), [], 'its end may even be heard first');
});

test('the streamer’s account, at entry or after a loss, brings those who wait and drops those who do no more', () => {
  const knocks = after(told('a'), told('b'));
  const account = { msg: 'SESSION_CONNECTION_ESTABLISHED' };
  knocks.enter({ ...account, knocks: [told('b'), told('c')] }, 1_000);
  assert.deepEqual(waiting(knocks, 1_000), ['b', 'c']);
  knocks.enter(account, 1_000);
  assert.deepEqual(waiting(knocks, 1_000), ['b', 'c'], 'one that says nothing of knocks changes nothing');
});

test('what is no knock is passed over, and a flood is borne', () => {
  const odd = [{ msg: 'KNOCK' }, told('', {}), told('a', { lapses_in_seconds: 'soon' }), { msg: 'KNOCK_ENDED' }, { msg: 'USER_JOINED', knock: 'a' }];
  const knocks = after(...odd);
  knocks.enter({ msg: 'SESSION_CONNECTION_ESTABLISHED', knocks: [null, 7, {}] }, 0);
  assert.deepEqual(waiting(knocks, 0), []);
  for (let i = 0; i < 1_000; i++) knocks.hear(told(`k${i}`), 0);
  assert.equal(waiting(knocks, 0).length, 50);
  knocks.hear(told('later'), 25_000);
  assert.deepEqual(waiting(knocks, 25_000), ['later'], 'those whose time is over make room');
});
