// @ts-check
import { loadLanguage } from '../i18n/i18n.js';
import { startSession } from '../net/coordinator.js';
import { unreachableAnswer } from '../net/outcomes.js';
import { watchSleep } from '../net/sleep.js';
import { Bookings } from '../plan/bookings.js';
import { entryOf } from '../session/state.js';
import { RcListView } from '../views/choose/rc-list.js';
import { WaysView } from '../views/choose/ways.js';
import { CodeView } from '../views/code.js';
import { MessageView } from '../views/message.js';
import { PageView } from '../views/page.js';
import { EndedView } from '../views/session/ended.js';
import { endingOf } from '../words/endings.js';
import { explainRefusal } from '../words/refusals.js';
import { readAddress, readCode, withInvitation, withLanguage, withoutFragment } from './address.js';
import { Complexes } from './complexes.js';
import { Elsewhere } from './elsewhere.js';
import { forgetEntry, keepEntry, keptEntry, keptName } from './keep.js';
import { Knocker } from './knocker.js';
import { OwnBookings } from './own-bookings.js';
import { Planner } from './planner.js';
import { Visit } from './visit.js';
import { WaitingLine } from './waiting-line.js';
import { WaitingRoom } from './waiting-room.js';

/**
 * The way of a visitor: choose a complex, go in, look, leave. This module holds what the page knows and lets the views show it;
 * views tell it what the visitor does.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/door.js').Invitation} Invitation
 * @typedef {import('../session/state.js').Entry} Entry
 * @typedef {'choose' | 'plan' | 'booked' | 'early' | 'session' | 'ended'} Showing
 * @typedef {import('../views/choose/ways.js').Asking} Asking
 */

/** What takes longer than this is said to, with a way out. */
const SLOW_MS = 5_000;

export class App {
  #i18n;
  /** @type {Asking | null} */ #asking = null;
  /** @type {Promise<void> | undefined} until the last question at a door was answered or taken back */ #joining;
  /** @type {Invitation | null} that is being tried */ #tried = null;
  #knocker = new Knocker(() => this.#tellKnocking());
  /** Takes the last start back. */ #starting = new AbortController();
  #isSlow = false;
  #slowList = 0;
  /** @type {Showing} */ #showing = 'choose';

