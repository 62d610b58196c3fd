// @ts-check
import { askAgain, askCoordinator } from './api.js';
import { feed } from './coordinator.js';

/** What the page asks of the coordinator about times: free ones, bookings, a longer stay. */

/**
 * @typedef {import('./ask.js').Answer} Answer
 * @typedef {{ rc_name: string, date: string, time: string, time_zone?: string, request_id: string }} Wish
 */

/**
 * A name for one wish to book. Without HTTPS `randomUUID` is missing, so it is built from the same random numbers.
 * @returns {string} a random UUID
 */
export function newRequestId() {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * @param {string} rcName
 * @param {string} date D/M/YYYY
 * @param {string | undefined} timeZone
 * @param {AbortSignal} [signal]
 */
export function getAvailability(rcName, date, timeZone, signal) {
  return askCoordinator('GET_AVAILABILITY', { rc_name: rcName, date, time_zone: timeZone }, { signal });
}

/** @param {Wish} wish one request id for one wish: what was asked again is booked once */
export function planSession(wish) {
  return askAgain('PLAN_SESSION', wish);
}

/** @param {string} code @param {string} key */
export function cancelSession(code, key) {
  return askCoordinator('CANCEL_SESSION', { code, key });
}

/** @param {string} ticket @param {string} until the end that is wanted, an instant */
export function extendSession(ticket, until) {
  return askAgain('EXTEND_SESSION', { ticket, until });
}

/**
 * Follows what the coordinator tells the people of a session, through any loss of the connection, until the signal aborts.
 * @param {string} ticket
 * @param {import('./feed.js').Following} following
 * @param {AbortSignal} signal
 */
export function followSession(ticket, following, signal) {
  return feed.follow(ticket, following, signal);
}
