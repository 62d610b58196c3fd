// @ts-check
/** A booking as a calendar file: RFC 5545, one event with a reminder. Times are in UTC, so every calendar shows its own. */

/**
 * @typedef {object} CalendarEvent
 * @property {string} uid the same for the same booking, so that a second import changes nothing
 * @property {number} startsAtMs
 * @property {number} endsAtMs
 * @property {string} summary
 * @property {string} description
 * @property {string} url
 * @property {string} reminder what the reminder says
 */

const REMINDER = '-PT15M';

/** Octets in a line, without its end (section 3.1). */
const LINE_OCTETS = 75;

const encoder = new TextEncoder();

/**
 * @param {CalendarEvent} event
 * @param {number} nowMs
 * @returns {string}
 */
export function calendarFile({ uid, startsAtMs, endsAtMs, summary, description, url, reminder }, nowMs) {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Vitrina//Vitrina//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${escapeText(uid)}`,
    `DTSTAMP:${utc(nowMs)}`,
    `DTSTART:${utc(startsAtMs)}`,
    `DTEND:${utc(endsAtMs)}`,
    `SUMMARY:${escapeText(summary)}`,
    `DESCRIPTION:${escapeText(description)}`,
    `URL:${new URL(url).href}`,
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `DESCRIPTION:${escapeText(reminder)}`,
    `TRIGGER:${REMINDER}`,
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  ].map((line) => `${fold(line)}\r\n`).join('');
}

/** @param {number} ms @returns {string} section 3.3.5, form 2 */
function utc(ms) {
  return new Date(ms).toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '');
}

/** @param {string} text @returns {string} section 3.3.11; control characters other than the line feed are not allowed in it */
export function escapeText(text) {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\n/g, '\\n');
}

/** @param {string} line @returns {string} in pieces of at most 75 octets, cut between characters, never inside of one */
export function fold(line) {
  /** @type {string[]} */
  const pieces = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > LINE_OCTETS) {
      pieces.push(piece);
      // The space that marks a continuation counts as well.
      piece = ' ';
      octets = 1;
    }
    piece += character;
    octets += size;
  }
  return [...pieces, piece].join('\r\n');
}
