// @ts-check
// Days and time zones: the visitor's and the complex's, on the days when clocks change, too.

import assert from 'node:assert/strict';
import test from 'node:test';
import { addDays, dayAt, daysFrom, isoDate, namedZone, offsetMinutes, readIsoDate, wallClock, wireDate } from '../../../www/plan/days.js';

/** @param {string} instant */
const at = instant => Date.parse(instant);
/** @param {string} instant @param {string} zone */
const clockAt = (instant, zone) => {
  const { hour, minute } = wallClock(at(instant), zone);
  return `${isoDate(dayAt(at(instant), zone))} ${hour}:${String(minute).padStart(2, '0')}`;
};

test('the same instant lies in different days for a visitor and a complex', () => {
  assert.equal(clockAt('2026-12-31T21:30:00Z', 'Europe/Moscow'), '2027-01-01 0:30');
  assert.equal(clockAt('2026-12-31T21:30:00Z', 'America/New_York'), '2026-12-31 16:30');
  assert.equal(clockAt('2026-12-31T21:30:00Z', 'Asia/Kolkata'), '2027-01-01 3:00');
  assert.equal(clockAt('2026-12-31T21:30:00Z', 'Pacific/Kiritimati'), '2027-01-01 11:30');
});

test('midnight is hour 0 of the new day', () => {
  assert.equal(clockAt('2026-06-30T21:00:00Z', 'Europe/Moscow'), '2026-07-01 0:00');
});

test('when clocks go forward an hour is skipped, when they go back one comes twice', () => {
  const berlin = 'Europe/Berlin';
  assert.equal(clockAt('2026-03-29T00:59:00Z', berlin), '2026-03-29 1:59');
  assert.equal(clockAt('2026-03-29T01:00:00Z', berlin), '2026-03-29 3:00');
  assert.equal(clockAt('2026-10-25T00:30:00Z', berlin), '2026-10-25 2:30');
  assert.equal(clockAt('2026-10-25T01:30:00Z', berlin), '2026-10-25 2:30');
  assert.equal(offsetMinutes(at('2026-10-25T00:30:00Z'), berlin), 120);
  assert.equal(offsetMinutes(at('2026-10-25T01:30:00Z'), berlin), 60);
});

test('offsets of half hours and quarters are told exactly', () => {
  assert.equal(offsetMinutes(at('2026-11-22T12:00:59Z'), 'Asia/Kathmandu'), 345);
  assert.equal(offsetMinutes(at('2026-11-22T12:00:00Z'), 'America/St_Johns'), -210);
  assert.equal(offsetMinutes(at('2026-01-10T12:00:00Z'), 'Australia/Lord_Howe'), 660);
  assert.equal(offsetMinutes(at('2026-07-10T12:00:00Z'), 'Australia/Lord_Howe'), 630);
});

test('the day after is the next date, whatever the clocks do in between', () => {
  assert.deepEqual(addDays({ year: 2026, month: 3, day: 28 }, 1), { year: 2026, month: 3, day: 29 });
  assert.deepEqual(addDays({ year: 2026, month: 10, day: 25 }, 1), { year: 2026, month: 10, day: 26 });
  assert.deepEqual(addDays({ year: 2028, month: 2, day: 28 }, 1), { year: 2028, month: 2, day: 29 });
  assert.deepEqual(addDays({ year: 2027, month: 2, day: 28 }, 1), { year: 2027, month: 3, day: 1 });
  assert.deepEqual(addDays({ year: 2026, month: 12, day: 31 }, 1), { year: 2027, month: 1, day: 1 });
  const days = daysFrom({ year: 2026, month: 1, day: 1 }, 366).map(isoDate);
  assert.equal(new Set(days).size, 366);
  assert.deepEqual(days, [...days].sort());
  assert.equal(days[365], '2027-01-01');
});

test('dates are written as the wire and as HTML want them', () => {
  assert.equal(wireDate({ year: 2026, month: 12, day: 1 }), '1/12/2026');
  assert.equal(isoDate({ year: 2026, month: 2, day: 3 }), '2026-02-03');
  assert.deepEqual(readIsoDate('2026-02-03'), { year: 2026, month: 2, day: 3 });
  for (const odd of ['', '2026-02-30', '2026-13-01', '3/2/2026', '2026-2-3', '2026-02-03T00:00']) assert.equal(readIsoDate(odd), null, odd);
});

test('only a zone with a name is sent', () => {
  assert.equal(namedZone('Europe/Moscow'), 'Europe/Moscow');
  assert.equal(namedZone('UTC'), 'UTC');
  assert.equal(namedZone('Etc/GMT-3'), 'Etc/GMT-3');
  for (const odd of ['', '+03:00', 'Etc/Unknown', 'Mars/Olympus', '../zoneinfo', 'Europe/']) assert.equal(namedZone(odd), undefined, odd);
});