  /** @param {import('../i18n/i18n.js').I18n} i18n */
  constructor(i18n) {
    this.#i18n = i18n;
    this.complexes = new Complexes({
      onFirst: () => this.#chooseFirst(),
      onChange: () => this.#noticeComplexes(),
      onOnline: (online) => this.#tellOnline(online),
    });
    this.page = new PageView(i18n, { onLanguage: (language) => this.#speak(language) });
    this.message = new MessageView(i18n);
    this.rcList = new RcListView(i18n, { onChoose: (rcName) => this.#choose(rcName) });
    this.ways = new WaysView(i18n, {
      onStart: () => this.#start(),
      onPlan: () => this.#plan(),
      onJoin: (text) => this.#join(text),
      onCancel: () => this.#cancel(),
    });
    this.elsewhere = new Elsewhere(i18n, (text) => this.message.say(text, { passing: true }));
    this.visit = new Visit(i18n, this.message, {
      findRc: (rcName) => this.complexes.find(rcName),
      onRenewed: (code, now) => this.ownBookings.renew(code, now),
      onPlan: (rcName) => this.#planInstead(rcName),
      onOver: (reason, rcName) => this.#end(reason, rcName),
    });
    this.planner = new Planner(i18n, {
      onShow: (place) => this.#showPlanning(place),
      onBooked: (booking) => this.ownBookings.keep(booking),
      tell: (text, kind) => this.message.say(text, kind),
    });
    const code = new CodeView();
    const bookings = new Bookings(`vitrina.bookings ${new URL('.', document.baseURI).pathname}`, () => localStorage);
    this.ownBookings = new OwnBookings(i18n, bookings, {
      onShow: (view) => this.#showOwnBookings(view),
      onGone: () => this.ways.focus(),
      isEntering: () => this.#asking === 'join',
      onEnter: (digits) => this.#join(digits),
      findRc: (rcName) => this.complexes.find(rcName),
      showCode: (digits) => code.show('booked', digits),
      tell: (text, kind) => this.message.say(text, kind),
    });
    this.waitingRoom = new WaitingRoom(i18n, {
      join: (invitation) => this.#askDoor(invitation),
      onWait: (invitation) => this.#showWaiting(invitation),
      onAnswer: (answer) => this.#finishWaiting(answer),
      onLeave: () => this.#leaveWaiting(),
    });
    this.line = new WaitingLine(i18n, {
      findRc: (rcName) => this.complexes.find(rcName),
      onOffer: () => this.#joinLine(),
      onTurn: (answer, name, rcName) => this.#takeTurn(answer, name, rcName),
      onRefused: (refusal) => this.#refuse(refusal),
      onLeft: () => this.#leaveLine(),
      onChange: () => this.#render(),
    });
    this.ended = new EndedView(i18n, {
      here: () => this.#continueHere(),
      again: () => this.#again(),
      plan: () => this.#planAgain(),
      join: () => this.#joinAgain(),
      choose: () => this.#show('choose'),
    });
    i18n.onChange(() => this.#render());
  }

  run() {
    this.#render();
    addEventListener('hashchange', () => this.#obeyAddress());
    addEventListener('online', () => this.visit.doubt());
    watchSleep(() => this.visit.doubt());
    addEventListener('pagehide', () => this.visit.suspend());
    // A page that is not looked at may be discarded without a word, and loaded again when it is.
    document.addEventListener('visibilitychange', () => document.hidden && this.visit.keep());
    // A page that comes back from the browser's memory has closed connections: it begins anew, into the same session.
    addEventListener('pageshow', (event) => event.persisted && location.reload());

    const kept = keptEntry();
    const { invitation } = readAddress(location);
    if (kept && (invitation === null || invitation.code === kept.code)) this.#enter(kept);
    else this.#obeyAddress();
    if (!kept && invitation === null) this.line.resume();

    this.complexes.follow();
    this.#slowList = setTimeout(() => this.message.say(() => this.#i18n.t('notice.slow.list')), SLOW_MS);
  }

  /** @param {string} language */
  async #speak(language) {
    if (!(await loadLanguage(language))) return;
    this.#i18n.language = language;
    history.replaceState(history.state, '', withLanguage(location, language));
  }

  #obeyAddress() {
    const { invitation, rcName } = readAddress(location);
    if (invitation !== null) {
      if (this.visit.code === invitation.code) {
        this.#forgetInvitation();
        return;
      }
      this.visit.leave();
      this.waitingRoom.close();
      this.#knock(invitation);
    } else if (rcName !== null && this.complexes.find(rcName)) {
      this.#choose(rcName);
    }
  }

  // What the coordinator tells.

  #chooseFirst() {
    clearTimeout(this.#slowList);
    this.message.unsay('notice.slow.list');
    const rc = this.complexes.chooseFirst(this.line.rcName ?? readAddress(location).rcName);
    if (rc && this.line.rcName !== null) this.planner.offerNext(rc);
  }

  #noticeComplexes() {
    const hasPlace = this.complexes.noticeFreePlace();
    // Who waits in line is let in by itself.
    const isTold = !this.visit.running && this.#asking === null && this.line.rcName !== this.complexes.chosen;
    if (hasPlace && isTold) this.message.say(() => this.#i18n.t('notice.free'));
    this.#offerIfFull();
    this.#render();
  }

  /** @param {boolean} online */
  #tellOnline(online) {
    if (this.visit.running) return;
    if (online) this.message.say(() => this.#i18n.t('notice.back'), { passing: true });
    else this.message.say(() => this.#i18n.t('notice.offline'), { problem: true });
  }

  // What the visitor does.

  /** @param {string} rcName */
  #choose(rcName) {
    if (this.#asking !== null) return;
    if (rcName !== this.complexes.chosen) {
      this.complexes.chosen = rcName;
      this.complexes.full = null;
      this.planner.close();
      this.message.clear();
    }
    this.#offerIfFull();
    this.#render();
    this.ways.focus();
  }

  /** A full complex has a line and times to come, in place of a start that would be refused. */
  #offerIfFull() {
    if (this.#showing !== 'choose' || this.#asking !== null) return;
    this.complexes.noticeFull();
    const rc = this.complexes.chosenRc;
    if (!rc || !this.complexes.isChosenFull) this.planner.withdrawOffers();
    else if (this.planner.offeredFor !== rc.rc_name) this.planner.offerNext(rc);
  }

  async #start() {
    const rcName = this.complexes.chosen;
    if (rcName === null) return;
    this.#starting = new AbortController();
    const { signal } = this.#starting;
    const start = () => startSession(rcName, this.#i18n.language, signal);
    await this.#ask('start', rcName, () => start().catch((error) => (signal.aborted ? null : Promise.reject(error))));
  }

  /** @param {string} text as typed */
  async #join(text) {
    if (this.#asking !== null) return;
    const code = readCode(text);
    if (code === null) {
      this.#refuse({ msg: 'BAD_CODE' });
      this.ways.focusCode();
      return;
    }
    await this.#knock({ code });
  }

  /** @param {Invitation} invitation instead of any that is being tried */
  async #knock(invitation) {
    this.#tried = invitation;
    this.#knocker.cancel();
    await this.#joining;
    if (this.#tried !== invitation) return;
    this.#joining = this.#ask('join', undefined, () => this.#askDoor(invitation), invitation);
    await this.#joining;
  }

  /** Who booked comes with the key. @param {Invitation} invitation */
  #askDoor(invitation) {
    const own = this.ownBookings.find(invitation.code);
    const who = { key: own?.key || undefined, name: keptName() || undefined, language: this.#i18n.language };
    return this.#knocker.ask({ invite: own?.invite, ...invitation }, who);
  }

  /** Takes back what is being asked. */
  #cancel() {
    const asking = this.#asking;
    this.#starting.abort();
    this.#knocker.cancel();
    if (asking === 'start') this.ways.focus();
    else this.ways.focusCode();
  }

  /** It takes long to be let in, or does so no more. */
  #tellKnocking() {
    if (this.#knocker.knocking && this.#asking === 'join' && this.#tried !== null) {
      // As while waiting for the start: a reload knocks again.
      history.replaceState(history.state, '', withInvitation(location, this.#tried));
      this.#show('choose');
    }
    if (this.#knocker.knocking) this.message.say(() => this.#i18n.t('knock.asking'));
    else this.message.clear();
    this.#render();
  }

  #plan() {
    const rc = this.complexes.chosenRc;
    if (!rc || this.#asking !== null) return;
    this.complexes.full = null;
    this.planner.open(rc);
  }

  /** @param {string} rcName */
  #planInstead(rcName) {
    this.complexes.chosen = rcName;
    this.#planAgain();
  }

  #planAgain() {
    this.#show('choose');
    this.#plan();
  }

  #joinAgain() {
    this.message.clear();
    this.#show('choose');
    this.ways.focusCode();
  }

  #continueHere() {
    const kept = keptEntry();
    if (kept) this.#enter(kept);
    else this.#show('choose');
  }

  #again() {
    this.#show('choose');
    if (this.complexes.chosen === null) this.ways.focus();
    else this.#start();
  }

  /**
   * @param {Asking} asking
   * @param {string | undefined} rcName
   * @param {() => Promise<Answer | null>} question null: it was taken back
   * @param {Invitation} [invitation] to wait with, if it comes too early
   */
  async #ask(asking, rcName, question, invitation) {
    if (this.#asking !== null || this.visit.running) {
      this.#forgetInvitation();
      return;
    }
    if (this.elsewhere.isNeeded) {
      this.elsewhere.note(rcName, invitation);
      this.#forgetInvitation();
      this.#render();
      this.message.say(() => this.#i18n.t('notice.unsupported'), { problem: true });
      return;
    }
    this.#asking = asking;
    this.complexes.full = null;
    this.planner.close();
    this.message.clear();
    this.#render();
    const slow = setTimeout(() => this.#tellSlow(), SLOW_MS);
    const answer = await question().catch(unreachableAnswer).finally(() => {
      clearTimeout(slow);
      this.#asking = null;
      this.#isSlow = false;
    });
    this.#forgetInvitation();
    this.#render();
    if (answer === null) this.message.clear();
    if (answer === null || this.visit.running) return; /* the turn in a line came first */
    if (answer.msg === 'SESSION_CONNECTION_DATA') {
      this.#enter(entryOf(answer, rcName));
      return;
    }
    if (answer.msg === 'SESSION_NOT_STARTED' && invitation !== undefined && this.waitingRoom.open(invitation, answer)) return;
    if (answer.msg === 'SERVERS_BUSY' && rcName !== undefined) this.complexes.full = rcName;
    this.#render();
    this.#refuse(answer);
    this.ways.focusAfterRefusal(asking);
  }

  /** Nobody wants to look at a button that does nothing. */
  #tellSlow() {
    if (this.#knocker.knocking) return; /* who knocks has been told why it takes long */
    this.#isSlow = true;
    this.message.say(() => this.#i18n.t('notice.slow'));
    this.#render();
  }

  /** @param {Answer} refusal */
  #refuse(refusal) {
    this.#show('choose');
    this.message.say(() => explainRefusal(refusal, this.#i18n), { problem: true });
  }

  // Planning.

  /** @param {'plan' | 'choose'} place */
  #showPlanning(place) {
    this.message.clear();
    if (place === 'choose') this.planner.close();
    this.#show(place);
    if (place === 'choose') this.ways.focusPlan();
  }

  /** @param {'booked' | 'choose'} view */
  #showOwnBookings(view) {
    this.planner.close();
    this.message.clear();
    this.#show(view);
  }

  /** @param {Invitation} invitation kept in the address, so that a reload goes on waiting */
  #showWaiting(invitation) {
    this.message.clear();
    history.replaceState(history.state, '', withInvitation(location, invitation));
    this.#show('early');
  }

  /** It was obeyed. */
  #forgetInvitation() {
    if (readAddress(location).invitation !== null) history.replaceState(history.state, '', withoutFragment(location));
  }

