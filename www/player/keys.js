// @ts-check
/**
 * Which keys belong to the scene and which to the browser. They go to the scene by their place on the keyboard, whatever the visitor's
 * layout has there; text is another thing (typing.js).
 */

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

/** With Ctrl they make the page larger and smaller, which some visitors cannot do without. */
const ZOOM_KEYS = new Set(['Equal', 'Minus', 'Digit0', 'NumpadAdd', 'NumpadSubtract', 'Numpad0']);

const MODIFIERS = new Set(['ControlLeft', 'ControlRight', 'ShiftLeft', 'ShiftRight', 'AltLeft', 'AltRight']);

/**
 * @param {KeyPress} key
 * @param {boolean} onPicture the focus is there: letters with Ctrl and Alt are the scene's then
 */
export function goesToScene(key, onPicture) {
  if (!key.code || key.code === 'Unidentified' || BROWSER_KEYS.has(key.code)) return false;
  if (MODIFIERS.has(key.code)) return !key.metaKey;
  if (key.metaKey) return false;
  if (!key.ctrlKey && !key.altKey) return true;
  return onPicture && !(key.ctrlKey && ZOOM_KEYS.has(key.code));
}

/**
 * macOS tells of no key that is let go while Command is down, so whatever was held before it must be let go with it.
 * @param {{ code: string, key: string }} event
 */
export function isMeta(event) {
  return event.key === 'Meta' || ['MetaLeft', 'MetaRight', 'OSLeft', 'OSRight'].includes(event.code);
}

/**
 * The browser brings the text that this pastes.
 * @param {KeyPress & { shiftKey: boolean }} key
 */
export function isPaste(key) {
  const byLetter = key.code === 'KeyV' && key.ctrlKey !== key.metaKey && !key.altKey;
  return byLetter || (key.code === 'Insert' && key.shiftKey && !key.ctrlKey && !key.altKey);
}

/**
 * What AltGr makes of a key is meant as a character: the scene's keyboard has nothing at that place.
 * @param {{ key: string, getModifierState: (name: string) => boolean }} event
 * @returns {string} empty: it is not typed so
 */
export function typedByAltGr(event) {
  return event.getModifierState('AltGraph') && [...event.key].length === 1 ? event.key : '';
}

/** @param {KeyPress} key one that goes to the scene */
export function wouldMoveThePage(key) {
  return PAGE_KEYS.has(key.code) || ((key.ctrlKey || key.altKey) && !MODIFIERS.has(key.code));
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
