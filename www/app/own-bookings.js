// @ts-check
import { serverNowMs } from '../net/ask.js';
import { unreachableAnswer } from '../net/outcomes.js';
import { cancelSession } from '../net/planning.js';
import { calendarFile } from '../plan/ics.js';
import { drawQr } from '../plan/qr.js';
import { BookingsView } from '../views/choose/bookings.js';
import { BookedView } from '../views/plan/booked.js';
import { shareOr } from '../views/share.js';
import { rcTitle } from '../words/rc.js';
import { explainRefusal } from '../words/refusals.js';
import { clocksDiffer, instantAt, instantInWords, spanInWords } from '../words/times.js';
import { invitationLink } from './address.js';

/** What was booked: the list of the visitor's own bookings, and one of them with all that brings one back in time. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/door.js').Invitation} Invitation
 * @typedef {import('../plan/bookings.js').Booking} Booking
 *
 * @typedef {object} OwnBookingsHandlers
 * @property {(view: 'booked' | 'choose') => void} onShow
 * @property {() => void} onGone the booking that was shown is no more
 * @property {(code: string) => void} onEnter
 * @property {() => boolean} isEntering the code is being tried
 * @property {(rcName: string) => import('../net/coordinator.js').Rc | undefined} findRc
 * @property {(code: string) => void} showCode
 * @property {(text: () => string, kind?: { problem?: boolean, passing?: boolean }) => void} tell
 */

/** A booking's time comes, and goes, without anybody doing anything. */
const LOOK_MS = 5_000;

