// @ts-check
/** How a visit ends, and what the visitor may do next: one row a reason. Why it ended is told by `ended.reason.<REASON>`. */

/**
 * `here`: take the visit back into this page; `again`: start another one; `plan`: book a time; `join`: enter a code.
 * @typedef {'here' | 'again' | 'plan' | 'join'} Next the list of complexes can always be gone back to
 *
 * @typedef {object} Ending
 * @property {string} reason for its words
 * @property {string} heading key of the heading
 * @property {Next[]} next what is offered, the most likely first
 */

const OVER = 'ended.heading';

/** The wire's reasons, then refusals to let in, then those of this page itself. @type {Record<string, Omit<Ending, 'reason'>>} */
const ENDINGS = {
  users_left: { heading: OVER, next: ['again'] },
  inactive: { heading: OVER, next: ['again', 'plan'] },
  time_over: { heading: OVER, next: ['again', 'plan'] },
  ended_by_operator: { heading: OVER, next: ['plan'] },
  app_failed: { heading: OVER, next: ['again', 'plan'] },
  no_picture: { heading: OVER, next: ['again', 'plan'] },
  server_stopping: { heading: OVER, next: ['again', 'plan'] },

  SESSION_NOT_EXIST: { heading: OVER, next: ['again', 'join'] },
  NOT_AUTHORIZED: { heading: OVER, next: ['again', 'join'] },
  FORBIDDEN: { heading: 'ended.heading.closed', next: ['join', 'again'] },

  removed: { heading: 'ended.heading.removed', next: ['again'] },
  replaced: { heading: 'ended.heading.replaced', next: ['here'] },
  engine_unknown: { heading: OVER, next: [] },
  unknown: { heading: OVER, next: ['again'] },
};

/** @param {string} reason @returns {Ending} */
export function endingOf(reason) {
  const known = Object.hasOwn(ENDINGS, reason) ? reason : 'unknown';
  return { reason: known, ...ENDINGS[known] };
}
