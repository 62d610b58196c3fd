// @ts-check
/**
 * Days of the calendar, and the time zones that they are seen from. A day here is a date on a wall, not an instant: the same
 * instant lies in different days for the visitor and for the complex, and a day has 23, 24 or 25 hours.
 */

/** @typedef {{ year: number, month: number, day: number }} Day month from 1 */

const MINUTE_MS = 60_000;

/**
 * The visitor's time zone by its IANA name, the only kind that the coordinator reads.
 * @param {string | undefined} zone as the browser names it; some give an offset, or nothing
 * @returns {string | undefined}
 */
export function namedZone(zone = new Intl.DateTimeFormat().resolvedOptions().timeZone) {
  return zone !== undefined && /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone) && knowsZone(zone) ? zone : undefined;
}

/** @param {string} zone */
function knowsZone(zone) {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== 'Etc/Unknown';
  } catch {
    return false;
  }
}

/**
 * What the clock on the wall shows.
 * @param {number} ms an instant
 * @param {string | undefined} zone absent: the browser's own
 * @returns {Day & { hour: number, minute: number }}
 */
export function wallClock(ms, zone) {
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
  });
  /** @type {Record<string, number>} */
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return { year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute };
}

/** @param {number} ms @param {string | undefined} zone @returns {Day} */
export function dayAt(ms, zone) {
  const { year, month, day } = wallClock(ms, zone);
  return { year, month, day };
}

/** @param {number} ms @param {string | undefined} zone @returns {number} how far its clocks are ahead of UTC then, in minutes */
export function offsetMinutes(ms, zone) {
  const { year, month, day, hour, minute } = wallClock(ms, zone);
  const wholeMinuteMs = Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  return (Date.UTC(year, month - 1, day, hour, minute) - wholeMinuteMs) / MINUTE_MS;
}

/** @param {Day} day @param {number} count @returns {Day} that many days later, whatever the clocks do meanwhile */
export function addDays(day, count) {
  const date = new Date(utcNoonMs(day));
  date.setUTCDate(date.getUTCDate() + count);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** @param {Day} first @param {number} count @returns {Day[]} */
export function daysFrom(first, count) {
  return Array.from({ length: count }, (_, index) => addDays(first, index));
}

/** @param {Day} day @returns {number} an instant that lies in that day in UTC, for naming the day */
export function utcNoonMs({ year, month, day }) {
  return Date.UTC(year, month - 1, day, 12);
}

/** @param {Day} day @returns {string} as the wire writes it: D/M/YYYY */
export function wireDate({ year, month, day }) {
  return `${day}/${month}/${year}`;
}

/** @param {Day} day @returns {string} as HTML writes it: YYYY-MM-DD; such texts compare like their days */
export function isoDate({ year, month, day }) {
  return [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
}

/** @param {string} text YYYY-MM-DD @returns {Day | null} null when the calendar has no such day */
export function readIsoDate(text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const day = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  return isoDate(addDays(day, 0)) === text ? day : null;
}
