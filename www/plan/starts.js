// @ts-check
/** The starts of a day that can be booked, as the coordinator lists them, made fit for the eye. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {{ date: string, time: string, startsAtMs: number, free: number }} Start date and time as they are sent back to book it
 * @typedef {'night' | 'morning' | 'afternoon' | 'evening'} PartOfDay
 */

/** A longer list than this is shown with one start for each half hour. */
const MOST_SHOWN = 72;
const HALF_HOUR = 30;

/**
 * @param {Answer} answer AVAILABILITY
 * @param {string} date that was asked for
 * @param {number} nowMs
 * @returns {Start[]} in order; those that have passed, and what is no start at all, are left out
 */
export function readStarts(answer, date, nowMs) {
  const slots = Array.isArray(answer.slots) ? answer.slots : [];
  return slots
    .map((slot) => readStart(slot, date))
    .filter((start) => start !== null && start.startsAtMs > nowMs)
    .sort((one, other) => one.startsAtMs - other.startsAtMs);
}

/**
 * @param {Answer} answer TIME_NOT_AVAILABLE
 * @param {number} nowMs
 * @returns {Start[]} the nearest ones, in order
 */
export function readAlternatives(answer, nowMs) {
  const alternatives = Array.isArray(answer.alternatives) ? answer.alternatives : [];
  return alternatives
    .map((alternative) => readStart({ free: 1, ...alternative }, alternative?.date))
    .filter((start) => start !== null && start.startsAtMs > nowMs)
    .sort((one, other) => one.startsAtMs - other.startsAtMs);
}

/** @param {any} slot @param {unknown} date @returns {Start} or null, which the callers filter out */
function readStart(slot, date) {
  const startsAtMs = Date.parse(slot?.starts_at);
  const whole = typeof slot?.time === 'string' && typeof date === 'string' && !Number.isNaN(startsAtMs);
  return /** @type {Start} */ (whole ? { date, time: slot.time, startsAtMs, free: Number(slot.free) > 0 ? Number(slot.free) : 0 } : null);
}

/** @param {Start[]} starts */
export function isLong(starts) {
  return starts.length > MOST_SHOWN;
}

/**
 * One start for each half hour: the first that is free, so that no free half hour is hidden; where none is, the first.
 * @param {Start[]} starts in order
 * @returns {Start[]}
 */
export function oneEachHalfHour(starts) {
  /** @type {Map<number, Start>} */
  const chosen = new Map();
  for (const start of starts) {
    const halfHour = Math.floor(minuteOfDay(start) / HALF_HOUR);
    const before = chosen.get(halfHour);
    if (!before || (before.free === 0 && start.free > 0)) chosen.set(halfHour, start);
  }
  return [...chosen.values()];
}

/**
 * @param {Start[]} starts in order
 * @returns {{ part: PartOfDay, starts: Start[] }[]} the parts that have any
 */
export function byPartOfDay(starts) {
  /** @type {PartOfDay[]} */
  const parts = ['night', 'morning', 'afternoon', 'evening'];
  return parts
    .map((part, index) => ({ part, starts: starts.filter((start) => Math.floor(minuteOfDay(start) / 360) === index) }))
    .filter((group) => group.starts.length > 0);
}

/** @param {Start[]} starts in order @param {number} count @returns {Start[]} the next free ones, half an hour apart or more */
export function nextFree(starts, count) {
  /** @type {Start[]} */
  const chosen = [];
  for (const start of starts) {
    const last = chosen.at(-1);
    const apart = last === undefined || start.startsAtMs - last.startsAtMs >= HALF_HOUR * 60_000;
    if (start.free > 0 && apart && chosen.length < count) chosen.push(start);
  }
  return chosen;
}

/** @param {Start} start */
function minuteOfDay({ time }) {
  const [hour, minute] = time.split(':').map(Number);
  return hour * 60 + minute;
}
