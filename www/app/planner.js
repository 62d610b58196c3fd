// @ts-check
import { serverNowMs, Unreachable } from '../net/ask.js';
import { unreachableAnswer } from '../net/outcomes.js';
import { getAvailability, newRequestId, planSession } from '../net/planning.js';
import { dayAt, daysFrom, isoDate, namedZone, readIsoDate, utcNoonMs, wireDate } from '../plan/days.js';
import { nextFree, readAlternatives, readStarts } from '../plan/starts.js';
import { OffersView } from '../views/plan/offers.js';
import { PlanView } from '../views/plan/plan.js';
import { rcTitle } from '../words/rc.js';
import { explainRefusal } from '../words/refusals.js';
import { clocksDiffer, dayInWords, instantAt, spanInWords, zoneInWords } from '../words/times.js';

/**
 * Booking a time: which day, which start, and the asking. A booking is made from the plan's own view, or by one click on a time that
 * was offered because what the visitor wanted is taken.
 */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../net/coordinator.js').Rc} Rc
 * @typedef {import('../plan/bookings.js').Booking} Booking
 * @typedef {import('../plan/days.js').Day} Day
 * @typedef {import('../plan/starts.js').Start} Start
 * @typedef {'plan' | 'choose'} Place where the visitor is while booking
 *
 * @typedef {object} PlannerHandlers
 * @property {(place: Place) => void} onShow
 * @property {(booking: Booking) => void} onBooked
 * @property {(text: () => string, kind?: { problem?: boolean }) => void} tell an empty text takes back what was told
 */

/** Days shown at once: two weeks. */
const DAYS_SHOWN = 14;
const OFFERED = 3;

/** Free times are asked for again while the visitor considers. */
const REFRESH_MS = 30_000;

/** After these the same wish is asked for under the same request id: what became of it is not known. */
const UNDECIDED = new Set(['UNREACHABLE', 'INTERNAL_ERROR', 'STORE_UNAVAILABLE']);

