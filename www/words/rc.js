// @ts-check
/** What a complex is called and whether there is room in it, in the visitor's words. */

/**
 * @typedef {import('../net/coordinator.js').Rc} Rc
 * @typedef {import('../i18n/i18n.js').I18n} I18n
 */

/** @param {Rc} rc @param {I18n} i18n @returns {string} its title, where the list of servers gives one, else its name */
export function rcTitle(rc, i18n) {
  return i18n.pick(rc.info?.title) || rc.rc_name;
}

/** @param {Rc} rc @param {I18n} i18n @returns {string} may be empty; both spellings of the field are in use */
export function rcDescription(rc, i18n) {
  return i18n.pick(rc.info?.deskription ?? rc.info?.description);
}

/** @param {Rc | undefined} rc @returns {boolean} its scene is looked around in by a mouse that is held, without a button pressed */
export function rcHoldsMouse(rc) {
  return rc?.info?.pointer_lock === true;
}

/**
 * Closed: nobody serves it now; unreachable: somebody should, and nothing of it can be reached.
 * @typedef {'free' | 'busy' | 'closed' | 'unreachable'} RcState
 */

/**
 * @param {Rc} rc
 * @returns {{ capacity: number, free: number, state: RcState }}
 */
export function rcPlaces(rc) {
  const capacity = wholeNumber(rc.capacity);
  const free = Math.min(wholeNumber(rc.free), capacity);
  const state = capacity === 0 ? 'closed' : rc.reachable === 0 ? 'unreachable' : free === 0 ? 'busy' : 'free';
  return { capacity, free, state };
}

/** @param {Rc} rc @param {I18n} i18n @returns {string} */
export function rcPlacesInWords(rc, i18n) {
  const { capacity, free, state } = rcPlaces(rc);
  if (state !== 'free') return i18n.t(`rc.${state}`);
  return capacity === 1 ? i18n.t('rc.free.only') : i18n.t('rc.free', { count: free, capacity });
}

/** @param {unknown} value */
function wholeNumber(value) {
  return typeof value === 'number' && value > 0 ? Math.floor(value) : 0;
}
