// @ts-check
/** Every refusal in plain words, with what to do next: one row a word. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../i18n/i18n.js').I18n} I18n
 * @typedef {{ suffix: string, params: import('../i18n/text.js').Params }} Detail picks the fuller text `refusal.<WORD>.<suffix>`
 * @typedef {(answer: Answer, i18n: I18n) => Detail | undefined} FindDetail
 */

/** @type {FindDetail} */
const noDetail = () => undefined;

/** @type {FindDetail} */
const retryAfter = ({ retry_after_seconds: seconds }, i18n) =>
  typeof seconds === 'number' && seconds > 0 ? { suffix: 'retry', params: { duration: i18n.duration(seconds) } } : undefined;

/** @type {FindDetail} */
const freeAt = (answer, i18n) => {
  const ms = Date.parse(answer.free_at);
  return Number.isNaN(ms) ? retryAfter(answer, i18n) : { suffix: 'free_at', params: { time: i18n.time(ms) } };
};

/** @type {FindDetail} */
const startsAt = (answer, i18n) => {
  const ms = Date.parse(answer.starts_at);
  return Number.isNaN(ms) ? undefined : { suffix: 'starts_at', params: { time: i18n.dayAndTime(ms) } };
};

const HELD = ['bookings', 'sessions', 'places'];

/** @type {FindDetail} */
const heldTooMany = ({ field }) => (HELD.includes(field) ? { suffix: field, params: {} } : undefined);

/** @type {Record<string, FindDetail>} the wire's words, then those of this page itself */
export const REFUSALS = {
  BAD_REQUEST: noDetail,
  UNKNOWN_VERB: noDetail,
  NOT_AUTHORIZED: noDetail,
  FORBIDDEN: noDetail,
  NOT_FOUND: noDetail,
  METHOD_NOT_ALLOWED: noDetail,
  TOO_LARGE: noDetail,
  TOO_MANY_ATTEMPTS: retryAfter,
  INTERNAL_ERROR: noDetail,
  STORE_UNAVAILABLE: noDetail,
  SERVERS_NOT_FOUND: noDetail,
  RC_NOT_FOUND: noDetail,
  TIME_NOT_AVAILABLE: noDetail,
  CODES_EXHAUSTED: noDetail,
  SESSION_NOT_EXIST: noDetail,
  SESSION_NOT_STARTED: startsAt,
  SERVERS_BUSY: freeAt,
  SERVERS_UNREACHABLE: noDetail,
  REQUEST_ID_USED: noDetail,
  LIMIT_REACHED: heldTooMany,
  EXTENSION_NOT_AVAILABLE: noDetail,
  SESSION_LIMIT_REACHED: noDetail,
  SESSION_START_FAILED: noDetail,

  BAD_CODE: noDetail,
  NOT_LET_IN: noDetail,
  LINE_FULL: noDetail,
  UNREACHABLE: noDetail,
};

/**
 * @param {Answer} refusal
 * @param {I18n} i18n
 * @returns {string}
 */
export function explainRefusal(refusal, i18n) {
  const word = Object.hasOwn(REFUSALS, refusal.msg) ? refusal.msg : 'INTERNAL_ERROR';
  const detail = REFUSALS[word](refusal, i18n);
  return detail ? i18n.t(`refusal.${word}.${detail.suffix}`, detail.params) : i18n.t(`refusal.${word}`);
}
