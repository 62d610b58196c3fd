// @ts-check
// The starts of a day: which are shown, which are offered.

import assert from 'node:assert/strict';
import test from 'node:test';
import { wallClock } from '../../../www/plan/days.js';
import { byPartOfDay, isLong, nextFree, oneEachHalfHour, readAlternatives, readStarts } from '../../../www/plan/starts.js';

const minute = 60_000;
const midnight = Date.parse('2026-12-01T00:00:00Z');

/** A day in UTC. @param {number} stepMinutes @param {(minuteOfDay: number) => number} free */
function day(stepMinutes, free = () => 1) {
  const slots = [];
  for (let at = 0; at < 24 * 60; at += stepMinutes) {
    const starts = new Date(midnight + at * minute).toISOString();
    slots.push({ time: starts.slice(11, 16), starts_at: starts, free: free(at) });
  }
  return { msg: 'AVAILABILITY', slots };
}
/** @param {{ time: string }[]} starts */
const times = starts => starts.map(({ time }) => time);

test('starts are read in order, without those that have passed', () => {
  const answer = day(60);
  answer.slots.reverse();
  const starts = readStarts(answer, '1/12/2026', midnight + 21 * 60 * minute);
  assert.deepEqual(times(starts), ['22:00', '23:00']);
  assert.deepEqual(starts[0], { date: '1/12/2026', time: '22:00', startsAtMs: midnight + 22 * 60 * minute, free: 1 });
});

test('what is no start is left out, and an answer without any is an empty day', () => {
  const slots = [null, 5, {}, { time: '10:00' }, { time: 7, starts_at: '2026-12-01T10:00:00Z' }, { time: '10:00', starts_at: 'soon' }];
  assert.deepEqual(readStarts({ msg: 'AVAILABILITY', slots }, '1/12/2026', 0), []);
  assert.deepEqual(readStarts({ msg: 'AVAILABILITY', slots: 'none' }, '1/12/2026', 0), []);
  assert.deepEqual(readStarts({ msg: 'AVAILABILITY' }, '1/12/2026', 0), []);
});

test('places that are no number count as none', () => {
  const free = [undefined, null, -1, 'many', 2].map(
    value => readStarts({ msg: 'AVAILABILITY', slots: [{ time: '10:00', starts_at: '2026-12-01T10:00:00Z', free: value }] }, 'd', 0)[0].free,
  );
  assert.deepEqual(free, [0, 0, 0, 0, 2]);
});

test('a day of five-minute starts is shown by half hours, and no free half hour is hidden', () => {
  const busyAtTheHour = readStarts(day(5, at => (at % 30 === 0 || Math.floor(at / 60) === 9 ? 0 : 2)), 'd', 0);
  assert.ok(isLong(busyAtTheHour));
  const shown = oneEachHalfHour(busyAtTheHour);
  assert.equal(shown.length, 48);
  assert.deepEqual(times(shown.slice(0, 3)), ['00:05', '00:35', '01:05'], 'the first free one stands for its half hour');
  assert.deepEqual(shown.filter(({ free }) => free === 0).map(({ time }) => time), ['09:00', '09:30'], 'where none is free, it is full');
});

test('a day of half hours is shown whole', () => {
  const starts = readStarts(day(30), 'd', 0);
  assert.ok(!isLong(starts));
  assert.deepEqual(oneEachHalfHour(starts), starts);
});

test('the first start that is still possible today is among those shown', () => {
  const starts = readStarts(day(1), 'd', midnight + (11 * 60 + 17) * minute);
  assert.deepEqual(times(oneEachHalfHour(starts)).slice(0, 3), ['11:18', '11:30', '12:00']);
});

test('starts are grouped by the part of the day, and empty parts are left out', () => {
  const groups = byPartOfDay(readStarts(day(60), 'd', midnight + 6 * 60 * minute - 1));
  assert.deepEqual(groups.map(({ part, starts }) => [part, starts[0].time, starts.length]), [
    ['morning', '06:00', 6],
    ['afternoon', '12:00', 6],
    ['evening', '18:00', 6],
  ]);
});

test('on the days when clocks change the listed times are those on the wall', () => {
  for (const [date, first, hours] of /** @type {const} */ ([['29/3/2026', '2026-03-28T23:00:00Z', 23], ['25/10/2026', '2026-10-24T22:00:00Z', 25]])) {
    const slots = Array.from({ length: hours * 2 }, (_, index) => {
      const ms = Date.parse(first) + index * 30 * minute;
      const { hour, minute: minutes } = wallClock(ms, 'Europe/Berlin');
      const time = `${String(hour).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
      return { time, starts_at: new Date(ms).toISOString(), free: 1 };
    });
    // The coordinator does not offer the second of two equal times.
    const offered = slots.filter(({ time }, index) => slots.findIndex(slot => slot.time === time) === index);
    const shown = byPartOfDay(readStarts({ msg: 'AVAILABILITY', slots: offered }, date, 0));
    const night = times(shown[0].starts);
    assert.equal(night.includes('02:30'), hours === 25, date);
    assert.equal(new Set(night).size, night.length, date);
    const all = shown.flatMap(({ starts }) => starts);
    for (const { time, startsAtMs } of all) assert.equal(time, slots.find(slot => Date.parse(slot.starts_at) === startsAtMs)?.time);
    assert.equal(all.at(-1)?.time, '23:30', date);
  }
});

test('the next free times are half an hour apart or more', () => {
  const starts = readStarts(day(5, at => (at < 14 * 60 + 25 ? 0 : 1)), 'd', 0);
  assert.deepEqual(times(nextFree(starts, 3)), ['14:25', '14:55', '15:25']);
  assert.deepEqual(nextFree(readStarts(day(5, () => 0), 'd', 0), 3), []);
});

test('alternatives come in order and carry what books them', () => {
  const alternatives = [
    { date: '1/12/2026', time: '15:30', starts_at: '2026-12-01T15:30:00Z' },
    { date: '1/12/2026', time: '14:00', starts_at: '2026-12-01T14:00:00Z' },
    { date: '30/11/2026', time: '14:00', starts_at: '2026-11-30T14:00:00Z' },
    { time: '16:00', starts_at: '2026-12-01T16:00:00Z' },
    null,
  ];
  const read = readAlternatives({ msg: 'TIME_NOT_AVAILABLE', alternatives }, midnight);
  assert.deepEqual(read.map(({ date, time, free }) => [date, time, free]), [['1/12/2026', '14:00', 1], ['1/12/2026', '15:30', 1]]);
  assert.deepEqual(readAlternatives({ msg: 'TIME_NOT_AVAILABLE' }, 0), []);
});
