// @ts-check
/**
 * The visitor's own bookings, kept by the browser, with the keys, which cancel them and make their holder the host, and the
 * invitations for others. Each question reads what is stored anew, because another tab may have booked or cancelled meanwhile.
 */

/**
 * @typedef {object} Booking
 * @property {string} code
 * @property {string} key
 * @property {string} [invite] where the coordinator told it
 * @property {string} rc_name
 * @property {string} starts_at
 * @property {string} ends_at
 * @property {string} request_id
 * @property {string} [rc_time_zone] where the coordinator told it
 *
 * @typedef {Pick<Storage, 'getItem' | 'setItem'>} Keeper
 */

const MOST_KEPT = 50;

export class Bookings {
  #name;
  #keeper;
  /** @type {string | null} what could not be stored */ #unstored = null;

  /**
   * @param {string} name of this site's entry; sites at other paths of the same host have their own
   * @param {() => Keeper} keeper may throw where storage is denied; then bookings last as long as the page
   */
  constructor(name, keeper) {
    this.#name = name;
    this.#keeper = keeper;
  }

  /** @param {number} nowMs @returns {Booking[]} those that are not over, the next one first */
  list(nowMs) {
    return this.#read()
      .filter(({ ends_at: endsAt }) => Date.parse(endsAt) > nowMs)
      .sort((one, other) => Date.parse(one.starts_at) - Date.parse(other.starts_at));
  }

  /** @param {Booking} booking @param {number} nowMs */
  add(booking, nowMs) {
    const others = this.list(nowMs).filter(({ code }) => code !== booking.code);
    this.#write([...others, booking].slice(-MOST_KEPT));
  }

  /**
   * The session's invitation is another now: the old one leads nowhere any more.
   * @param {string} code as it was
   * @param {{ code: string, invite?: string }} invitation
   * @param {number} nowMs
   */
  renew(code, { code: newCode, invite }, nowMs) {
    const list = this.list(nowMs);
    if (!list.some((booking) => booking.code === code)) return;
    this.#write(list.map((booking) => (booking.code === code ? { ...booking, code: newCode, invite } : booking)));
  }

  /** @param {string} code @param {number} nowMs */
  remove(code, nowMs) {
    this.#write(this.list(nowMs).filter((booking) => booking.code !== code));
  }

  /** @returns {Booking[]} */
  #read() {
    let text = this.#unstored;
    try {
      text ??= this.#keeper().getItem(this.#name);
      const list = JSON.parse(text ?? '[]');
      return Array.isArray(list) ? list.filter(isBooking) : [];
    } catch {
      return [];
    }
  }

  /** @param {Booking[]} list */
  #write(list) {
    const text = JSON.stringify(list);
    try {
      this.#keeper().setItem(this.#name, text);
      this.#unstored = null;
    } catch {
      this.#unstored = text;
    }
  }
}

/** @param {any} value @returns {value is Booking} */
function isBooking(value) {
  const texts = [value?.code, value?.key, value?.rc_name, value?.starts_at, value?.ends_at, value?.request_id];
  if (!texts.every((text) => typeof text === 'string')) return false;
  if (value.invite !== undefined && typeof value.invite !== 'string') return false;
  return Date.parse(value.starts_at) < Date.parse(value.ends_at);
}
