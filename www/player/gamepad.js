// @ts-check
/** From gamepads to what keys and mouse do: looked at with every frame, for the browser tells nothing by itself. */

/**
 * @typedef {import('./gamepad-table.js').GamepadTable} GamepadTable
 * @typedef {import('./gamepad-table.js').Deed} Deed
 * @typedef {{ connected: boolean, mapping: string, axes: readonly number[], buttons: readonly { pressed: boolean, value: number }[] }} Pad
 *   what of a Gamepad matters here
 *
 * @typedef {object} GamepadPorts
 * @property {() => Iterable<Pad | null>} getPads
 * @property {(callback: (nowMs: number) => void) => unknown} requestFrame
 * @property {(code: string, down: boolean) => void} press a key
 * @property {(button: number, down: boolean) => void} click a button of the mouse
 * @property {(dy: number) => void} wheel as WheelEvent.deltaY
 * @property {(dx: number, dy: number, nowMs: number) => void} look by how far, in widths of the picture; 0, 0: the stick rests
 */

/** How far something is pushed when it goes down, and when it comes up again: between them it stays as it was. */
const PRESSED = 0.5;
const RELEASED = 0.35;

/** A stick that is left alone does not come back to the very middle. */
const DEAD_ZONE = 0.18;

/** Widths of the picture in a second, with the stick pushed all the way; slower, and finer, near the middle. */
const LOOK_SPEED = 0.6;
const LOOK_CURVE = 1.6;

/** A frame that came late shall not throw the view about. */
const LONGEST_FRAME_MS = 100;

const WHEEL_EVERY_MS = 150;
const WHEEL_STEP = 120;

/** What can be told of a pad in no layout that is known: the left stick, and the four buttons under the thumb. */
const SURE_BUTTONS = 4;

/** @type {Map<Deed, number>} */
const MOUSE_BUTTONS = new Map([['click', 0], ['right_click', 2]]);
/** @type {Map<Deed, number>} */
const WHEELS = new Map([['wheel_up', -WHEEL_STEP], ['wheel_down', WHEEL_STEP]]);

export class GamepadInput {
  #ports;
  /** @type {GamepadTable | null} */ #table = null;
  #running = false;
  #frameAsked = false;
  /** What is pushed. @type {Set<string>} */ #on = new Set();
  /** What is done by it. @type {Set<Deed>} */ #held = new Set();
  #lastMs = 0;
  #wheelMs = 0;

  /** @param {GamepadPorts} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {GamepadTable | null} table */
  setTable(table) {
    this.#letGo();
    this.#table = table;
  }

  /** Looks at the gamepads from now on, as long as there is one. */
  start() {
    if (this.#table === null || this.#running || this.#pads().length === 0) return;
    this.#running = true;
    this.#lastMs = 0;
    this.#askFrame();
  }

  /** Looks no more, and lets go of everything. */
  stop() {
    this.#running = false;
    this.#letGo();
  }

  #pads() {
    return [...this.#ports.getPads()].filter((pad) => pad !== null && pad.connected);
  }

  #askFrame() {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    this.#ports.requestFrame((nowMs) => {
      this.#frameAsked = false;
      if (this.#running) this.#lookAtPads(nowMs);
    });
  }

  /** @param {number} nowMs */
  #lookAtPads(nowMs) {
    const pads = /** @type {Pad[]} */ (this.#pads());
    const table = this.#table;
    if (table === null || pads.length === 0) {
      this.stop();
      return;
    }
    const passedMs = this.#lastMs === 0 ? 0 : Math.min(nowMs - this.#lastMs, LONGEST_FRAME_MS);
    this.#lastMs = nowMs;
    /** @type {Set<Deed>} */
    const deeds = new Set();
    table.buttons.forEach((deed, at) => {
      const value = Math.max(...pads.map((pad) => valueOf(pad, at)));
      if (this.#isPushed(`button ${at}`, value)) deeds.add(deed);
    });
    let dx = 0;
    let dy = 0;
    for (const [name, stick, x, y] of sticksOf(table, pads)) {
      if (stick === 'look') {
        const [byX, byY] = turn(x, y, passedMs);
        dx += byX;
        dy += byY;
      } else if (stick !== 'none') {
        [-y, -x, y, x].forEach((value, at) => {
          if (this.#isPushed(`${name} ${at}`, value)) deeds.add(stick[at]);
        });
      }
    }
    this.#do(deeds, nowMs);
    this.#ports.look(dx, dy, nowMs);
    this.#askFrame();
  }

  /** @param {string} what @param {number} value from 0 to 1 */
  #isPushed(what, value) {
    const pushed = value > (this.#on.has(what) ? RELEASED : PRESSED);
    if (pushed) this.#on.add(what);
    else this.#on.delete(what);
    return pushed;
  }

  /** @param {Set<Deed>} deeds @param {number} nowMs */
  #do(deeds, nowMs) {
    for (const deed of this.#held) if (!deeds.has(deed)) this.#act(deed, false);
    for (const deed of deeds) if (!this.#held.has(deed)) this.#act(deed, true);
    const isNew = [...deeds].some((deed) => WHEELS.has(deed) && !this.#held.has(deed));
    this.#held = deeds;
    if (isNew || nowMs - this.#wheelMs >= WHEEL_EVERY_MS) {
      this.#wheelMs = nowMs;
      for (const deed of deeds) if (WHEELS.has(deed)) this.#ports.wheel(/** @type {number} */ (WHEELS.get(deed)));
    }
  }

  /** @param {Deed} deed @param {boolean} down */
  #act(deed, down) {
    const button = MOUSE_BUTTONS.get(deed);
    if (button !== undefined) this.#ports.click(button, down);
    else if (!WHEELS.has(deed) && deed !== 'none') this.#ports.press(deed, down);
  }

  #letGo() {
    for (const deed of this.#held) this.#act(deed, false);
    this.#held = new Set();
    this.#on.clear();
  }
}

/** @param {Pad} pad @param {number} at @returns {number} how far the button is pushed, from 0 to 1 */
function valueOf({ mapping, buttons }, at) {
  const button = mapping === 'standard' || at < SURE_BUTTONS ? buttons[at] : undefined;
  if (!button) return 0;
  return button.pressed ? 1 : button.value;
}

/**
 * @param {GamepadTable} table @param {Pad[]} pads
 * @returns {[string, import('./gamepad-table.js').Stick, number, number][]} each stick with where it is pushed, by whoever pushes most
 */
function sticksOf(table, pads) {
  /** @param {(pad: Pad) => [number, number]} place @returns {[number, number]} */
  const most = (place) => pads.map(place).reduce((one, other) => (Math.hypot(...other) > Math.hypot(...one) ? other : one));
  const [leftX, leftY] = most(({ axes }) => [axes[0] ?? 0, axes[1] ?? 0]);
  const [rightX, rightY] = most(({ mapping, axes }) => (mapping === 'standard' ? [axes[2] ?? 0, axes[3] ?? 0] : [0, 0]));
  return [['left', table.left, leftX, leftY], ['right', table.right, rightX, rightY]];
}

/** @param {number} x @param {number} y of the stick @param {number} passedMs @returns {[number, number]} in widths of the picture */
function turn(x, y, passedMs) {
  const length = Math.hypot(x, y);
  if (length < DEAD_ZONE) return [0, 0];
  const strength = Math.min(1, (length - DEAD_ZONE) / (1 - DEAD_ZONE)) ** LOOK_CURVE;
  const far = (strength * LOOK_SPEED * passedMs) / 1000 / length;
  return [x * far, y * far];
}
