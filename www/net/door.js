// @ts-check
import { askAgain, askCoordinator } from './api.js';
import { pause } from './backoff.js';
import { insist } from './insist.js';

/** What the page asks at the door of a session: to be let in, and, from inside, who is. */

/**
 * @typedef {import('./ask.js').Answer} Answer
 * @typedef {{ code: string, invite?: string }} Invitation the code, and the secret beside it that a link brings along
 * @typedef {'open' | 'knock'} DoorState whether who has the link comes in, or has to be let in
 */

/** Who knocks waits for a person, a minute at most, and a session may have to be started for who comes first. */
const TIMEOUT_MS = 90_000;

/**
 * @param {Invitation} invitation
 * @param {object} who
 * @param {string} [who.key] of one's own booking: it makes its holder the host, and whoever has it is not taken for one who guesses
 * @param {string} [who.name] for those inside, who may have to let the visitor in
 * @param {string} [who.language] for the scene, if the visitor is the first who comes
 * @param {AbortSignal} signal
 */
export function joinSession({ code, invite }, { key, name, language }, signal) {
  const fields = { code, invite, key, name, language };
  const ask = () => askCoordinator('CONNECT_SESSION_WITH_CODE', fields, { signal, timeoutMs: TIMEOUT_MS });
  return insist(ask, { pause: (durationMs) => pause(durationMs, signal) });
}

/** @param {string} ticket @param {string} knock @param {boolean} admitted else refused @returns {Promise<Answer>} */
export function answerKnock(ticket, knock, admitted) {
  return askCoordinator(admitted ? 'ADMIT_USER' : 'REFUSE_USER', { ticket, knock });
}

/** @param {string} ticket @param {DoorState} door @returns {Promise<Answer>} INVITATION as it is now */
export function setDoor(ticket, door) {
  return askAgain('SET_DOOR', { ticket, door });
}

/** @param {string} ticket @returns {Promise<Answer>} INVITATION */
export function getInvitation(ticket) {
  return askCoordinator('GET_INVITATION', { ticket });
}
