// @ts-check
import { serverNowMs } from '../net/ask.js';
import { SessionChannel } from './channel.js';
import { WhepPlayer } from './whep.js';

/**
 * One visit: the line to the streamer, the player, and what is known about the people in it. Views read `state` and are told of
 * every change.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {{ user: string, name?: string, role?: string }} User
 *
 * @typedef {object} Entry what lets this person in, as the coordinator answered it; kept over a reload of the page
 * @property {string} url the streamer's base
 * @property {string} ticket
 * @property {string} [ip]
 * @property {string} [port]
 * @property {string} [session]
 * @property {string} code
 * @property {string} [role]
 * @property {string} [rc_name]
 * @property {string} [ends_at]
 * @property {number} [offered_minutes] by which the walk can be made longer, as it was offered
 *
 * @typedef {object} SessionState
 * @property {'connecting' | 'live' | 'reconnecting' | 'ended'} phase of the picture
 * @property {boolean} lineUp verbs and events get through
 * @property {string} code
 * @property {string | undefined} rcName
 * @property {string | undefined} user
 * @property {boolean} steers this person's input moves the scene
 * @property {User[]} users
 * @property {number | undefined} endsAtMs by the server's clock
 * @property {number | undefined} inactiveSeconds the session ends in that time from the warning on, unless somebody moves
 * @property {boolean} restarted the application was started again, and nobody was told yet
 * @property {boolean} warned the session ends soon, and nobody was told yet
 * @property {boolean} hasSound
 * @property {string | undefined} endReason a reason word, a refusal word, or `left`
 * @property {MediaStream | undefined} stream
 */

/** What each event does to the state. Unknown ones do nothing. */
/** @type {Record<string, (state: SessionState, event: Answer) => void>} */
const ON_EVENT = {
  USER_JOINED: (state, event) => {
    state.users = Array.isArray(event.users) ? event.users : [...without(state.users, event.user), toUser(event)];
  },
  USER_LEFT: (state, event) => {
    state.users = Array.isArray(event.users) ? event.users : without(state.users, event.user);
    if (event.controller !== undefined) state.steers = event.controller === state.user;
  },
  CONTROL_CHANGED: (state, event) => {
    state.steers = event.controller === state.user;
  },
  APP_RESTARTED: (state) => {
    state.restarted = true;
  },
  INACTIVITY_WARNING: (state, event) => {
    state.inactiveSeconds = typeof event.seconds_left === 'number' ? event.seconds_left : undefined;
  },
  SESSION_ENDING: (state, event) => {
    state.endsAtMs = inSeconds(event.seconds_left);
    state.warned = true;
  },
  SESSION_EXTENDED: (state, event) => {
    state.endsAtMs = readInstant(event.ends_at);
  },
  SESSION_ENDED: (state, event) => {
    end(state, typeof event.reason === 'string' ? event.reason : 'unknown');
  },
};

export class Session {
  #channel;
  /** @type {WhepPlayer | null} */ #player = null;
  #onChange;

  /**
   * @param {Entry} entry
   * @param {(state: SessionState) => void} onChange
   */
  constructor(entry, onChange) {
    this.entry = entry;
    this.#onChange = onChange;
    /** @type {SessionState} */
    this.state = {
      phase: 'connecting',
      lineUp: false,
      code: entry.code,
      rcName: entry.rc_name,
      user: undefined,
      steers: false,
      users: [],
      endsAtMs: readInstant(entry.ends_at),
      inactiveSeconds: undefined,
      restarted: false,
      warned: false,
      hasSound: false,
      endReason: undefined,
      stream: undefined,
    };
    const credentials = { ip: entry.ip, port: entry.port, ticket: entry.ticket };
    this.#channel = new SessionChannel(new URL(entry.url, document.baseURI), credentials, {
      onEstablished: (answer) => this.#enter(answer),
      onEvent: (event) => this.#hear(event),
      onLost: () => this.#change((state) => void (state.lineUp = false)),
      onRefused: (refusal) => this.#finish(refusal.msg),
    });
  }

  open() {
    return this.#channel.open();
  }

  /** @param {object} message */
  sendInput(message) {
    this.#player?.send(message);
    if (this.state.inactiveSeconds !== undefined) this.#change((state) => void (state.inactiveSeconds = undefined));
  }

  get inputBacklog() {
    return this.#player?.backlog ?? 0;
  }

  /** @param {unknown} instant until which the coordinator has just let it go on */
  extendTo(instant) {
    this.#change((state) => void (state.endsAtMs = readInstant(instant) ?? state.endsAtMs));
  }

  /** There is a reason to doubt that the line still lives: the network changed, or the page slept. */
  doubtLine() {
    this.#channel.check();
  }

  /** The visitor goes; the place is given back. */
  leave() {
    this.#channel.leave();
    this.#finish('left');
  }

  /** The page goes, perhaps to come back by a reload: the viewing ends, the place in the session is kept for a while. */
  suspend() {
    this.#player?.close();
    this.#channel.close();
  }

  /** @param {Answer} answer */
  #enter(answer) {
    this.#change((state) => {
      state.lineUp = true;
      state.user = answer.user;
      state.steers = answer.controller !== undefined && answer.controller === answer.user;
      state.users = Array.isArray(answer.users) ? answer.users : [];
      state.endsAtMs = readInstant(answer.ends_at) ?? state.endsAtMs;
      state.rcName = answer.rc_name ?? state.rcName;
    });
    if (this.#player) return;
    if (answer.engine !== undefined && answer.engine !== 'whep') {
      this.#channel.leave();
      this.#finish('engine_unknown');
      return;
    }
    const endpoint = new URL(answer.WebRTC_connection_data, document.baseURI);
    const iceServers = Array.isArray(answer.ice_servers) ? answer.ice_servers : [];
    this.#player = new WhepPlayer(endpoint, this.entry.ticket, iceServers, {
      onStream: (stream) => this.#change((state) => {
        state.stream = stream;
        state.hasSound = stream.getAudioTracks().length > 0;
      }),
      onConnected: (connected) => {
        this.#change((state) => {
          if (connected) state.phase = 'live';
          else if (state.phase === 'live') state.phase = 'reconnecting';
        });
        if (!connected) this.#channel.check();
      },
      onRefused: (status) => this.#finish(status === 404 || status === 410 ? 'SESSION_NOT_EXIST' : 'NOT_AUTHORIZED'),
    });
    this.#player.open();
  }

  /** @param {Answer} event */
  #hear(event) {
    const handle = Object.hasOwn(ON_EVENT, event.msg) ? ON_EVENT[event.msg] : undefined;
    if (!handle) return;
    this.#change((state) => handle(state, event));
    if (this.state.phase === 'ended') this.suspend();
  }

  /** @param {string} reason */
  #finish(reason) {
    this.suspend();
    this.#change((state) => end(state, reason));
  }

  /** @param {(state: SessionState) => void} change */
  #change(change) {
    if (this.state.phase === 'ended') return;
    change(this.state);
    this.#onChange(this.state);
  }
}

/** @param {SessionState} state @param {string} reason */
function end(state, reason) {
  state.phase = 'ended';
  state.endReason = reason;
}

/** @param {User[]} users @param {string} id */
function without(users, id) {
  return users.filter(({ user }) => user !== id);
}

/** @param {Answer} event @returns {User} */
function toUser({ user, name, role }) {
  return { user, name, role };
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
