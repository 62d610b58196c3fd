// @ts-check
/** Who is in the session, who steers and who asks to: as the streamer told, and what follows from it for the visitor. */

/**
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {object} Person
 * @property {string} user
 * @property {string} name empty: they gave none
 * @property {'host' | 'guest'} role
 * @property {number} number in the order of coming, from 1
 *
 * What the visitor may do about control: give it away, give it back, take it, ask for it, take the question back.
 * @typedef {'give' | 'give-back' | 'take' | 'ask' | 'withdraw'} ControlMove
 */

/** So many of those who left are remembered by name. */
const MOST_PAST = 100;

export class People {
  /** @type {Map<string, Person>} */ #here = new Map();
  /** @type {Map<string, Person>} */ #past = new Map();
  /** @type {Set<string>} in the order of asking */ #asking = new Set();
  /** @type {string | null} the visitor */
  self = null;
  /** @type {string | null} who steers */
  controller = null;
  /** Whoever touches the scene steers, when no other hand is on it. */
  free = false;

  /** The streamer lets the visitor in, and says how things stand. @param {Answer} answer */
  enter(answer) {
    this.self = textOr(answer.user, null);
    this.controller = textOr(answer.controller, '') || null;
    this.free = answer.control === 'free';
    this.#here.clear();
    for (const one of listOf(answer.users)) this.#put(one ?? {});
    this.#asking = new Set(listOf(answer.requests).filter((user) => this.#here.has(user)));
  }

  /** @param {Answer} event one that is not about people changes nothing */
  hear(event) {
    if (Object.hasOwn(People.#EVENTS, event.msg)) People.#EVENTS[event.msg](this, event);
  }

  /** @returns {Person[]} in the order of coming */
  get all() {
    return [...this.#here.values()].sort((one, other) => one.number - other.number);
  }

  get count() {
    return this.#here.size;
  }

  /** @returns {Person | undefined} */
  get me() {
    return this.#here.get(this.self ?? '');
  }

  /** The visitor's input moves the scene. */
  get steers() {
    return this.self !== null && this.controller === this.self;
  }

  /**
   * The visitor's input may go to the streamer, which decides: a touch may bring control where the first one does so, and to whoever
   * lost it to nobody for being still.
   */
  get mayTouch() {
    return this.self !== null && (this.steers || this.free || this.controller === null);
  }

  /** @returns {Person[]} who ask for control, the first to ask first */
  get asking() {
    return [...this.#asking].flatMap((user) => this.#here.get(user) ?? []);
  }

  /** @returns {ControlMove | null} null: there is nobody to pass control to */
  get move() {
    const { me } = this;
    if (!me) return null;
    if (this.steers) {
      if (this.count < 2) return null;
      return me.role === 'host' ? 'give' : 'give-back';
    }
    if (me.role === 'host' || this.controller === null) return 'take';
    return this.#asking.has(me.user) ? 'withdraw' : 'ask';
  }

  /** @param {string} user @returns {Person | undefined} also one who has left */
  find(user) {
    return this.#here.get(user) ?? this.#past.get(user);
  }

  /** @param {string} user */
  isAsking(user) {
    return this.#asking.has(user);
  }

  /** Whether the visitor may say who steers. */
  get mayDecide() {
    return this.steers || this.me?.role === 'host';
  }

  /** @param {string} user */
  mayGiveTo(user) {
    return this.mayDecide && user !== this.controller && user !== this.self && this.#here.has(user);
  }

  /** @param {string} user */
  mayRemove(user) {
    return this.me?.role === 'host' && user !== this.self && this.#here.get(user)?.role === 'guest';
  }

  /** @param {Answer} event with the fields of a person */
  #put({ user, name, role, number }) {
    if (typeof user !== 'string' || user === '') return;
    const known = this.find(user);
    this.#past.delete(user);
    this.#here.set(user, {
      user,
      name: textOr(name, ''),
      role: role === 'host' ? 'host' : 'guest',
      number: typeof number === 'number' ? number : known?.number ?? this.count + 1,
    });
  }

  /** @param {string} user */
  #leave(user) {
    const person = this.#here.get(user);
    if (!person) return;
    this.#here.delete(user);
    this.#asking.delete(user);
    this.#past.set(user, person);
    for (const oldest of this.#past.keys()) {
      if (this.#past.size <= MOST_PAST) break;
      this.#past.delete(oldest);
    }
  }

  /** What each event about people does. @type {Record<string, (people: People, event: Answer) => void>} */
  static #EVENTS = {
    USER_JOINED: (people, event) => people.#put(event),
    USER_CHANGED: (people, event) => void (people.#here.has(event.user) && people.#put({ ...people.find(event.user), ...event })),
    USER_LEFT: (people, event) => people.#leave(event.user),
    CONTROL_REQUESTED: (people, { user }) => void (people.#here.has(user) && people.#asking.add(user)),
    CONTROL_DECLINED: (people, { user }) => void people.#asking.delete(user),
    CONTROL_CHANGED: (people, { controller }) => {
      people.controller = textOr(controller, '') || null;
      people.#asking.delete(controller);
    },
  };
}

/** @param {unknown} value @returns {any[]} */
function listOf(value) {
  return Array.isArray(value) ? value : [];
}

/** @template T @param {unknown} value @param {T} otherwise @returns {string | T} */
function textOr(value, otherwise) {
  return typeof value === 'string' ? value : otherwise;
}
