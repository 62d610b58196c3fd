// @ts-check
import { followSession } from '../net/planning.js';
import { drawQr } from '../plan/qr.js';
import { Session } from '../session/session.js';
import { isDown } from '../session/state.js';
import { AwakeView } from '../views/session/awake.js';
import { ChatView } from '../views/session/chat.js';
import { ControlView } from '../views/session/control.js';
import { PanelView } from '../views/session/panel.js';
import { PeopleView } from '../views/session/people.js';
import { PointersView } from '../views/session/pointers.js';
import { StageView } from '../views/session/stage.js';
import { StatsView } from '../views/session/stats.js';
import { nameInWords, newsInWords } from '../words/people.js';
import { explainRefusal } from '../words/refusals.js';
import { invitationLink } from './address.js';
import { Doorkeeper } from './doorkeeper.js';
import { keepName, keepTalk, keptName, keptTalk } from './keep.js';
import { LongerStay } from './longer-stay.js';

/** One visit to a session, from the open door to its end: ties what is known about the session to what is shown of it. */

/**
 * @typedef {import('../net/coordinator.js').Rc} Rc
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../session/state.js').Entry} Entry
 * @typedef {import('../session/state.js').SessionState} SessionState
 * @typedef {import('../session/chat.js').ChatMessage} ChatMessage
 *
 * @typedef {object} VisitHandlers
 * @property {(rcName: string) => Rc | undefined} findRc
 * @property {(code: string, now: import('../net/door.js').Invitation) => void} onRenewed the invitation with that code is another now
 * @property {(rcName: string) => void} onPlan of that complex, in place of this visit, which is left
 * @property {(reason: string, rcName: string | undefined) => void} onOver with a reason word, a refusal word, or `left`
 */

const POINTERS_LOOK_MS = 500;

