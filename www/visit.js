// @ts-check
import { invitationLink } from './address.js';
import { keepEntry } from './keep.js';
import { serverNowMs } from './net/ask.js';
import { countdown } from './plan/words.js';
import { explainRefusal } from './refusals.js';
import { Extension } from './session/extension.js';
import { Session } from './session/session.js';
import { ExtendView } from './views/extend.js';
import { StageView } from './views/stage.js';

/** One visit to a session, from the open door to its end: ties what is known about the session to what is shown of it. */

/**
 * @typedef {import('./net/coordinator.js').Rc} Rc
 * @typedef {import('./session/session.js').Entry} Entry
 * @typedef {import('./session/session.js').SessionState} SessionState
 *
 * @typedef {object} VisitHandlers
 * @property {(rcName: string) => Rc | undefined} findRc
 * @property {(reason: string, rcName: string | undefined) => void} onOver with a reason word, a refusal word, or `left`
 */

/** The end moves by a few seconds when it is told anew; a longer stay is more than that. */
const EXTENSION_MS = 45_000;

/** So long nothing takes away the word that one may stay. */
const EXTENSION_READ_MS = 5_000;

export class Visit {
  #i18n;
  #message;
  #handlers;
  /** @type {Session | null} */ #session = null;
  /** @type {Extension | null} of the session */ #extension = null;
  #extendedAtMs = -Infinity;
  /** @type {SessionState | null} as it was last shown */ #shown = null;

  /**
   * @param {import('./i18n.js').I18n} i18n
   * @param {import('./views/message.js').MessageView} message
   * @param {VisitHandlers} handlers
   */
  constructor(i18n, message, handlers) {
    this.#i18n = i18n;
    this.#message = message;
    this.#handlers = handlers;
    this.stage = new StageView(i18n, {
      onLeave: () => this.leave(),
      onInput: (input) => this.#session?.sendInput(input),
      inputBacklog: () => this.#session?.inputBacklog ?? 0,
      invitationLink: (code) => invitationLink(location, code),
      tell: (text) => message.say(text, { passing: true }),
    });
    this.extend = new ExtendView(i18n, { onExtend: () => this.#extend(), onDecline: () => this.#extension?.withdraw() });
  }

  get running() {
    return this.#session !== null;
  }

  /** @returns {string | undefined} of the session that is visited */
  get code() {
    return this.#session?.state.code;
  }

  /** @param {Entry} entry */
  prepare(entry) {
    this.#shown = null;
    this.#session = new Session(entry, (state) => this.#follow(state));
    this.#extension = new Extension(entry, () => this.#showExtension(entry));
  }

  open() {
    this.#session?.open();
    this.#extension?.follow();
  }

  leave() {
    this.#session?.leave();
  }

  /** The page goes, perhaps to come back by a reload. */
  suspend() {
    this.#session?.suspend();
  }

  doubtLine() {
    this.#session?.doubtLine();
  }

  render() {
    const state = this.#session?.state;
    if (state) this.stage.render(state, this.#handlers.findRc(state.rcName ?? ''));
    this.extend.render(this.#extension);
  }

  /** @param {SessionState} state */
  #follow(state) {
    if (state.phase === 'ended') {
      this.#end(state);
      return;
    }
    this.#notice(this.#shown, state);
    this.#shown = { ...state };
    this.stage.render(state, this.#handlers.findRc(state.rcName ?? ''));
  }

  /** @param {SessionState} state */
  #end({ endReason, rcName }) {
    this.#session = null;
    this.#extension?.close();
    this.#extension = null;
    this.extend.render(null);
    this.stage.stop();
    this.#handlers.onOver(endReason ?? 'unknown', rcName);
  }

  /**
   * Says what changed and would not be seen otherwise.
   * @param {SessionState | null} before
   * @param {SessionState} now
   */
  #notice(before, now) {
    const i18n = this.#i18n;
    const wasDown = before !== null && isDown(before);
    if (isDown(now) && !wasDown) {
      this.#message.say(() => i18n.t('notice.offline'), { problem: true });
    } else if (wasDown && !isDown(now)) {
      this.#message.say(() => i18n.t('notice.back'), { passing: true });
    } else if (isExtended(before, now)) {
      this.#extension?.withdraw();
      const untilMs = now.endsAtMs ?? 0;
      this.#message.say(() => i18n.t('extend.extended', { time: i18n.time(untilMs) }), { passing: true });
      this.#extendedAtMs = performance.now();
    } else if (now.warned) {
      now.warned = false;
      // A short extension is followed by the warning of the new end, which would take the good news away.
      if (performance.now() - this.#extendedAtMs < EXTENSION_READ_MS) return;
      const time = countdown((now.endsAtMs ?? 0) - serverNowMs());
      this.#message.say(() => i18n.t('notice.ending', { time }), { passing: true });
    } else if (now.restarted) {
      now.restarted = false;
      this.#message.say(() => i18n.t('notice.restarted'), { passing: true });
    } else if (now.inactiveSeconds !== before?.inactiveSeconds) {
      const seconds = now.inactiveSeconds;
      if (seconds === undefined) this.#message.clear();
      else this.#message.say(() => i18n.t('notice.inactive', { time: i18n.duration(seconds) }), { problem: true });
    } else if (before?.user !== undefined && before.steers !== now.steers) {
      this.#message.say(() => i18n.t(now.steers ? 'notice.control' : 'notice.watch'), { passing: true });
    }
  }

  // Staying longer.

  /** An offer is made once: it is kept like the entry, over a reload. @param {Entry} entry */
  #showExtension(entry) {
    const extension = this.#extension;
    if (extension === null) return;
    keepEntry({ ...entry, offered_minutes: extension.minutes });
    this.extend.render(extension);
  }

  async #extend() {
    const extension = this.#extension;
    const answer = await extension?.extend();
    if (!answer || this.#extension !== extension) return;
    // A longer time is told by the session itself, to everyone in it.
    if (answer.msg === 'SESSION_EXTENDED') this.#session?.extendTo(answer.ends_at);
    else if (extension && extension.minutes > 0 && answer.msg === 'EXTENSION_NOT_AVAILABLE') {
      const count = extension.minutes;
      this.#message.say(() => this.#i18n.t('extend.less', { count }), { problem: true, passing: true });
    } else this.#message.say(() => explainRefusal(answer, this.#i18n), { problem: true, passing: true });
  }
}

/** @param {SessionState} state */
function isDown(state) {
  return state.phase === 'reconnecting' || (state.user !== undefined && !state.lineUp);
}

/**
 * @param {SessionState | null} before
 * @param {SessionState} now
 */
function isExtended(before, now) {
  return before?.endsAtMs !== undefined && now.endsAtMs !== undefined && now.endsAtMs - before.endsAtMs >= EXTENSION_MS;
}
