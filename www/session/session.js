// @ts-check
import { pause } from '../net/backoff.js';
import { unreachableAnswer } from '../net/outcomes.js';
import { sendReport } from '../net/report.js';
import { isMixed } from '../player/trouble.js';
import { WhepPlayer } from '../player/whep.js';
import { Beginning } from './beginning.js';
import { SessionChannel } from './channel.js';
import { Chat } from './chat.js';
import { Door } from './door.js';
import { People } from './people.js';
import { Pointers, PointerSender } from './pointers.js';
import { applyEnd, applyEntry, applyEvent, applyInvitation, newState, readInstant } from './state.js';

/**
 * One visit: the connection to the streamer, the player, the people in it and what they tell each other. Views read what is here
 * and are told of every change.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('./state.js').Entry} Entry
 * @typedef {import('./state.js').SessionState} SessionState
 * @typedef {import('./chat.js').ChatMessage} ChatMessage
 * @typedef {import('../player/geometry.js').Point} Point
 *
 * @typedef {object} Kept what a page hands on to the one that comes after a reload
 * @property {number | undefined} cursor of the last event it has seen
 * @property {ChatMessage[]} messages
 *
 * @typedef {object} SessionHandlers
 * @property {() => void} onChange of the state or the people
 * @property {(event: Answer) => void} onEvent something happened that the visitor may want to be told; it is in the state already
 * @property {() => void} onChat messages or their states changed
 * @property {(message: ChatMessage) => void} onMessage somebody wrote
 * @property {() => void} onPointers
 * @property {() => void} onInputOpen input can be sent now, on a new connection
 * @property {(user: string) => void} onPhoto somebody else has taken a picture of what is seen
 */

/** So many pointer messages may be on their way over a WebSocket; over POST they could overtake each other. */
const POINTERS_ON_THE_WAY = 4;

export class Session {
  #channel;
  /** @type {WhepPlayer | null} */ #player = null;
  #handlers;
  #closing = new AbortController();
  #pointerSender;
  /** Up to here the streamer's own account, given at entry, is newer than the events. */
  #accountCursor = 0;
  #beginning;
  /** @type {Set<string>} troubles that were reported: each once a visit */ #reported = new Set();
  people = new People();
  pointers = new Pointers();