export class OwnBookings {
  #i18n;
  #bookings;
  #handlers;
  #view;
  #list;
  /** @type {Booking | null} */ #open = null;
  /** It was booked a moment ago, not looked up. */
  #fresh = false;
  #unsure = false;
  #asking = false;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {import('../plan/bookings.js').Bookings} bookings
   * @param {OwnBookingsHandlers} handlers
   */
  constructor(i18n, bookings, handlers) {
    this.#i18n = i18n;
    this.#bookings = bookings;
    this.#handlers = handlers;
    this.#list = new BookingsView(i18n, (code) => this.#lookUp(code));
    this.#view = new BookedView(i18n, {
      onEnter: () => this.#open && this.#handlers.onEnter(this.#open.code),
      calendarFile: () => this.#calendarFile(),
      onCopy: () => this.#copy(),
      onShare: () => this.#share(),
      onCancel: () => this.#ask(true),
      onKeep: () => this.#ask(false),
      onCancelSurely: () => this.#cancel(),
      onBack: () => this.#leave(),
    });
    setInterval(() => this.render(), LOOK_MS);
    addEventListener('storage', () => this.render());
  }

  /** @param {Booking} booking a new one */
  keep(booking) {
    this.#bookings.add(booking, serverNowMs());
    this.#show(booking, true);
  }

  /** @param {string} code @returns {Booking | undefined} the visitor's own, if the code is of one */
  find(code) {
    return this.#bookings.list(serverNowMs()).find((booking) => booking.code === code);
  }

  /** The session's invitation is another now. @param {string} code as it was @param {Invitation} invitation */
  renew(code, invitation) {
    this.#bookings.renew(code, invitation, serverNowMs());
  }

  /** The visitor goes in: none is looked at any more. */
  close() {
    this.#open = null;
  }

  /** @param {Booking} booking @param {boolean} fresh */
  #show(booking, fresh) {
    this.#open = booking;
    this.#fresh = fresh;
    this.#unsure = false;
    this.#handlers.onShow('booked');
    this.#handlers.showCode(booking.code);
    this.#view.focus();
  }

  /** @param {string} code */
  #lookUp(code) {
    const booking = this.find(code);
    if (booking) this.#show(booking, false);
    else this.render();
  }

  render() {
    const nowMs = serverNowMs();
    const bookings = this.#bookings.list(nowMs);
    this.#list.render(bookings.map((booking) => ({
      code: booking.code,
      title: this.#titleOf(booking),
      when: instantInWords(Date.parse(booking.starts_at), this.#i18n),
    })));
    this.#takeRenewed(bookings);
    if (this.#open === null) return;
    const { code, starts_at: startsAt, ends_at: endsAt, rc_time_zone: rcZone } = this.#open;
    const [startsAtMs, endsAtMs] = [Date.parse(startsAt), Date.parse(endsAt)];
    const theirs = rcZone !== undefined && clocksDiffer(undefined, rcZone, startsAtMs);
    const link = invitationLink(location, this.#open);
    this.#view.render({
      heading: this.#i18n.t(this.#fresh ? 'booked.heading' : 'booked.heading.again'),
      title: this.#titleOf(this.#open),
      when: spanInWords(startsAtMs, endsAtMs, this.#i18n),
      zones: theirs ? this.#i18n.t('booked.theirs', { time: instantAt(startsAtMs, rcZone, this.#i18n) }) : '',
      link,
      qr: drawQr(link),
      fileName: `vitrina-${code}.ics`,
      begun: nowMs >= startsAtMs,
      entering: this.#handlers.isEntering(),
      unsure: this.#unsure,
      asking: this.#asking,
    });
  }

  /** The one that is shown may have another invitation by now. @param {Booking[]} bookings */
  #takeRenewed(bookings) {
    const booking = bookings.find(({ request_id: id }) => id === this.#open?.request_id);
    if (booking === undefined || booking.code === this.#open?.code) return;
    this.#open = booking;
    this.#handlers.showCode(booking.code);
  }

  /** @param {Booking} booking */
  #titleOf({ rc_name: rcName }) {
    const rc = this.#handlers.findRc(rcName);
    return rc ? rcTitle(rc, this.#i18n) : rcName;
  }

  #leave() {
    const code = this.#open?.code ?? '';
    this.#open = null;
    this.#handlers.onShow('choose');
    if (!this.#list.focus(code)) this.#handlers.onGone();
  }

  // Taking it along.

  #calendarFile() {
    const booking = /** @type {Booking} */ (this.#open);
    const { code } = booking;
    const link = invitationLink(location, booking);
    const name = this.#titleOf(booking);
    return calendarFile({
      uid: `${Date.parse(booking.starts_at) / 1000}-${code}@vitrina`,
      startsAtMs: Date.parse(booking.starts_at),
      endsAtMs: Date.parse(booking.ends_at),
      summary: this.#i18n.t('booked.calendar.summary', { name }),
      description: this.#i18n.t('booked.calendar.text', { code, link }),
      url: link,
      reminder: this.#i18n.t('booked.calendar.reminder', { name }),
    }, Date.now());
  }

  async #copy() {
    if (this.#open === null) return;
    try {
      await navigator.clipboard.writeText(invitationLink(location, this.#open));
    } catch {
      // Without HTTPS, or in a frame that may not: the link itself stands beside the button.
      this.#handlers.tell(() => this.#i18n.t('booked.uncopied'));
      return;
    }
    this.#handlers.tell(() => this.#i18n.t('session.code.copied'), { passing: true });
    this.#view.showCopied();
  }

  async #share() {
    const booking = this.#open;
    if (booking === null) return;
    const { code } = booking;
    const name = this.#titleOf(booking);
    const when = instantInWords(Date.parse(booking.starts_at), this.#i18n);
    const text = this.#i18n.t('booked.share', { name, when, code });
    await shareOr({ title: name, text, url: invitationLink(location, booking) }, () => this.#copy());
  }

  // Cancelling.

  /** @param {boolean} unsure */
  #ask(unsure) {
    this.#unsure = unsure;
    this.render();
    this.#view.focusQuestion(unsure);
  }

  async #cancel() {
    const booking = this.#open;
    if (booking === null || this.#asking) return;
    this.#asking = true;
    this.render();
    const answer = await cancelSession(booking.code, booking.key).catch(unreachableAnswer).finally(() => {
      this.#asking = false;
    });
    if (answer.msg === 'SESSION_CANCELLED' || answer.msg === 'SESSION_NOT_EXIST') {
      this.#bookings.remove(booking.code, serverNowMs());
      this.#leave();
      this.#handlers.tell(() => this.#i18n.t(answer.msg === 'SESSION_CANCELLED' ? 'booked.cancelled' : 'booked.over'));
      return;
    }
    this.#ask(false);
    const unable = answer.msg === 'FORBIDDEN' || answer.msg === 'BAD_REQUEST';
    this.#handlers.tell(() => (unable ? this.#i18n.t('booked.uncancelled') : explainRefusal(answer, this.#i18n)), { problem: true });
  }
}
