// @ts-check
/** The way into the running session, kept by the browser's tab, so that a reload of the page comes back to the same scene. */

/** @typedef {import('./session/session.js').Entry} Entry */

const KEY = 'vitrina.session';

/** @param {Entry} entry */
export function keepEntry(entry) {
  withStorage((storage) => storage.setItem(KEY, JSON.stringify(entry)));
}

export function forgetEntry() {
  withStorage((storage) => storage.removeItem(KEY));
}

/** @returns {Entry | null} */
export function keptEntry() {
  return withStorage((storage) => {
    const entry = JSON.parse(storage.getItem(KEY) ?? 'null');
    return typeof entry?.ticket === 'string' && typeof entry?.url === 'string' ? entry : null;
  });
}

/**
 * An embedding site may deny storage; then a reload begins anew and everything else works.
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T | null}
 */
function withStorage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
