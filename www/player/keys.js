// @ts-check
/** Which keys belong to the scene and which to the browser. */

/**
 * @typedef {object} KeyPress what of a KeyboardEvent matters here
 * @property {string} code
 * @property {boolean} ctrlKey
 * @property {boolean} altKey
 * @property {boolean} metaKey
 */

/** Keys that the visitor needs to get on in the page and in the browser; F8 shows the connection's details. */
const BROWSER_KEYS = new Set(['Tab', 'F5', 'F6', 'F8', 'F11', 'F12', 'MetaLeft', 'MetaRight', 'ContextMenu', 'PrintScreen', 'CapsLock']);

/** Keys that would scroll the page, go back, or open a menu or a search. */
const PAGE_KEYS = new Set([
  'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Space', 'PageUp', 'PageDown', 'Home', 'End', 'Backspace',
  'Slash', 'Quote', 'AltLeft', 'AltRight', 'F1', 'F3', 'F7', 'F10',
]);

const MODIFIERS = new Set(['ControlLeft', 'ControlRight', 'ShiftLeft', 'ShiftRight', 'AltLeft', 'AltRight']);

/** @param {KeyPress} key */
export function goesToScene(key) {
  if (!key.code || key.code === 'Unidentified' || BROWSER_KEYS.has(key.code)) return false;
  if (MODIFIERS.has(key.code)) return !key.metaKey;
  return !key.ctrlKey && !key.altKey && !key.metaKey;
}

/** @param {KeyPress} key one that goes to the scene */
export function wouldMoveThePage(key) {
  return PAGE_KEYS.has(key.code);
}

/**
 * The walking keys for a thumb that lies off the middle of its pad.
 * @param {number} dx to the right, in radii of the pad
 * @param {number} dy downwards
 * @returns {Set<string>} none in the middle, two on the diagonals
 */
export function walkKeys(dx, dy) {
  /** @type {Set<string>} */
  const keys = new Set();
  const DEAD_ZONE = 0.25;
  const length = Math.hypot(dx, dy);
  if (length < DEAD_ZONE) return keys;
  // An eighth of a turn each: sin(22.5°) separates the straight directions from the diagonal ones.
  const edge = Math.sin(Math.PI / 8) * length;
  if (dy < -edge) keys.add('KeyW');
  if (dy > edge) keys.add('KeyS');
  if (dx < -edge) keys.add('KeyA');
  if (dx > edge) keys.add('KeyD');
  return keys;
}
