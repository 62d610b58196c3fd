// @ts-check
// The calendar file: by the letter of RFC 5545, and as a calendar program reads it.

import assert from 'node:assert/strict';
import test from 'node:test';
import ICAL from 'ical.js';
import { calendarFile, escapeText, fold } from '../../../www/plan/ics.js';

const now = Date.parse('2026-11-22T11:00:00.123Z');
const event = {
  uid: '0b9c6d1e-0000-4000-8000-1234567890ab@vitrina',
  startsAtMs: Date.parse('2026-12-01T15:00:00Z'),
  endsAtMs: Date.parse('2026-12-01T15:30:00Z'),
  summary: 'Прогулка: Речной квартал, дом 3; вход «А»',
  description: 'Ваш код 0427.\nСсылка: https://example.org/a,b;c\\d#code=0427 🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠🏠',
  url: 'https://example.org/show/#code=0427',
  reminder: 'Скоро',
};
const text = calendarFile(event, now);
const octets = (/** @type {string} */ line) => new TextEncoder().encode(line).length;

test('every line ends with CR LF and has at most 75 octets', () => {
  assert.ok(text.endsWith('\r\n'));
  const lines = text.slice(0, -2).split('\r\n');
  assert.ok(lines.length > 20);
  for (const line of lines) {
    assert.doesNotMatch(line, /[\r\n]/);
    assert.ok(octets(line) <= 75, line);
    assert.ok(!line.includes('\ufffd') && Buffer.from(line, 'utf8').toString('utf8') === line, 'no character is cut');
    assert.doesNotMatch(line, /^\s?[\udc00-\udfff]|[\ud800-\udbff]$/, 'no pair is cut');
  }
});

test('folding adds nothing and loses nothing', () => {
  for (const unit of ['a', 'ж', '€', '🏠', 'aж€🏠'])
    for (let count = 0; count < 160; count++) {
      const line = `SUMMARY:${unit.repeat(count)}`;
      const folded = fold(line);
      assert.equal(folded.replaceAll('\r\n ', ''), line);
      for (const piece of folded.split('\r\n')) assert.ok(octets(piece) <= 75 && octets(piece) > 1);
    }
  assert.equal(fold('x'.repeat(75)), 'x'.repeat(75));
  assert.equal(fold('x'.repeat(76)), `${'x'.repeat(75)}\r\n x`);
});

test('text is escaped, and control characters do not get through', () => {
  assert.equal(escapeText('a,b;c\\d\ne\r\nf\rg'), 'a\\,b\\;c\\\\d\\ne\\nf\\ng');
  assert.equal(escapeText('a\u0000b\u0007c\u007fd\te'), 'abcd\te');
});

test('nothing in a name breaks out of its line', () => {
  const evil = calendarFile({ ...event, summary: 'x\r\nBEGIN:VEVENT\nEND:VCALENDAR' }, now);
  assert.equal(evil.split('\r\n').filter(line => line === 'BEGIN:VEVENT').length, 1);
  assert.equal(new ICAL.Component(ICAL.parse(evil)).getAllSubcomponents('vevent').length, 1);
});

test('what the standard requires is there, once, with times in UTC', () => {
  const lines = text.split('\r\n');
  for (const line of ['VERSION:2.0', `UID:${event.uid}`, 'DTSTAMP:20261122T110000Z', 'DTSTART:20261201T150000Z', 'DTEND:20261201T153000Z'])
    assert.equal(lines.filter(each => each === line).length, 1, line);
  assert.equal(lines.filter(line => line.startsWith('PRODID:')).length, 1);
  assert.ok(lines.includes('URL:https://example.org/show/#code=0427'));
});

test('a calendar program reads back what was meant', () => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const [component] = calendar.getAllSubcomponents('vevent');
  const read = new ICAL.Event(component);
  assert.equal(read.uid, event.uid);
  assert.equal(read.summary, event.summary);
  assert.equal(read.description, event.description);
  assert.equal(read.startDate.toJSDate().getTime(), event.startsAtMs);
  assert.equal(read.endDate.toJSDate().getTime(), event.endsAtMs);
  assert.equal(component.getFirstPropertyValue('url'), event.url);
  const [alarm] = component.getAllSubcomponents('valarm');
  assert.equal(alarm.getFirstPropertyValue('action'), 'DISPLAY');
  assert.equal(/** @type {any} */ (alarm.getFirstPropertyValue('trigger')).toSeconds(), -15 * 60);
});
