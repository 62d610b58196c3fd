// @ts-check
import { serverNowMs } from '../net/ask.js';

/**
 * How the visit stands: the picture, the connection, the time. Changed by what the streamer answers and tells; people have their own
 * book.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 *
 * @typedef {import('../net/door.js').DoorState} DoorState
 *
 * @typedef {object} Entry what lets this person in, as the coordinator answered it; kept over a reload of the page
 * @property {string} url the streamer's base
 * @property {string} ticket
 * @property {string} [ip]
 * @property {string} [port]
 * @property {string} [session]
 * @property {string} code
 * @property {string} [invite] beside the code in links
 * @property {DoorState} [door]
 * @property {string} [role]
 * @property {string} [rc_name]
 * @property {string} [ends_at]
 * @property {number} [offered_minutes] by which the walk can be made longer, as it was offered
 * @property {string} [offered_end] the end that this would put off
 *
 * @typedef {object} SessionState
 * @property {'connecting' | 'live' | 'reconnecting' | 'ended'} phase of the picture
 * @property {boolean} admitted the streamer has let the visitor in, at least once
 * @property {boolean} reachable verbs and events get through
 * @property {string} code
 * @property {string | undefined} invite beside the code in links
 * @property {DoorState | undefined} door undefined: the coordinator does not tell
 * @property {string | undefined} rcName
 * @property {number | undefined} endsAtMs by the server's clock
 * @property {number | undefined} inactiveAtMs when the session ends unless somebody moves, by the server's clock; undefined: nobody sleeps
 * @property {boolean} hasSound
 * @property {boolean} relative the scene takes moves of the mouse alone, as one does that is looked around in by it
 * @property {string | undefined} endReason a reason word, a refusal word, `replaced` or `left`
 * @property {MediaStream | undefined} stream
 * @property {import('../player/trouble.js').Trouble | undefined} trouble what keeps the picture from being shown
 */

/**
 * @param {Answer} answer SESSION_CONNECTION_DATA
 * @param {string | undefined} rcName where it is known already
 * @returns {Entry}
 */
export function entryOf(answer, rcName) {
  const url = typeof answer.url === 'string' ? answer.url : `${location.protocol}//${answer.ip}:${answer.port}/`;
  const { ip, port, session, ticket, role } = answer;
  return {
    url: url.endsWith('/') ? url : `${url}/`,
    ip, port, session, ticket, role,
    ...readInvitation(answer),
    rc_name: rcName ?? answer.rc_name,
    ends_at: answer.ends_at,
  };
}

/** @param {Entry} entry @returns {SessionState} */
export function newState(entry) {
  return {
    phase: 'connecting',
    admitted: false,
    reachable: false,
    code: entry.code,
    invite: entry.invite,
    door: entry.door,
    rcName: entry.rc_name,
    endsAtMs: readInstant(entry.ends_at),
    inactiveAtMs: undefined,
    hasSound: false,
    relative: false,
    endReason: undefined,
    stream: undefined,
    trouble: undefined,
  };
}

/** @param {SessionState} state @param {Answer} answer SESSION_CONNECTION_ESTABLISHED */
export function applyEntry(state, answer) {
  state.admitted = true;
  state.reachable = true;
  state.endsAtMs = readInstant(answer.ends_at) ?? state.endsAtMs;
  state.inactiveAtMs = inSeconds(answer.inactive_in_seconds);
  state.rcName = answer.rc_name ?? state.rcName;
}

/** @param {SessionState} state @param {Answer} answer INVITATION, or the event that it is another now */
export function applyInvitation(state, answer) {
  if (answer.code !== undefined) Object.assign(state, readInvitation(answer));
}

/** @param {Answer} answer @returns {Pick<Entry, 'code' | 'invite' | 'door'>} */
function readInvitation({ code, invite, door }) {
  return {
    code: String(code ?? ''),
    invite: typeof invite === 'string' && invite !== '' ? invite : undefined,
    door: door === 'open' || door === 'knock' ? door : undefined,
  };
}

/** What each event does. @type {Record<string, (state: SessionState, event: Answer) => void>} */
const ON_EVENT = {
  INACTIVITY_WARNING: (state, event) => {
    state.inactiveAtMs = inSeconds(event.seconds_left);
  },
  INACTIVITY_ENDED: (state) => {
    state.inactiveAtMs = undefined;
  },
  SESSION_ENDING: (state, event) => {
    state.endsAtMs = inSeconds(event.seconds_left) ?? state.endsAtMs;
  },
  SESSION_EXTENDED: (state, event) => {
    state.endsAtMs = readInstant(event.ends_at) ?? state.endsAtMs;
  },
  INVITATION_CHANGED: applyInvitation,
  REMOVED: (state) => applyEnd(state, 'removed'),
  SESSION_ENDED: (state, event) => applyEnd(state, typeof event.reason === 'string' ? event.reason : 'unknown'),
};

/** @param {SessionState} state @param {Answer} event one that it does not know changes nothing */
export function applyEvent(state, event) {
  if (Object.hasOwn(ON_EVENT, event.msg)) ON_EVENT[event.msg](state, event);
}

/** @param {SessionState} state @param {string} reason */
export function applyEnd(state, reason) {
  state.phase = 'ended';
  state.endReason = reason;
}

/** The visitor sees no picture, or nothing gets through, though both had been there. @param {SessionState} state */
export function isDown({ phase, admitted, reachable }) {
  return phase === 'reconnecting' || (admitted && !reachable);
}

/** @param {unknown} instant RFC 3339 @returns {number | undefined} */
export function readInstant(instant) {
  const ms = typeof instant === 'string' ? Date.parse(instant) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** @param {unknown} seconds @returns {number | undefined} that instant by the server's clock */
function inSeconds(seconds) {
  return typeof seconds === 'number' ? serverNowMs() + seconds * 1000 : undefined;
}
