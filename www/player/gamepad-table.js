// @ts-check
import { isSceneKey } from './scene-keys.js';

/**
 * What a gamepad does in a scene. Its buttons and sticks have the names of this table, in the order of the Gamepad API's layout "standard";
 * each does what an application's own table says (vitrina-servers.json(5)), or the usual.
 */

/**
 * @typedef {string} Deed a key (KeyboardEvent.code) that is held, or one of `DEEDS`
 * @typedef {'look' | 'none' | readonly string[]} Stick `look`, or the keys for up, left, down and right
 * @typedef {{ buttons: readonly Deed[], left: Stick, right: Stick }} GamepadTable buttons by their index
 */

/** What is no key: a button of the mouse in the middle of the picture, a turn of the wheel, nothing. */
export const DEEDS = new Set(['click', 'right_click', 'wheel_up', 'wheel_down', 'none']);

/** @type {readonly (readonly [string, Deed])[]} */
const BUTTONS = [
  ['a', 'click'], ['b', 'Escape'], ['x', 'none'], ['y', 'none'],
  ['lb', 'none'], ['rb', 'ShiftLeft'], ['lt', 'wheel_down'], ['rt', 'wheel_up'],
  ['back', 'none'], ['start', 'none'], ['ls', 'ShiftLeft'], ['rs', 'none'],
  ['up', 'ArrowUp'], ['down', 'ArrowDown'], ['left', 'ArrowLeft'], ['right', 'ArrowRight'],
];

/** @param {unknown} value @returns {value is Deed} */
function isDeed(value) {
  return isSceneKey(value) || DEEDS.has(/** @type {string} */ (value));
}

/** @param {unknown} value @returns {value is Stick} */
function isStick(value) {
  if (Array.isArray(value)) return value.length === 4 && value.every(isSceneKey);
  return value === 'look' || value === 'none';
}

/**
 * @param {unknown} info what the application's list says; what is wrong in it is as if it were not there
 * @returns {GamepadTable | null} null: this application wants no gamepad
 */
export function readGamepadTable(info) {
  if (info === false) return null;
  const own = /** @type {Record<string, unknown>} */ (typeof info === 'object' && info !== null ? info : {});
  return {
    buttons: BUTTONS.map(([name, usual]) => (isDeed(own[name]) ? own[name] : usual)),
    left: isStick(own.left_stick) ? own.left_stick : ['KeyW', 'KeyA', 'KeyS', 'KeyD'],
    right: isStick(own.right_stick) ? own.right_stick : 'look',
  };
}
