// @ts-check
/** What may be in the way of the picture, and what the visitor can do: one row a trouble. What it is is told by `trouble.reason.<TROUBLE>`. */

/**
 * `play`: have the browser play it; `again`: try once more; `plan`: book a time; `leave`.
 * @typedef {'play' | 'again' | 'plan' | 'leave'} Remedy
 * @typedef {import('../player/trouble.js').Trouble} Trouble
 *
 * @typedef {object} TroubleWords
 * @property {string} heading key of the heading
 * @property {string} text key of what it is
 * @property {Remedy[]} remedies the most likely first
 */

const HEADING = 'trouble.heading';

/** What the same browser in the same place meets again is not to be tried again there. @type {Record<Trouble, Omit<TroubleWords, 'text'>>} */
const TROUBLES = {
  no_webrtc: { heading: HEADING, remedies: ['plan', 'leave'] },
  no_codec: { heading: HEADING, remedies: ['plan', 'leave'] },
  mixed_content: { heading: HEADING, remedies: ['plan', 'leave'] },
  unreachable: { heading: HEADING, remedies: ['again', 'plan', 'leave'] },
  offer_refused: { heading: HEADING, remedies: ['again', 'plan', 'leave'] },
  server_busy: { heading: HEADING, remedies: ['again', 'plan', 'leave'] },
  no_route: { heading: HEADING, remedies: ['again', 'plan', 'leave'] },
  nothing_arrives: { heading: HEADING, remedies: ['again', 'plan', 'leave'] },
  not_shown: { heading: HEADING, remedies: ['again', 'leave'] },
  play_refused: { heading: 'trouble.heading.press', remedies: ['play'] },
};

/** @param {Trouble} trouble @returns {TroubleWords} */
export function troubleInWords(trouble) {
  return { ...TROUBLES[trouble], text: `trouble.reason.${trouble}` };
}
