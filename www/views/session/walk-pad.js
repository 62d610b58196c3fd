// @ts-check
import { walkKeys } from '../../player/keys.js';
import { find } from '../dom.js';

/** A round pad for the left thumb: it holds the walking keys down in the direction in which the thumb lies. */

export class WalkPadView {
  #pad = find('[data-pad]', HTMLElement);
  #thumb = find('[data-pad-thumb]', HTMLElement);
  #press;
  /** @type {Set<string>} */ #down = new Set();
  /** @type {number | null} */ #pointer = null;

  /** @param {(code: string, down: boolean) => void} press */
  constructor(press) {
    this.#press = press;
    this.#pad.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      this.#pointer = event.pointerId;
      this.#pad.setPointerCapture(event.pointerId);
      this.#follow(event);
    });
    this.#pad.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#pointer) this.#follow(event);
    });
    for (const type of ['pointerup', 'pointercancel']) this.#pad.addEventListener(type, () => this.#release());
    this.#pad.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  /** @param {boolean} visible where there is a touch screen; elsewhere the style sheet hides it */
  show(visible) {
    this.#pad.hidden = !visible;
    if (!visible) this.#release();
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    const box = this.#pad.getBoundingClientRect();
    const radius = box.width / 2;
    const dx = (event.clientX - box.left) / radius - 1;
    const dy = (event.clientY - box.top) / radius - 1;
    const reach = Math.max(1, Math.hypot(dx, dy));
    this.#moveThumb(dx / reach, dy / reach);
    this.#hold(walkKeys(dx, dy));
  }

  #release() {
    this.#pointer = null;
    this.#moveThumb(0, 0);
    this.#hold(new Set());
  }

  /** @param {Set<string>} keys */
  #hold(keys) {
    for (const code of this.#down) if (!keys.has(code)) this.#press(code, false);
    for (const code of keys) if (!this.#down.has(code)) this.#press(code, true);
    this.#down = keys;
  }

  /** @param {number} dx in radii @param {number} dy */
  #moveThumb(dx, dy) {
    this.#thumb.style.setProperty('--dx', String(dx));
    this.#thumb.style.setProperty('--dy', String(dy));
  }
}
