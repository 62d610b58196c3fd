// @ts-check
// The visitor's own bookings, as the browser keeps them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Bookings } from '../../../www/plan/bookings.js';

const now = Date.parse('2026-11-22T12:00:00Z');
/** @param {string} code @param {string} starts @param {string} ends */
const booking = (code, starts = '2026-12-01T15:00:00Z', ends = '2026-12-01T15:30:00Z') => ({
  code,
  key: `key-${code}`,
  rc_name: 'River Quarter',
  starts_at: starts,
  ends_at: ends,
  request_id: `request-${code}`,
});
/** @param {import('../../../www/plan/bookings.js').Booking[]} list */
const codes = list => list.map(({ code }) => code);

/** As a browser's storage. @param {Record<string, string>} [entries] */
function keeper(entries = {}) {
  return {
    entries,
    getItem: (/** @type {string} */ name) => entries[name] ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ text) => void (entries[name] = text),
  };
}

test('what is kept is there on a later visit, the next one first', () => {
  const storage = keeper();
  const first = new Bookings('b', () => storage);
  first.add(booking('2222', '2026-12-02T10:00:00Z', '2026-12-02T10:30:00Z'), now);
  first.add(booking('1111'), now);
  assert.deepEqual(codes(new Bookings('b', () => storage).list(now)), ['1111', '2222']);
  assert.deepEqual(new Bookings('b', () => storage).list(now)[0], booking('1111'));
  assert.deepEqual(new Bookings('another site', () => storage).list(now), []);
});

test('those that are over are dropped, and one that runs is not', () => {
  const storage = keeper();
  const bookings = new Bookings('b', () => storage);
  bookings.add(booking('1111', '2026-11-22T11:00:00Z', '2026-11-22T11:59:59Z'), now - 7_200_000);
  bookings.add(booking('2222', '2026-11-22T11:45:00Z', '2026-11-22T12:15:00Z'), now);
  assert.deepEqual(codes(bookings.list(now)), ['2222']);
  bookings.add(booking('3333'), now);
  assert.doesNotMatch(storage.entries.b, /1111/);
});

test('a cancelled one goes, also when another tab has booked meanwhile', () => {
  const storage = keeper();
  const [one, other] = [new Bookings('b', () => storage), new Bookings('b', () => storage)];
  one.add(booking('1111'), now);
  other.add(booking('2222'), now);
  one.remove('1111', now);
  assert.deepEqual(codes(one.list(now)), ['2222']);
  assert.deepEqual(codes(other.list(now)), ['2222']);
});

test('the same code is kept once: codes are given again when they are free', () => {
  const bookings = new Bookings('b', () => keeper());
  const storage = keeper();
  const kept = new Bookings('b', () => storage);
  kept.add(booking('1111'), now);
  kept.add({ ...booking('1111'), key: 'another' }, now);
  assert.deepEqual(kept.list(now).map(({ key }) => key), ['another']);
  assert.deepEqual(bookings.list(now), []);
});

test('when its invitation is renewed the booking is found by the new code, and stays its owner’s', () => {
  const storage = keeper();
  const [one, other] = [new Bookings('b', () => storage), new Bookings('b', () => storage)];
  one.add({ ...booking('1111'), invite: 'old' }, now);
  one.add(booking('2222'), now);
  other.renew('1111', { code: '3333', invite: 'new' }, now);
  assert.deepEqual(codes(one.list(now)).sort(), ['2222', '3333']);
  assert.deepEqual(one.list(now).find(({ code }) => code === '3333'), { ...booking('1111'), code: '3333', invite: 'new' });
  const before = storage.entries.b;
  one.renew('9999', { code: '4444', invite: 'of a session that was not booked here' }, now);
  assert.equal(storage.entries.b, before);
});

test('where storage is denied a booking lasts as long as the page', () => {
  const denied = () => {
    throw new DOMException('denied', 'SecurityError');
  };
  const bookings = new Bookings('b', denied);
  assert.deepEqual(bookings.list(now), []);
  bookings.add(booking('1111'), now);
  assert.deepEqual(codes(bookings.list(now)), ['1111']);
  bookings.remove('1111', now);
  assert.deepEqual(bookings.list(now), []);
});

test('a full storage loses no booking of this visit', () => {
  const full = { ...keeper(), setItem: () => { throw new DOMException('full', 'QuotaExceededError'); } };
  const bookings = new Bookings('b', () => full);
  bookings.add(booking('1111'), now);
  bookings.add(booking('2222'), now);
  assert.deepEqual(codes(bookings.list(now)).sort(), ['1111', '2222']);
});

test('what is not a booking is passed over, whoever wrote it', () => {
  const odd = [null, 7, 'x', {}, { ...booking('1'), key: 5 }, { ...booking('1'), invite: 5 }, { ...booking('2'), ends_at: 'never' }, { ...booking('3'), ends_at: '2026-12-01T14:00:00Z' }];
  const list = [...odd, booking('1111')];
  assert.deepEqual(codes(new Bookings('b', () => keeper({ b: JSON.stringify(list) })).list(now)), ['1111']);
  for (const text of ['', '{', '{}', 'null', '5']) assert.deepEqual(new Bookings('b', () => keeper({ b: text })).list(now), [], text);
});
