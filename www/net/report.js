// @ts-check
import { askCoordinator } from './api.js';

/** Tells those who run the site why a visitor sees no picture: a word of a list, and nothing about who it is. */

/** The first that fits; some browsers name others, too. @type {[string, RegExp][]} */
const FAMILIES = [
  ['edge', /\bEdg(e|A|iOS)?\//],
  ['firefox', /\b(Firefox|FxiOS)\//],
  ['chrome', /\b(Chrome|Chromium|HeadlessChrome|CriOS)\//],
  ['safari', /\bSafari\//],
];

/** @param {string} userAgent @returns {string} */
export function browserFamily(userAgent) {
  return FAMILIES.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'other';
}

/**
 * Lost where it does not get through: it helps nobody who waits.
 * @param {string} reason of SEND_REPORT (vitrina-protocol(7))
 * @param {string} [ticket] undefined: there is no session yet
 */
export function sendReport(reason, ticket) {
  askCoordinator('SEND_REPORT', { reason, ticket, browser: browserFamily(navigator.userAgent) }).catch(() => {});
}
