// @ts-check
import { serverNowMs } from '../net/ask.js';
import { unreachableAnswer } from '../net/outcomes.js';
import { cancelSession } from '../net/planning.js';
import { calendarFile } from '../plan/ics.js';
import { drawQr } from '../plan/qr.js';
import { BookingsView } from '../views/choose/bookings.js';
import { BookedView } from '../views/plan/booked.js';
import { rcTitle } from '../words/rc.js';
import { explainRefusal } from '../words/refusals.js';
import { clocksDiffer, instantAt, instantInWords, spanInWords } from '../words/times.js';
import { invitationLink } from './address.js';

/** What was booked: the list of the visitor's own bookings, and one of them with all that brings one back in time. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
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

  /** @param {string} code @returns {string | undefined} its key, if it is of the visitor's own booking */
  keyOf(code) {
    return this.#bookings.list(serverNowMs()).find((booking) => booking.code === code)?.key;
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
    const booking = this.#bookings.list(serverNowMs()).find((each) => each.code === code);
    if (booking) this.#show(booking, false);
    else this.render();
  }

  render() {
    const nowMs = serverNowMs();
    this.#list.render(this.#bookings.list(nowMs).map((booking) => ({
      code: booking.code,
      title: this.#titleOf(booking),
      when: instantInWords(Date.parse(booking.starts_at), this.#i18n),
    })));
    if (this.#open === null) return;
    const { code, starts_at: startsAt, ends_at: endsAt, rc_time_zone: rcZone } = this.#open;
    const [startsAtMs, endsAtMs] = [Date.parse(startsAt), Date.parse(endsAt)];
    const theirs = rcZone !== undefined && clocksDiffer(undefined, rcZone, startsAtMs);
    const link = invitationLink(location, code);
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
    const link = invitationLink(location, code);
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
    try {
      await navigator.clipboard.writeText(invitationLink(location, this.#open?.code ?? ''));
    } catch {
      // Without HTTPS, or in a frame that may not: the link itself stands beside the button.
      this.#handlers.tell(() => this.#i18n.t('booked.uncopied'));
      return;
    }
    this.#handlers.tell(() => this.#i18n.t('session.code.copied'), { passing: true });
    this.#view.showCopied();
  }

  async #share() {
    if (this.#open === null) return;
    const { code } = this.#open;
    const name = this.#titleOf(this.#open);
    const when = instantInWords(Date.parse(this.#open.starts_at), this.#i18n);
    const text = this.#i18n.t('booked.share', { name, when, code });
    try {
      await navigator.share({ title: name, text, url: invitationLink(location, code) });
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === 'AbortError';
      if (!cancelled) await this.#copy();
    }
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