export class Planner {
  #i18n;
  #handlers;
  #view;
  /** @type {Record<Place, OffersView>} */ #offers;
  /** @type {Rc | null} whose time is being planned */ #rc = null;
  /** @type {Day} */ #day = { year: 0, month: 1, day: 1 };
  /** @type {Answer | null} for that day */ #availability = null;
  /** @type {Start[] | null} */ #starts = null;
  /** @type {Answer | null} why there are none */ #refusal = null;
  /** @type {number | null} */ #chosenMs = null;
  /** @type {string | undefined} as it is sent */ #zone = namedZone();
  /** @type {{ wish: string, id: string } | null} */ #request = null;
  #booking = false;
  #asking = new AbortController();
  #refresh = 0;
  /** @type {string | null} */ #offeredFor = null;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {PlannerHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#view = new PlanView(i18n, {
      onDay: (text) => this.#chooseDay(text),
      onStart: (startsAtMs) => this.#chooseStart(startsAtMs),
      onBook: () => this.#bookChosen(),
      onBack: () => this.#handlers.onShow('choose'),
    });
    this.#offers = {
      plan: new OffersView(i18n, 'plan', (start) => this.#book('plan', this.#rc?.rc_name ?? '', start)),
      choose: new OffersView(i18n, 'choose', (start) => this.#book('choose', this.#rc?.rc_name ?? '', start)),
    };
  }

  /** @param {Rc} rc */
  async open(rc) {
    this.close();
    this.#rc = rc;
    this.#day = this.#today();
    this.#view.reset();
    this.#handlers.onShow('plan');
    this.#view.focus();
    this.#refresh = setInterval(() => this.#load(), REFRESH_MS);
    await this.#load();
    // Late in the evening nothing begins any more today.
    if (this.#starts?.length === 0 && isoDate(this.#day) === isoDate(this.#today())) this.#chooseDay(isoDate(daysFrom(this.#day, 2)[1]));
  }

  /** Nothing is planned any more. */
  close() {
    this.#offeredFor = null;
    this.#asking.abort();
    clearInterval(this.#refresh);
    this.#refresh = 0;
    this.#rc = null;
    this.#forgetDay();
    this.#offers.plan.render([]);
    this.#offers.choose.render([]);
  }

  /**
   * Everything is taken now: shows when it is not.
   * @param {Rc} rc
   * @returns {Promise<boolean>} whether there is a time to show
   */
  async offerNext(rc) {
    this.close();
    this.#rc = rc;
    this.#offeredFor = rc.rc_name;
    const signal = this.#renewSignal();
    this.#offers.choose.expect(OFFERED);
    /** @type {Start[]} */
    let starts = [];
    /** @type {Start[]} */
    let free = [];
    for (const day of daysFrom(this.#today(), 2)) {
      const answer = await this.#askDay(day, signal);
      if (signal.aborted) return false;
      starts = [...starts, ...readStarts(answer, wireDate(day), serverNowMs())];
      free = nextFree(starts, OFFERED);
      if (free.length === OFFERED) break;
    }
    this.#offers.choose.render(free);
    return free.length > 0;
  }

  /** @returns {string | null} the complex of the times that are shown to those who find it full */
  get offeredFor() {
    return this.#offeredFor;
  }

  withdrawOffers() {
    if (this.#offeredFor !== null) this.close();
  }

  render() {
    if (this.#rc === null || this.#refresh === 0) return;
    const starts = this.#starts;
    const chosen = starts?.find(({ startsAtMs }) => startsAtMs === this.#chosenMs);
    this.#view.render({
      title: rcTitle(this.#rc, this.#i18n),
      days: daysFrom(this.#today(), Math.min(DAYS_SHOWN, 1 + (this.#horizonDays() ?? Infinity))),
      day: this.#day,
      lastDay: this.#lastDay(),
      starts,
      note: this.#note(),
      zones: this.#zonesInWords(),
      chosenMs: chosen?.startsAtMs ?? null,
      summary: chosen ? this.#chosenInWords(chosen) : this.#i18n.t('plan.choose'),
      booking: this.#booking,
    });
  }

  // Days.

  /** @param {string} text YYYY-MM-DD */
  #chooseDay(text) {
    const day = readIsoDate(text);
    if (!day || text < isoDate(this.#today()) || this.#booking) return;
    this.#day = day;
    this.#forgetDay();
    this.#offers.plan.render([]);
    this.#tell('');
    this.#load();
  }

  #forgetDay() {
    this.#availability = null;
    this.#starts = null;
    this.#refusal = null;
    this.#chosenMs = null;
  }

  async #load() {
    if (this.#booking) return;
    const day = this.#day;
    const signal = this.#renewSignal();
    this.render();
    const answer = await this.#askDay(day, signal);
    if (signal.aborted) return;
    if (answer.msg === 'AVAILABILITY') {
      this.#availability = answer;
      this.#starts = readStarts(answer, wireDate(day), serverNowMs());
      this.#refusal = null;
      this.#dropTaken();
    } else if (this.#starts === null) {
      this.#starts = [];
      this.#refusal = answer;
    }
    this.render();
  }

  /** @param {Day} day @param {AbortSignal} signal @returns {Promise<Answer>} */
  async #askDay(day, signal) {
    try {
      const rcName = this.#rc?.rc_name ?? '';
      const answer = await getAvailability(rcName, wireDate(day), this.#zone, signal);
      if (answer.msg !== 'BAD_REQUEST' || answer.field !== 'time_zone' || this.#zone === undefined) return answer;
      // A zone that the coordinator's records do not know: then the complex's own times are shown.
      this.#zone = undefined;
      return await getAvailability(rcName, wireDate(day), undefined, signal);
    } catch (error) {
      if (error instanceof Unreachable || signal.aborted) return { msg: 'UNREACHABLE' };
      throw error;
    }
  }

  #renewSignal() {
    this.#asking.abort();
    this.#asking = new AbortController();
    return this.#asking.signal;
  }

  // A start.

  /** @param {number} startsAtMs */
  #chooseStart(startsAtMs) {
    if (this.#booking) return;
    this.#chosenMs = startsAtMs;
    this.#offers.plan.render([]);
    this.#tell('');
    this.render();
  }

  #dropTaken() {
    const chosen = this.#starts?.find(({ startsAtMs }) => startsAtMs === this.#chosenMs);
    if (this.#chosenMs === null || (chosen && chosen.free > 0)) return;
    this.#chosenMs = null;
    this.#tell('plan.gone');
  }

  #bookChosen() {
    const chosen = this.#starts?.find(({ startsAtMs }) => startsAtMs === this.#chosenMs);
    if (chosen && this.#rc) this.#book('plan', this.#rc.rc_name, chosen);
    else if (!this.#booking) this.#tell('plan.choose', { problem: true });
  }

  /** @param {Place} place @param {string} rcName @param {Start} start */
  async #book(place, rcName, start) {
    if (this.#booking) return;
    this.#asking.abort();
    this.#booking = true;
    this.#tell(place === 'choose' ? 'plan.booking' : '');
    this.render();
    const id = this.#requestId(`${rcName} ${start.date} ${start.time}`);
    const rcZone = this.#rcZone();
    const answer = await this.#ask(rcName, start, id).finally(() => {
      this.#booking = false;
    });
    if (!UNDECIDED.has(answer.msg)) this.#request = null;
    if (answer.msg === 'CONNECTION_CODE') {
      this.#handlers.onBooked(toBooking(answer, rcName, id, rcZone));
      return;
    }
    if (this.#rc?.rc_name === rcName) this.#refuse(place, answer);
  }

  /** @param {string} rcName @param {Start} start @param {string} id @returns {Promise<Answer>} */
  #ask(rcName, { date, time }, id) {
    const wish = { rc_name: rcName, date, time, time_zone: this.#sentZone(), request_id: id };
    return planSession(wish).catch(unreachableAnswer);
  }

  /** @param {string} wish @returns {string} the same while it is not known what became of it */
  #requestId(wish) {
    if (this.#request?.wish !== wish) this.#request = { wish, id: newRequestId() };
    return this.#request.id;
  }

  /** @param {Place} place @param {Answer} answer */
  #refuse(place, answer) {
    const gone = answer.msg === 'TIME_NOT_AVAILABLE' || answer.msg === 'BAD_REQUEST';
    const alternatives = readAlternatives(answer, serverNowMs());
    if (gone) this.#chosenMs = null;
    this.#offers[place].render(alternatives);
    this.#handlers.tell(() => explainBooking(answer, alternatives.length, this.#i18n), { problem: true });
    this.render();
    if (place === 'plan' && gone) this.#load();
    if (alternatives.length > 0) this.#offers[place].focus();
  }

  // Words.

  /** @param {string} key @param {{ problem?: boolean }} [kind] */
  #tell(key, kind) {
    this.#handlers.tell(() => (key === '' ? '' : this.#i18n.t(key)), kind);
  }

  #note() {
    if (this.#starts === null) return this.#i18n.t('plan.loading');
    if (this.#refusal) return explainBooking(this.#refusal, 0, this.#i18n);
    const day = dayInWords(utcNoonMs(this.#day), this.#i18n);
    if (this.#starts.length === 0) return this.#i18n.t('plan.none', { day });
    return this.#starts.some(({ free }) => free > 0) ? '' : this.#i18n.t('plan.allfull', { day });
  }

  #zonesInWords() {
    const ms = this.#starts?.[0]?.startsAtMs ?? serverNowMs();
    const own = this.#sentZone();
    const rcZone = this.#rcZone();
    const zone = zoneInWords(own, ms, this.#i18n);
    if (this.#zone === undefined) return this.#i18n.t('plan.zone.theirs', { zone });
    if (rcZone === undefined || !clocksDiffer(own, rcZone, ms)) return this.#i18n.t('plan.zone', { zone });
    return this.#i18n.t('plan.zone.differs', { zone, theirs: zoneInWords(rcZone, ms, this.#i18n) });
  }

  /** @param {Start} start */
  #chosenInWords({ startsAtMs }) {
    const when = spanInWords(startsAtMs, startsAtMs, this.#i18n);
    const rcZone = this.#rcZone();
    if (rcZone === undefined || !clocksDiffer(undefined, rcZone, startsAtMs)) return when;
    return `${when}. ${this.#i18n.t('booked.theirs', { time: instantAt(startsAtMs, rcZone, this.#i18n) })}`;
  }

  // What the coordinator told beside the starts.

  #today() {
    return dayAt(serverNowMs(), this.#sentZone());
  }

  /** The zone of the times that are listed. */
  #sentZone() {
    return namedZone(this.#availability?.time_zone ?? '') ?? this.#zone;
  }

  /** @returns {string | undefined} */
  #rcZone() {
    return namedZone(this.#availability?.rc_time_zone ?? '');
  }

  #horizonDays() {
    const days = this.#availability?.horizon_days;
    return typeof days === 'number' && days >= 1 ? Math.floor(days) : undefined;
  }

  #lastDay() {
    const days = this.#horizonDays();
    return days === undefined ? undefined : daysFrom(this.#today(), days + 1)[days];
  }
}

/**
 * @param {Answer} answer CONNECTION_CODE
 * @param {string} rcName
 * @param {string} requestId
 * @param {string | undefined} rcZone
 * @returns {Booking}
 */
function toBooking(answer, rcName, requestId, rcZone) {
  return {
    code: String(answer.code),
    key: String(answer.key ?? ''),
    invite: typeof answer.invite === 'string' ? answer.invite : undefined,
    rc_name: typeof answer.rc_name === 'string' ? answer.rc_name : rcName,
    starts_at: answer.starts_at,
    ends_at: answer.ends_at,
    request_id: requestId,
    rc_time_zone: namedZone(answer.rc_time_zone ?? '') ?? rcZone,
  };
}

/** @param {Answer} answer @param {number} alternatives @param {import('../i18n/i18n.js').I18n} i18n */
function explainBooking(answer, alternatives, i18n) {
  if (answer.msg === 'BAD_REQUEST') return i18n.t('plan.refused.time');
  if (answer.msg === 'TIME_NOT_AVAILABLE' && alternatives > 0) return i18n.t('plan.refused.alternatives');
  return explainRefusal(answer, i18n);
}