export class Visit {
  #i18n;
  #message;
  #handlers;
  /** @type {Session | null} */ #session = null;
  #pointersTimer = 0;
  #following = new AbortController();
  /** @type {SessionState | null} as it was last shown */ #shown = null;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {import('../views/message.js').MessageView} message
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
      isPointing: () => this.pointers.pointing,
      onPhoto: () => this.#tellPhoto(),
      onShown: () => this.#session?.noteShown(),
      onPlayRefused: () => this.#session?.notePlayRefused(),
      onRetry: () => this.#session?.retry(),
      onPlan: () => this.#planInstead(),
      invitationLink: (invitation) => invitationLink(location, invitation),
      invitationQr: (invitation) => drawQr(invitationLink(location, invitation)),
      onDoor: (door) => this.doorkeeper.set(door),
      tell: (text) => message.say(text, { passing: true }),
    });
    this.stats = new StatsView(i18n, () => this.#session?.getStats());
    const decisions = {
      onGrant: (/** @type {string} */ user) => this.#ask('GRANT_CONTROL', { user }),
      onDecline: (/** @type {string} */ user) => this.#ask('DECLINE_CONTROL', { user }),
    };
    this.control = new ControlView(i18n, {
      ...decisions,
      onRequest: () => this.#ask('REQUEST_CONTROL'),
      onRelease: () => this.#ask('RELEASE_CONTROL'),
      onChoose: () => this.panel.show('people'),
    });
    this.people = new PeopleView(i18n, {
      ...decisions,
      onRemove: (user) => this.#ask('REMOVE_USER', { user }),
      onRename: (name) => this.#rename(name),
    });
    this.chat = new ChatView(i18n, {
      onSay: (text) => this.#session?.chat.say(text) ?? false,
      onRetry: (id) => this.#session?.chat.retry(id),
      onOpen: () => this.panel.show('chat'),
    });
    this.panel = new PanelView((open) => this.#showPanel(open));
    this.pointers = new PointersView(i18n, () => this.#session?.people, {
      onPoint: (place) => this.#session?.point(place),
      onTool: () => this.#tellPointing(),
    });
    this.awake = new AwakeView(i18n, () => this.#session?.stayAwake());
    this.doorkeeper = new Doorkeeper(i18n, {
      tell: (text, kind) => message.say(text, kind),
      onRenewed: handlers.onRenewed,
    });
    this.longerStay = new LongerStay(i18n, message, (endsAt) => this.#session?.extendTo(endsAt));
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
    this.#session = new Session(entry, keptName(), keptTalk(entry.ticket), {
      onChange: () => this.#follow(),
      onEvent: (event) => this.#tell(event),
      onChat: () => this.#followChat(),
      onMessage: (message) => this.#announce(message),
      onPointers: () => this.#showPointers(),
      onInputOpen: () => this.stage.tellScreen(),
      onPhoto: (user) => this.#tellOfPhoto(user),
    });
    this.longerStay.prepare(entry);
    this.doorkeeper.prepare(this.#session);
  }

  open() {
    const session = this.#session;
    if (session === null) return;
    session.open();
    this.#following = new AbortController();
    followSession(session.entry.ticket, {
      onEvent: (event) => this.#hearCoordinator(event),
      onFresh: () => session.door.refresh(),
    }, this.#following.signal);
  }

  leave() {
    this.#session?.leave();
  }

  #planInstead() {
    const rcName = this.#session?.state.rcName;
    this.leave();
    if (rcName !== undefined) this.#handlers.onPlan(rcName);
  }

  /** The page goes, perhaps to come back by a reload. */
  suspend() {
    this.keep();
    this.#session?.suspend();
  }

  doubt() {
    this.#session?.doubt();
  }

  render() {
    this.#renderSession();
    this.longerStay.render();
  }

  #renderSession() {
    const session = this.#session;
    if (session === null) return;
    const { state, people } = session;
    this.stage.render(state, people, this.#handlers.findRc(state.rcName ?? ''));
    this.control.render(people);
    this.people.render(people);
    this.chat.render(session.chat, this.panel.open === 'chat');
    this.doorkeeper.render();
    this.awake.render(state.inactiveAtMs);
    this.stats.render(state.phase !== 'connecting');
    this.#showPointers();
  }

  #follow() {
    const state = this.#session?.state;
    if (!state) return;
    if (state.phase === 'ended') {
      this.#end(state);
      return;
    }
    this.#notice(this.#shown, state);
    this.#shown = { ...state };
    this.#renderSession();
  }

  /** @param {SessionState} state */
  #end({ endReason, rcName }) {
    this.#session = null;
    this.#following.abort(new DOMException('the session is over', 'AbortError'));
    this.longerStay.stop();
    this.doorkeeper.stop();
    this.awake.render(undefined);
    for (const view of [this.panel, this.control, this.people, this.chat, this.pointers, this.stats, this.stage]) view.stop();
    clearTimeout(this.#pointersTimer);
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
    } else {
      this.longerStay.notice(before, now);
    }
    this.doorkeeper.notice(now);
  }

  /** @param {Answer} event of the coordinator, to those in the session */
  #hearCoordinator(event) {
    this.longerStay.hear(event);
    this.#session?.hearCoordinator(event);
  }

  /** @param {string} user who has taken a picture */
  #tellOfPhoto(user) {
    const person = this.#session?.people.find(user);
    if (!person) return;
    this.#message.say(() => this.#i18n.t('photo.taken.by', { name: nameInWords(person, this.#i18n) }), { passing: true });
  }

  /** @param {Answer} event */
  #tell(event) {
    const people = this.#session?.people;
    // Of a short extension and of what a guest is told of the end the warning of that end would take the news away.
    if (!people || (event.msg === 'SESSION_ENDING' && this.longerStay.isBeingRead)) return;
    const news = () => newsInWords(event, people, this.#i18n);
    if (news() !== '') this.#message.say(news, { passing: true });
  }

  // The people.

  /**
   * What comes of it is told by events, to everyone; only a refusal is told here.
   * @param {Parameters<Session['ask']>[0]} verb
   * @param {Record<string, unknown>} [fields]
   */
  async #ask(verb, fields) {
    const answer = await this.#session?.ask(verb, fields);
    if (!answer || ['CONTROL', 'NAME_SET', 'USER_REMOVED'].includes(answer.msg)) return answer;
    this.#message.say(() => explainRefusal(answer, this.#i18n), { problem: true, passing: true });
    return undefined;
  }

  /** @param {string} name */
  async #rename(name) {
    const answer = await this.#ask('SET_NAME', { name });
    if (answer) keepName(typeof answer.name === 'string' ? answer.name : name);
  }

  /** @param {import('../views/session/panel.js').PanelName | null} open */
  #showPanel(open) {
    const chat = this.#session?.chat;
    if (!chat) return;
    if (open === 'chat') chat.markRead();
    this.chat.render(chat, open === 'chat');
    if (open === 'chat') this.chat.showEnd();
  }

  #followChat() {
    const chat = this.#session?.chat;
    if (!chat) return;
    if (this.panel.open === 'chat') chat.markRead();
    this.chat.render(chat, this.panel.open === 'chat');
    this.keep();
  }

  /** @param {ChatMessage} message */
  #announce(message) {
    if (this.panel.open !== 'chat') this.chat.announce(message);
  }

  /** What the page that comes after this one needs, should there be one. */
  keep() {
    if (this.#session) keepTalk(this.#session.entry.ticket, this.#session.kept);
  }

  /** As long as somebody points it is looked again: a pointer that is not heard of any more goes. */
  #showPointers() {
    clearTimeout(this.#pointersTimer);
    const session = this.#session;
    if (!session) return;
    const places = session.pointers.visible(performance.now());
    this.pointers.render(places.flatMap(({ user, place }) => {
      const person = session.people.find(user);
      return person ? [{ person, place }] : [];
    }));
    if (places.length > 0) this.#pointersTimer = setTimeout(() => this.#showPointers(), POINTERS_LOOK_MS);
  }

  #tellPhoto() {
    this.#message.say(() => this.#i18n.t('photo.taken'), { passing: true });
    this.#session?.tellPhoto();
  }

  #tellPointing() {
    if (this.pointers.pointing) this.#message.say(() => this.#i18n.t('pointer.on'), { passing: true });
  }
}
