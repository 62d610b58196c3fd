// @ts-check
// Who is in a session and who steers, as the page understands the streamer's account and events.

import assert from 'node:assert/strict';
import test from 'node:test';
import { People } from '../../../www/session/people.js';
import { anna, boris, hear, nameless, seenBy } from '../lib/people.mjs';

/** @param {import('../../../www/session/people.js').Person[]} list */
const users = list => list.map(({ user }) => user);

test('the streamer’s account says who is here, in the order of coming', () => {
  const people = seenBy('b', { users: [nameless, anna, boris] });
  assert.deepEqual(users(people.all), ['a', 'b', 'c']);
  assert.equal(people.me?.name, 'Boris');
  assert.ok(!people.steers);
});

test('an account that makes no sense is borne', () => {
  for (const answer of [{}, { users: 'x', requests: 5, controller: 7 }, { users: [null, 5, {}, { user: '' }], user: {} }]) {
    const people = new People();
    people.enter(/** @type {any} */ ({ msg: 'X', ...answer }));
    assert.equal(people.count, 0);
    assert.equal(people.move, null);
  }
});

test('people come, are renamed, and go; whoever went keeps their name', () => {
  const people = seenBy('a');
  hear(people, 'USER_JOINED', { user: 'd', name: 'Darya', role: 'guest', number: 4 });
  hear(people, 'USER_CHANGED', { user: 'd', name: 'Dasha' });
  assert.deepEqual(people.all.at(-1), { user: 'd', name: 'Dasha', role: 'guest', number: 4 });
  hear(people, 'USER_LEFT', { user: 'd', reason: 'left' });
  assert.deepEqual(users(people.all), ['a', 'b', 'c']);
  assert.equal(people.find('d')?.name, 'Dasha');
  hear(people, 'USER_LEFT', { user: 'nobody', reason: 'left' });
  hear(people, 'USER_CHANGED', { user: 'd', name: 'Ghost' });
  assert.equal(people.count, 3);
});

test('only a bounded number of those who left is remembered', () => {
  const people = seenBy('a');
  for (let number = 10; number < 500; number++) {
    hear(people, 'USER_JOINED', { user: `u${number}`, name: 'X', role: 'guest', number });
    hear(people, 'USER_LEFT', { user: `u${number}`, reason: 'left' });
  }
  assert.equal(people.find('u10'), undefined);
  assert.ok(people.find('u499'));
});

test('a question for control is open until it is granted, declined, or who asked has gone', () => {
  const people = seenBy('a');
  for (const user of ['b', 'c', 'stranger']) hear(people, 'CONTROL_REQUESTED', { user });
  assert.deepEqual(users(people.asking), ['b', 'c']);
  hear(people, 'CONTROL_CHANGED', { controller: 'b', reason: 'granted' });
  assert.deepEqual(users(people.asking), ['c']);
  hear(people, 'CONTROL_DECLINED', { user: 'c', reason: 'declined' });
  assert.deepEqual(users(people.asking), []);
  hear(people, 'CONTROL_REQUESTED', { user: 'c' });
  hear(people, 'USER_LEFT', { user: 'c', reason: 'lost' });
  assert.deepEqual(users(people.asking), []);
});

test('what the control button does follows from who one is and who steers', () => {
  assert.equal(seenBy('a').move, 'give');
  assert.equal(seenBy('a', { users: [anna] }).move, null, 'alone there is nobody to give it to');
  assert.equal(seenBy('a', { controller: 'b' }).move, 'take');
  assert.equal(seenBy('b').move, 'ask');
  assert.equal(seenBy('b', { requests: ['b'] }).move, 'withdraw');
  assert.equal(seenBy('b', { controller: 'b' }).move, 'give-back');
  assert.equal(seenBy('b', { controller: '' }).move, 'take');
  assert.equal(seenBy('stranger').move, null);
});

test('whoever steers and the host decide about control, and the host alone removes', () => {
  const host = seenBy('a', { controller: 'b' });
  const steering = seenBy('b', { controller: 'b' });
  const watching = seenBy('c', { controller: 'b' });
  assert.deepEqual([host.mayDecide, steering.mayDecide, watching.mayDecide], [true, true, false]);
  assert.deepEqual(['a', 'b', 'c'].filter(user => steering.mayGiveTo(user)), ['a', 'c']);
  assert.deepEqual(['a', 'b', 'c'].filter(user => host.mayGiveTo(user)), ['c'], 'the host takes, and does not give to themselves');
  assert.deepEqual(['a', 'b', 'c', 'x'].filter(user => host.mayRemove(user)), ['b', 'c']);
  assert.ok(!['a', 'b', 'c'].some(user => steering.mayRemove(user)));
});

test('one may touch the scene where that could bring control, and nowhere else', () => {
  assert.ok(seenBy('b', { controller: 'b' }).mayTouch);
  assert.ok(seenBy('b', { control: 'free', controller: 'a' }).mayTouch, 'the one who steers may have their hands off');
  assert.ok(seenBy('b', { controller: '' }).mayTouch, 'nobody steers: it may be given back by a touch');
  assert.ok(!seenBy('b').mayTouch);
  assert.ok(!new People().mayTouch);
});
