// @ts-check
import { find } from '../dom.js';

/**
 * Holding the mouse: it turns the view without being seen, until Esc lets it go. A button does it for any scene; where the scene is
 * looked around in that way, so does a click on the picture.
 */

/** A hand that went further between press and release has dragged, and clicked nothing. */
const CLICK_PIXELS = 4;

/**
 * @typedef {object} MousePorts
 * @property {() => boolean} isPointing the mouse shows others something, and does not touch the scene
 * @property {() => void} onChange it is held now, or not any more
 *
 * @typedef {object} MouseState
 * @property {boolean} steers
 * @property {boolean} mayHold what the mouse does reaches the scene
 * @property {boolean} relative the scene takes moves of the mouse alone, as the streamer sees it
 * @property {boolean} promised the list of complexes says that a click holds the mouse
 */

export class MouseView {
  #video;
  #ports;
  #button = find('[data-tool="mouse"]', HTMLButtonElement);
  /** @type {MouseState} */ #state = { steers: false, mayHold: false, relative: false, promised: false };
  /** Held because the scene wants it: with that it goes. */ #forScene = false;
  /** It went with that, and comes back with it. */ #awaited = false;
  #pressedX = 0;
  #pressedY = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {MousePorts} ports
   */
  constructor(video, ports) {
    this.#video = video;
    this.#ports = ports;
    this.#button.addEventListener('click', () => this.#toggle());
    video.addEventListener('pointerdown', (event) => {
      this.#pressedX = event.clientX;
      this.#pressedY = event.clientY;
    });
    video.addEventListener('click', (event) => this.#onClick(event));
    document.addEventListener('pointerlockchange', () => this.#onLock());
  }

  get isHeld() {
    return document.pointerLockElement === this.#video;
  }

  /** A click on the picture holds the mouse. */
  get isOffered() {
    return this.#state.relative || this.#state.promised;
  }

  /** @param {MouseState} state */
  render(state) {
    this.#state = state;
    this.#button.hidden = !state.steers || !('requestPointerLock' in this.#video);
    if (!state.mayHold) this.#letGo();
    else if (this.isHeld && this.#forScene && !this.isOffered) {
      // The scene shows its pointer, in a menu perhaps: the visitor shall see it, too.
      this.#letGo();
      this.#awaited = true;
    } else if (!this.isHeld && this.#awaited && this.isOffered) this.#hold(true);
    this.#renderButton();
  }

  stop() {
    this.#letGo();
  }

  #renderButton() {
    this.#button.setAttribute('aria-pressed', String(this.isHeld));
  }

  #toggle() {
    if (this.isHeld) this.#letGo();
    else this.#hold(false);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const byMouse = event instanceof PointerEvent && event.pointerType === 'mouse';
    const isDrag = Math.hypot(event.clientX - this.#pressedX, event.clientY - this.#pressedY) > CLICK_PIXELS;
    if (byMouse && !isDrag && this.isOffered && this.#state.mayHold && !this.#ports.isPointing()) this.#hold(true);
  }

  #onLock() {
    this.#renderButton();
    this.#ports.onChange();
  }

  #letGo() {
    this.#awaited = false;
    if (document.pointerLockElement) document.exitPointerLock();
  }

  /** To be called while the visitor presses something, unless it was let go by letGo(). @param {boolean} forScene */
  async #hold(forScene) {
    this.#awaited = false;
    if (document.pointerLockElement || !('requestPointerLock' in this.#video)) return;
    this.#forScene = forScene;
    this.#video.focus({ preventScroll: true });
    // As the hand moves it, where the browser can: a desktop's acceleration is made for pointers.
    const failure = await requestLock(this.#video, { unadjustedMovement: true });
    if (failure === 'NotSupportedError') await requestLock(this.#video);
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {{ unadjustedMovement: boolean }} [options]
 * @returns {Promise<string>} why not, by the name of the error; older browsers say nothing
 */
async function requestLock(video, options) {
  try {
    await /** @type {any} */ (video).requestPointerLock(options);
    return '';
  } catch (error) {
    return error instanceof Error ? error.name : '';
  }
}
