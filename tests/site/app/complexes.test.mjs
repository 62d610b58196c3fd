// @ts-check
// The complexes as the page knows them: what the coordinator tells of them, which is chosen, which was full.

import assert from 'node:assert/strict';
import test from 'node:test';

// What the page's modules ask of it when they are loaded.
Object.assign(globalThis, { document: { baseURI: 'https://site.example/' } });
const { Complexes } = await import('../../../www/app/complexes.js');

/** @param {string} name @param {number} free @param {number} [capacity] */
const rc = (name, free, capacity = 2) => ({ rc_name: name, free, capacity });

/** The complexes, and the coordinator's side of them. @param {object[]} [whole] what it lists when it is asked */
function complexesUnderTest(whole = []) {
  /** @type {any} */ let coordinator;
  /** @type {string[]} */ const told = [];
  let asked = 0;
  const complexes = new Complexes(
    { onFirst: () => told.push('first'), onChange: () => told.push('change'), onOnline: () => {} },
    { follow: watcher => void (coordinator = watcher), list: async () => (asked++, /** @type {any} */ (whole)) },
  );
  complexes.follow();
  /** @param {object[]} rcs */
  const change = rcs => coordinator.onEvent({ msg: 'SERVERS_CHANGED', rcs });
  return { complexes, told, list: (/** @type {object[]} */ rcs) => coordinator.onRcs(rcs), change, asked: () => asked };
}

test('the first list is told before the change that it is', () => {
  const { complexes, told, list } = complexesUnderTest();
  list([rc('A', 1)]);
  list([rc('A', 2)]);
  assert.deepEqual(told, ['first', 'change', 'change']);
  assert.equal(complexes.find('A')?.free, 2);
});

test('what was asked for is chosen, else the only one that there is', () => {
  const { complexes, list } = complexesUnderTest();
  list([rc('A', 1), rc('B', 1)]);
  assert.equal(complexes.chooseFirst('C'), undefined);
  assert.equal(complexes.chosen, null);
  assert.equal(complexes.chooseFirst('B')?.rc_name, 'B');
  assert.equal(complexes.chosenRc?.rc_name, 'B');
  list([rc('A', 1)]);
  assert.equal(complexes.chosen, null, 'it is on the list no more');
  complexes.chooseFirst(null);
  assert.equal(complexes.chosen, 'A');
});

test('an event changes the numbers, and one that came or went has the whole list asked for', async () => {
  const { complexes, list, change, asked } = complexesUnderTest([rc('A', 0), rc('B', 2)]);
  change([rc('A', 1)]);
  assert.equal(complexes.find('A'), undefined, 'not before there is a list');
  list([{ ...rc('A', 1), info: { title: 'Hill' } }]);
  await change([rc('A', 0)]);
  assert.deepEqual(complexes.find('A'), { ...rc('A', 0), info: { title: 'Hill' } });
  assert.equal(asked(), 0);
  await change([rc('B', 2)]);
  assert.deepEqual([asked(), complexes.all?.map(one => one.rc_name)], [1, ['A', 'B']]);
  await change([rc('A', 0, 0)]);
  assert.equal(asked(), 2);
});

test('that a full one has a free place again is told once', () => {
  const { complexes, list } = complexesUnderTest();
  complexes.full = 'A';
  list([rc('A', 0)]);
  assert.equal(complexes.noticeFreePlace(), false);
  list([rc('A', 1)]);
  assert.deepEqual([complexes.noticeFreePlace(), complexes.noticeFreePlace()], [true, false]);
});

test('the chosen one is full by what is told of it, or by what was found, until a place is free', () => {
  const { complexes, list } = complexesUnderTest();
  list([rc('A', 1), rc('B', 1)]);
  assert.equal(complexes.chosenState, undefined);
  complexes.chosen = 'A';
  complexes.noticeFull();
  assert.deepEqual([complexes.chosenState, complexes.full], ['free', null]);
  list([rc('A', 0), rc('B', 1)]);
  complexes.noticeFull();
  assert.deepEqual([complexes.chosenState, complexes.full], ['busy', 'A']);
  assert.equal(complexes.noticeFreePlace(), false);
  list([rc('A', 1), rc('B', 1)]);
  assert.deepEqual([complexes.noticeFreePlace(), complexes.chosenState], [true, 'free']);
  complexes.full = 'A'; /* a start was refused */
  assert.equal(complexes.chosenState, 'busy');
  complexes.chosen = 'B';
  assert.equal(complexes.chosenState, 'free');
});