  /**
   * @param {Entry} entry
   * @param {string} name the visitor's; empty: none
   * @param {Kept | null} kept
   * @param {SessionHandlers} handlers
   */
  constructor(entry, name, kept, handlers) {
    this.entry = entry;
    this.#handlers = handlers;
    this.state = newState(entry);
    this.chat = new Chat({
      send: (data) => this.#channel.ask('SEND_DATA', { data }),
      me: () => this.people.me,
      onMessage: (message) => handlers.onMessage(message),
      onChange: () => handlers.onChat(),
      pause: (durationMs) => pause(durationMs, this.#closing.signal).catch(() => {}),
      newId: () => Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join(''),
      nowMs: () => Date.now(),
    }, kept?.messages);
    this.door = new Door(entry.ticket, {
      onChange: () => this.#change(() => {}),
      onInvitation: (answer) => this.#change((state) => applyInvitation(state, answer)),
    });
    this.#pointerSender = new PointerSender({
      send: (pointer) => this.#channel.ask('SEND_DATA', { data: { pointer }, transient: true }),
      limit: () => (this.#channel.isStream ? POINTERS_ON_THE_WAY : 1),
      nowMs: () => performance.now(),
      setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
    });
    const streamer = new URL(entry.url, document.baseURI);
    this.#beginning = new Beginning({
      look: async () => this.#player?.look() ?? NO_PROGRESS,
      facts: () => ({ mixed: isMixed(new URL(location.href), streamer), admitted: this.state.admitted, hidden: document.hidden }),
      onTrouble: (trouble) => this.#noteTrouble(trouble),
      nowMs: () => performance.now(),
      setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
    });
    const credentials = { ip: entry.ip, port: entry.port, ticket: entry.ticket, name: name || undefined };
    this.#channel = new SessionChannel(streamer, credentials, {
      onEstablished: (answer) => this.#enter(answer),
      onEvent: (event) => this.#hear(event),
      onLost: () => this.#change((state) => void (state.reachable = false)),
      onRefused: (refusal) => this.#finish(refusalReason(refusal)),
      onReplaced: () => this.#finish('replaced'),
    }, kept?.cursor);
  }

  open() {
    this.#beginning.begin();
    return this.#channel.open();
  }

  /** What the page that comes after this one needs. @returns {Kept} */
  get kept() {
    return { cursor: this.#channel.cursor, messages: this.chat.messages };
  }

  // The scene.

  /** @param {object} message */
  sendInput(message) {
    this.#player?.send(message);
  }

  /** The picture is there: a frame of it was shown. */
  noteShown() {
    this.#beginning.end();
  }

  /** The browser wants a press before it plays the picture. */
  notePlayRefused() {
    this.#beginning.notePlayRefused();
  }

  /** The visitor has what does not come tried again. */
  retry() {
    this.#beginning.begin();
    this.#channel.retry();
    this.doubt();
  }

  /** @returns {Promise<RTCStatsReport> | undefined} of the picture's connection */
  getStats() {
    return this.#player?.getStats();
  }

  get inputBacklog() {
    return this.#player?.backlog ?? 0;
  }

  /** @param {unknown} instant until which the coordinator has just let it go on */
  extendTo(instant) {
    this.#change((state) => void (state.endsAtMs = readInstant(instant) ?? state.endsAtMs));
  }

  // The door.

  /** The coordinator tells of the session, beside the streamer. @param {Answer} event */
  hearCoordinator(event) {
    if (!AT_THE_DOOR.has(event.msg)) return;
    this.door.hear(event, performance.now());
    this.#change((state) => applyEvent(state, event));
  }

  // The people.

  /**
   * @param {'SET_NAME' | 'REQUEST_CONTROL' | 'RELEASE_CONTROL' | 'GRANT_CONTROL' | 'DECLINE_CONTROL' | 'REMOVE_USER'} verb
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<Answer>} what happened is told by events; UNREACHABLE when the connection is down
   */
  async ask(verb, fields) {
    const answer = await this.#channel.ask(verb, fields).catch(unreachableAnswer);
    if (answer.msg === 'NAME_SET') this.#channel.rename(String(answer.name ?? ''));
    return answer;
  }

  /** Somebody is here: the countdown stops at once, and the streamer is told. It goes on if that could not be. */
  async stayAwake() {
    const { inactiveAtMs } = this.state;
    if (inactiveAtMs === undefined) return;
    this.#change((state) => void (state.inactiveAtMs = undefined));
    const answer = await this.#channel.ask('KEEP_ALIVE').catch(() => null);
    if (answer?.msg !== 'KEPT_ALIVE') this.#change((state) => void (state.inactiveAtMs ??= inactiveAtMs));
  }

  /** @param {Point | null} place where the visitor points; null: nowhere any more */
  point(place) {
    this.#pointerSender.point(place);
  }

  /** The others may want to know that what they do was kept. */
  tellPhoto() {
    this.#channel.ask('SEND_DATA', { data: { photo: true } }).catch(() => {});
  }

  // The connection.

  /** There is a reason to doubt that the connection still lives: the network changed, or the page slept. */
  doubt() {
    this.#channel.check();
    this.#player?.doubt();
  }

  /** The visitor goes; the place is given back. */
  leave() {
    this.#channel.leave();
    this.#finish('left');
  }

  /** The page goes, perhaps to come back by a reload: the viewing ends, the place in the session is kept for a while. */
  suspend() {
    this.#channel.suspend();
    this.#close();
  }

  #close() {
    this.#closing.abort(new DOMException('the session is over', 'AbortError'));
    this.#beginning.end();
    this.door.close();
    this.#player?.close();
    this.#channel.close();
  }

  /** @param {Answer} answer */
  #enter(answer) {
    this.#accountCursor = typeof answer.newest_cursor === 'number' ? answer.newest_cursor : 0;
    this.people.enter(answer);
    this.door.knocks.enter(answer, performance.now());
    this.#change((state) => applyEntry(state, answer));
    this.chat.pump();
    // Credentials for servers that relay the picture are good for a time.
    if (this.#player) this.#player.configuration = configurationOf(answer);
    else this.#watch(answer);
  }

  /** @param {Answer} answer */
  #watch(answer) {
    if (answer.engine !== undefined && answer.engine !== 'whep') {
      this.#channel.leave();
      this.#finish('engine_unknown');
      return;
    }
    const endpoint = new URL(answer.WebRTC_connection_data, document.baseURI);
    this.#player = new WhepPlayer(endpoint, this.entry.ticket, configurationOf(answer), {
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
      onMessage: (message) => {
        if (message.type === 'pointer') this.#change((state) => void (state.relative = message.relative === true));
      },
      onInputOpen: () => this.#handlers.onInputOpen(),
      // Once more, should it be after a picture that was there.
      onFault: () => this.#beginning.begin(),
      onRefused: (status) => this.#finish(status === 404 || status === 410 ? 'SESSION_NOT_EXIST' : 'NOT_AUTHORIZED'),
    });
    this.#player.open();
  }

  /** @param {Answer} event */
  #hear(event) {
    // What was missed meanwhile is in the streamer's account already; only what people wrote and the end are not.
    const old = typeof event.cursor === 'number' && event.cursor <= this.#accountCursor;
    if (event.msg === 'DATA') {
      this.#receive(event, old);
      return;
    }
    if (old && event.msg !== 'SESSION_ENDED' && event.msg !== 'REMOVED') return;
    if (event.msg === 'USER_LEFT') this.pointers.forget(event.user);
    // The player would find out by itself, after seconds.
    if (event.msg === 'PICTURE_RESTARTED') this.#player?.doubt();
    this.people.hear(event);
    this.door.hear(event, performance.now());
    this.#change((state) => applyEvent(state, event));
    if (this.state.phase === 'ended') this.#close();
    else this.#handlers.onEvent(event);
  }

  /** @param {Answer} event DATA @param {boolean} old it was missed: too late to look where somebody pointed */
  #receive({ from, data }, old) {
    if (typeof from !== 'string' || typeof data !== 'object' || data === null) return;
    const own = from === this.people.self;
    if ('chat' in data) this.chat.receive(this.people.find(from) ?? { user: from, name: '', number: 0, role: 'guest' }, own, data);
    if ('photo' in data && !own && !old) this.#handlers.onPhoto(from);
    if ('pointer' in data && !own && !old) {
      this.pointers.receive(from, data.pointer, performance.now());
      this.#handlers.onPointers();
    }
  }

  /** @param {import('../player/trouble.js').Trouble | undefined} trouble */
  #noteTrouble(trouble) {
    this.#change((state) => void (state.trouble = trouble));
    if (trouble === undefined || this.#reported.has(trouble)) return;
    this.#reported.add(trouble);
    sendReport(trouble, this.entry.ticket);
  }

  /** @param {string} reason */
  #finish(reason) {
    this.#close();
    this.#change((state) => applyEnd(state, reason));
  }

  /** @param {(state: SessionState) => void} change */
  #change(change) {
    if (this.state.phase === 'ended') return;
    change(this.state);
    this.#handlers.onChange();
  }
}

/** Of a player that there is not yet. @type {import('../player/trouble.js').Progress} */
const NO_PROGRESS = { status: undefined, ice: 'new', packets: 0 };

/** What the coordinator tells of the door; all else that happens in a session is told by the streamer. */
const AT_THE_DOOR = new Set(['KNOCK', 'KNOCK_ENDED', 'INVITATION_CHANGED']);

/** Somebody whose ticket is dead was removed. @param {Answer} refusal */
function refusalReason({ msg, field }) {
  return msg === 'FORBIDDEN' && field === 'ticket' ? 'removed' : msg;
}

/** @param {Answer} answer @returns {RTCConfiguration} */
function configurationOf(answer) {
  return { iceServers: Array.isArray(answer.ice_servers) ? answer.ice_servers : [] };
}
