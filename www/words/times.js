// @ts-check
import { offsetMinutes } from '../plan/days.js';

/** Days, spans of time and time zones in the visitor's words. */

/** @typedef {import('../i18n/i18n.js').I18n} I18n */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @param {number} utcNoonMs of a day @param {I18n} i18n @returns {string} for instance "Monday, 30 November" */
export function dayInWords(utcNoonMs, { language }) {
  return new Intl.DateTimeFormat(language, { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' }).format(utcNoonMs);
}

/** @param {number} utcNoonMs of a day @param {I18n} i18n @returns {{ weekday: string, month: string }} short */
export function dayParts(utcNoonMs, { language }) {
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = (options) => new Intl.DateTimeFormat(language, { timeZone: 'UTC', ...options });
  // Some languages bend the month's name after a number: it is taken out of a whole date.
  const month = format({ day: 'numeric', month: 'short' }).formatToParts(utcNoonMs).find(({ type }) => type === 'month');
  return { weekday: format({ weekday: 'short' }).format(utcNoonMs), month: (month?.value ?? '').replace('.', '') };
}

/**
 * @param {number} startsAtMs
 * @param {number} endsAtMs
 * @param {I18n} i18n
 * @returns {string} for instance "Monday, 30 November, 15:00 – 15:30"
 */
export function spanInWords(startsAtMs, endsAtMs, { language }) {
  const format = new Intl.DateTimeFormat(language, {
    weekday: 'long', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  });
  return format.formatRange(startsAtMs, endsAtMs);
}

/** @param {number} ms an instant @param {I18n} i18n @returns {string} for instance "Mon, 30 Nov, 15:00" */
export function instantInWords(ms, { language }) {
  return new Intl.DateTimeFormat(language, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(ms);
}

/** @param {number} leftMs @param {I18n} i18n @returns {string} for instance "in 12 minutes": never less than it is */
export function untilInWords(leftMs, { language }) {
  const format = new Intl.RelativeTimeFormat(language);
  if (leftMs < MINUTE_MS) return format.format(Math.max(1, Math.ceil(leftMs / 1000)), 'second');
  if (leftMs <= 90 * MINUTE_MS) return format.format(Math.ceil(leftMs / MINUTE_MS), 'minute');
  if (leftMs <= 36 * HOUR_MS) return format.format(Math.ceil(leftMs / HOUR_MS), 'hour');
  return format.format(Math.ceil(leftMs / DAY_MS), 'day');
}

/** @param {number} leftMs @returns {string} as 4:07, 1:04:07; the days are left to words */
export function countdown(leftMs) {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...rest] = parts[0] > 0 ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

/**
 * @param {string | undefined} zone
 * @param {number} ms when: the offset depends on it
 * @param {I18n} i18n
 * @returns {string} for instance "Moscow Standard Time, GMT+3"
 */
export function zoneInWords(zone, ms, { language }) {
  /** @param {'long' | 'shortOffset'} style */
  const name = (style) => {
    const parts = new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: style }).formatToParts(ms);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  };
  const [long, offset] = [name('long'), name('shortOffset')];
  return long === offset ? long : `${long}, ${offset}`;
}

/**
 * @param {string | undefined} own the visitor's zone
 * @param {string | undefined} rcZone the complex's, where it is known
 * @param {number} ms when
 */
export function clocksDiffer(own, rcZone, ms) {
  return rcZone !== undefined && offsetMinutes(ms, own) !== offsetMinutes(ms, rcZone);
}

/**
 * @param {number} ms
 * @param {string} rcZone
 * @param {I18n} i18n
 * @returns {string} date and time at the complex
 */
export function instantAt(ms, rcZone, { language }) {
  return new Intl.DateTimeFormat(language, {
    timeZone: rcZone, day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(ms);
}