  #leaveWaiting() {
    this.#knocker.cancel();
    this.#forgetInvitation();
    this.message.clear();
    this.#show('choose');
    this.ways.focus();
  }

  /** @param {Answer} answer */
  #finishWaiting(answer) {
    this.#forgetInvitation();
    if (answer.msg === 'SESSION_CONNECTION_DATA') this.#enter(entryOf(answer, undefined));
    else this.#refuse(answer);
  }

  // The waiting line.

  #joinLine() {
    this.message.clear();
    return this.complexes.full;
  }

  #leaveLine() {
    this.#render();
    this.message.say(() => this.#i18n.t('line.left'));
    this.ways.focus();
  }

  /** @param {Answer} answer @param {string} name @param {string} rcName */
  #takeTurn(answer, name, rcName) {
    if (this.visit.running) return;
    this.waitingRoom.close();
    this.#enter(entryOf(answer, rcName));
    this.message.say(() => this.#i18n.t('line.in', { name }), { passing: true });
  }

  // The session.

  /** @param {Entry} entry */
  #enter(entry) {
    this.#knocker.cancel();
    this.ownBookings.close();
    this.line.leave();
    keepEntry(entry);
    if (entry.rc_name !== undefined) this.complexes.chosen = entry.rc_name;
    this.message.clear();
    this.planner.close();
    this.visit.prepare(entry);
    this.#show('session');
    this.visit.open();
  }

  /** @param {string} reason @param {string | undefined} rcName */
  #end(reason, rcName) {
    // Of a visit that goes on elsewhere the way in is kept: it may be taken back.
    if (reason !== 'replaced') forgetEntry();
    if (reason === 'left') {
      this.#show('choose');
      this.message.say(() => this.#i18n.t('notice.left'));
      this.ways.focus();
      return;
    }
    const ending = endingOf(reason);
    const known = this.complexes.chosenRc !== undefined;
    const offered = ending.next.filter((next) => known || next === 'here' || next === 'join');
    this.ended.render(ending.heading, offered, rcName ?? this.#i18n.t('session.title.unknown'), this.complexes.find(rcName));
    this.#show('ended');
    this.message.say(() => this.#i18n.t(`ended.reason.${ending.reason}`));
    this.ended.focus();
  }

  // Showing.

  /** @param {Showing} showing */
  #show(showing) {
    this.#showing = showing;
    this.page.show(showing);
    this.message.moveTo(showing);
    this.#offerIfFull();
    this.#render();
  }

  #render() {
    this.page.render(this.line.title);
    this.rcList.render(this.complexes.all, this.complexes.chosen);
    const knocking = this.#asking === 'join' && this.#knocker.knocking;
    this.elsewhere.render(this.complexes.chosenRc);
    const canStart = !this.elsewhere.isNeeded;
    this.ways.render(this.complexes.chosenRc, this.complexes.chosenState, this.#asking, knocking, knocking || this.#isSlow, canStart);
    this.line.render(this.complexes.chosen, this.complexes.isChosenFull && canStart);
    this.visit.render();
    this.planner.render();
    this.ownBookings.render();
    this.waitingRoom.render();
    this.message.render();
  }
}
