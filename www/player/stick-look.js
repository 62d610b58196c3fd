// @ts-check
/**
 * Looking around without a mouse. An application that reads relative moves gets these; every other is dragged: the button goes down, the
 * pointer moves, and where it comes to the edge it lets go and takes hold again at the other side.
 */

/**
 * @typedef {import('./input-queue.js').InputMessage} InputMessage
 * @typedef {object} LookPorts
 * @property {(message: InputMessage) => void} send
 * @property {(message: InputMessage) => void} merge
 * @property {() => { width: number, height: number }} getSize of the picture, in its pixels
 * @property {() => boolean} isRelative the application reads relative moves
 */

/** How near the edge of the picture the pointer goes, as a fraction. */
const EDGE = 0.1;
const MIDDLE = 0.5;

/** So long a stick that rests still holds: who lets go and takes hold again at once would have clicked twice. */
const HOLD_MS = 600;

export class StickLook {
  #ports;
  /** Where the pointer holds the picture. @type {{ x: number, y: number } | null} */ #held = null;
  #movedMs = 0;
  /** What has not made a pixel yet. */ #rest = { x: 0, y: 0 };

  /** @param {LookPorts} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {number} dx in widths of the picture @param {number} dy the same, downwards; both 0: the stick rests @param {number} nowMs */
  look(dx, dy, nowMs) {
    if (dx === 0 && dy === 0) {
      if (nowMs - this.#movedMs > HOLD_MS) this.end();
      return;
    }
    const { width, height } = this.#ports.getSize();
    if (width === 0 || height === 0) return;
    this.#movedMs = nowMs;
    if (this.#ports.isRelative()) this.#move(dx * width, dy * width);
    else this.#drag(dx, (dy * width) / height);
  }

  /** Lets go. */
  end() {
    if (this.#held) this.#ports.send({ type: 'pointerup', button: 0, ...place(this.#held) });
    this.#held = null;
  }

  /** @param {number} dx @param {number} dy in pixels */
  #move(dx, dy) {
    this.end();
    const x = this.#rest.x + dx;
    const y = this.#rest.y + dy;
    const whole = { dx: Math.trunc(x), dy: Math.trunc(y) };
    this.#rest = { x: x - whole.dx, y: y - whole.dy };
    if (whole.dx !== 0 || whole.dy !== 0) this.#ports.merge({ type: 'pointermoverelative', ...whole });
  }

  /** @param {number} dx @param {number} dy fractions of the picture */
  #drag(dx, dy) {
    this.#held ??= this.#takeHold(MIDDLE, MIDDLE);
    const { x, y } = this.#held;
    if (isOver(x + dx) || isOver(y + dy)) {
      this.end();
      this.#held = this.#takeHold(otherSide(x, dx), otherSide(y, dy));
    }
    this.#held = { x: clamp(this.#held.x + dx), y: clamp(this.#held.y + dy) };
    this.#ports.merge({ type: 'pointermove', ...place(this.#held) });
  }

  /** @param {number} x @param {number} y */
  #takeHold(x, y) {
    this.#ports.send({ type: 'pointermove', ...place({ x, y }) });
    this.#ports.send({ type: 'pointerdown', button: 0, ...place({ x, y }) });
    return { x, y };
  }
}

/** @param {number} at */
function isOver(at) {
  return at < EDGE || at > 1 - EDGE;
}

/** @param {number} at */
function clamp(at) {
  return Math.min(1 - EDGE, Math.max(EDGE, at));
}

/** @param {number} at @param {number} by @returns {number} where there is room for the way on */
function otherSide(at, by) {
  if (!isOver(at + by)) return at;
  return by > 0 ? EDGE : 1 - EDGE;
}

/** @param {{ x: number, y: number }} point to four decimals, as a mouse's */
function place({ x, y }) {
  return { x: Math.round(x * 10_000) / 10_000, y: Math.round(y * 10_000) / 10_000 };
}
