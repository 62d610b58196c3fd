// @ts-check
// Days, spans and zones in both languages.

import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../../www/i18n/i18n.js';
import { utcNoonMs } from '../../../www/plan/days.js';
import { clocksDiffer, countdown, dayInWords, dayParts, instantAt, untilInWords, zoneInWords } from '../../../www/words/times.js';
import '../lib/languages.mjs';

/** @param {string} instant */
const at = instant => Date.parse(instant);

test('zones are told apart by their clocks at that time, not by their names', () => {
  const [winter, summer] = [at('2026-12-01T12:00:00Z'), at('2026-07-01T12:00:00Z')];
  assert.equal(clocksDiffer('Europe/Moscow', 'Europe/Istanbul', winter), false);
  assert.equal(clocksDiffer('Europe/Berlin', 'Africa/Lagos', winter), false);
  assert.equal(clocksDiffer('Europe/Berlin', 'Africa/Lagos', summer), true);
  assert.equal(clocksDiffer('Europe/Berlin', undefined, winter), false, 'an unknown zone is not told of');
});

test('zones and days have names in both languages', () => {
  const [en, ru] = [new I18n('en'), new I18n('ru')];
  const ms = at('2026-12-01T12:00:00Z');
  assert.equal(zoneInWords('Europe/Moscow', ms, en), 'Moscow Standard Time, GMT+3');
  assert.match(zoneInWords('Europe/Moscow', ms, ru), /^Москва.*, GMT\+3$/);
  const noon = utcNoonMs({ year: 2026, month: 12, day: 1 });
  assert.equal(dayInWords(noon, en), 'Tuesday, December 1');
  assert.equal(dayInWords(noon, ru), 'вторник, 1 декабря');
  assert.deepEqual(dayParts(noon, en), { weekday: 'Tue', month: 'Dec' });
  assert.deepEqual(dayParts(noon, ru), { weekday: 'вт', month: 'дек' });
  assert.match(instantAt(at('2026-12-01T22:30:00Z'), 'Europe/Moscow', ru), /^2 декабря.* 01:30$/);
});

test('how long it takes is never told shorter than it is', () => {
  const [en, ru] = [new I18n('en'), new I18n('ru')];
  const minute = 60_000;
  assert.equal(untilInWords(12 * minute, en), 'in 12 minutes');
  assert.equal(untilInWords(11 * minute + 1, en), 'in 12 minutes');
  assert.equal(untilInWords(21 * minute, ru), 'через 21 минуту');
  assert.equal(untilInWords(42 * minute, ru), 'через 42 минуты');
  assert.equal(untilInWords(45_000, en), 'in 45 seconds');
  assert.equal(untilInWords(0, en), 'in 1 second');
  assert.equal(untilInWords(5 * 60 * minute, en), 'in 5 hours');
  assert.equal(untilInWords(70 * 60 * minute, en), 'in 3 days');
  assert.equal(countdown(61_001), '1:02');
  assert.equal(countdown(0), '0:00');
  assert.equal(countdown(-5), '0:00');
  assert.equal(countdown(3_600_000 + 4 * minute + 7_000), '1:04:07');
});
