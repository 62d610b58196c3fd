// @ts-check
/**
 * What outlives the page: in the browser's tab the way into the running session and what was said there, so that a reload comes back
 * to the same scene and talk, and the place in a waiting line; in the browser the visitor's name.
 */

/**
 * @typedef {import('../session/state.js').Entry} Entry
 * @typedef {import('../session/session.js').Kept} Talk
 */

const ENTRY_KEY = 'vitrina.session';
const TALK_KEY = 'vitrina.talk';
const NAME_KEY = 'vitrina.name';
const PLACE_KEY = 'vitrina.place';

/** Longer than any name that the streamer has taken. */
const LONGEST_KEPT_NAME = 100;

/** @param {Entry} entry */
export function keepEntry(entry) {
  withStorage((storage) => storage.setItem(ENTRY_KEY, JSON.stringify(entry)));
}

/** What has changed of it since. @param {string} ticket of the entry @param {Partial<Entry>} changes */
export function amendEntry(ticket, changes) {
  const entry = keptEntry();
  if (entry?.ticket === ticket) keepEntry({ ...entry, ...changes });
}

export function forgetEntry() {
  withStorage((storage) => {
    storage.removeItem(ENTRY_KEY);
    storage.removeItem(TALK_KEY);
  });
}

/** @returns {Entry | null} */
export function keptEntry() {
  return withStorage((storage) => {
    const entry = JSON.parse(storage.getItem(ENTRY_KEY) ?? 'null');
    return typeof entry?.ticket === 'string' && typeof entry?.url === 'string' ? entry : null;
  });
}

/** @param {string} ticket of the session in which it was said @param {Talk} talk */
export function keepTalk(ticket, talk) {
  withStorage((storage) => storage.setItem(TALK_KEY, JSON.stringify({ ticket, ...talk })));
}

/** @param {string} ticket @returns {Talk | null} */
export function keptTalk(ticket) {
  return withStorage((storage) => {
    const talk = JSON.parse(storage.getItem(TALK_KEY) ?? 'null');
    return talk?.ticket === ticket && Array.isArray(talk.messages) ? { cursor: talk.cursor, messages: talk.messages } : null;
  });
}

/** @param {{ rc_name: string, place: string }} place in a complex's waiting line */
export function keepPlace(place) {
  withStorage((storage) => storage.setItem(PLACE_KEY, JSON.stringify(place)));
}

export function forgetPlace() {
  withStorage((storage) => storage.removeItem(PLACE_KEY));
}

/** @returns {{ rc_name: string, place: string } | null} */
export function keptPlace() {
  return withStorage((storage) => {
    const kept = JSON.parse(storage.getItem(PLACE_KEY) ?? 'null');
    return typeof kept?.rc_name === 'string' && typeof kept?.place === 'string' ? kept : null;
  });
}

/** @param {string} name empty: none */
export function keepName(name) {
  withStorage((storage) => storage.setItem(NAME_KEY, name), () => localStorage);
}

/** @returns {string} by which the visitor was called last; empty: by none */
export function keptName() {
  return withStorage((storage) => storage.getItem(NAME_KEY)?.slice(0, LONGEST_KEPT_NAME), () => localStorage) ?? '';
}

/**
 * An embedding site may deny storage; then a reload begins anew and everything else works.
 * @template T
 * @param {(storage: Storage) => T} use
 * @param {() => Storage} [open]
 * @returns {T | null}
 */
function withStorage(use, open = () => sessionStorage) {
  try {
    return use(open());
  } catch {
    return null;
  }
}
