// @ts-check
/** Why a viewing does not begin, judged from what is known of it. Begun is a frame that was shown, and nothing else. */

/**
 * The words are those of SEND_REPORT (vitrina-protocol(7)).
 * @typedef {'no_webrtc' | 'no_codec' | 'mixed_content' | 'unreachable' | 'offer_refused' | 'server_busy' | 'no_route' | 'nothing_arrives'
 *   | 'not_shown' | 'play_refused'} Trouble
 *
 * @typedef {object} Facts
 * @property {number} waitedMs since the visitor came, or had it tried again
 * @property {boolean} mixed the page came over HTTPS, and the streamer is to be asked without
 * @property {boolean} admitted the streamer has let the visitor in
 * @property {boolean} playRefused the browser wants a press before it plays
 * @property {boolean} hidden nobody looks at the page, so that its browser shows no frames
 *
 * @typedef {object} Progress of the player
 * @property {number | undefined} status HTTP's, of the last offer; undefined: nobody has answered it
 * @property {string} ice the connection's state
 * @property {number} packets of the picture, so far
 */

/** With the time to notice and to show it, the visitor reads it within 15 s. */
export const PATIENCE_MS = 12_000;

/** What a browser does not allow fails at once; where it allows it after all, the visitor is in by then. */
const ALLOWED_MS = 2_000;

/**
 * What can be known at once is; all else may still be under way until patience ends.
 * @param {Facts & Progress} facts
 * @returns {Trouble | null} null: there is none, or none that is known of yet
 */
export function judge({ waitedMs, mixed, admitted, playRefused, hidden, status, ice, packets }) {
  const late = waitedMs >= PATIENCE_MS;
  if (mixed && !admitted && waitedMs >= ALLOWED_MS) return 'mixed_content';
  if (status !== undefined && isFault(status)) return 'offer_refused';
  if (playRefused && (packets > 0 || !late)) return 'play_refused';
  if (!late) return null;
  if (!admitted || status === undefined) return 'unreachable';
  if (status >= 400) return 'server_busy';
  // That there are no candidates says nothing more: without UDP a browser that hides its addresses finds none.
  if (ice !== 'connected') return 'no_route';
  if (packets === 0) return 'nothing_arrives';
  return hidden ? null : 'not_shown';
}

/** The offer itself is at fault, so that the same one is refused again; too many of them are only too early. @param {number} status */
export function isFault(status) {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/**
 * Browsers let a page that came over HTTPS ask nobody without, but this very machine (Mixed Content, W3C).
 * @param {URL} page
 * @param {URL} streamer
 */
export function isMixed(page, streamer) {
  const own = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(streamer.hostname);
  return page.protocol === 'https:' && streamer.protocol === 'http:' && !own;
}
