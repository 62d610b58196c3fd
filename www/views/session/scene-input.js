// @ts-check
import { InputQueue } from '../../player/input-queue.js';
import { goesToScene, isMeta, isPaste, typedByAltGr, wouldMoveThePage } from '../../player/keys.js';
import { textPieces } from '../../player/typing.js';
import { ClosingGuard } from './closing.js';
import { placeOnPicture } from './picture.js';

/** From the visitor's mouse, fingers and keys on the picture to input messages. */

/**
 * @typedef {import('../../player/input-queue.js').InputMessage} InputMessage
 *
 * @typedef {object} SceneInputPorts
 * @property {(message: InputMessage) => void} send
 * @property {() => number} backlog bytes that the network has not taken yet
 * @property {() => boolean} mayControl while false nothing is sent
 * @property {() => boolean} isPointing mouse and fingers show others something, and do not touch the scene
 * @property {() => boolean} isTyping the focus stays where the visitor types (text-entry.js)
 */

const LINE_PIXELS = 40;

export class SceneInput {
  #video;
  #ports;
  #queue;
  #fingers = new Fingers();
  /** @type {Set<string>} */ #keysDown = new Set();
  #buttonsDown = 0;
  /** What the engine says of the application. */ takesMoves = false;
  #closing = new ClosingGuard();

  /**
   * @param {HTMLVideoElement} video
   * @param {SceneInputPorts} ports
   */
  constructor(video, ports) {
    this.#video = video;
    this.#ports = ports;
    this.#queue = new InputQueue({
      send: (message) => {
        if (ports.mayControl()) ports.send(message);
      },
      backlog: ports.backlog,
      requestFrame: (callback) => requestAnimationFrame(callback),
    });
    this.#listenToPicture();
    this.#listenToPage();
  }

  /** A key, or what stands for one. @param {string} code @param {boolean} down */
  press(code, down) {
    if (down === this.#keysDown.has(code)) return;
    if (down) this.#keysDown.add(code);
    else this.#keysDown.delete(code);
    this.#queue.send({ type: down ? 'keydown' : 'keyup', code });
    this.#guardClosing();
  }

  /** A key that is pressed and let go. @param {string} code */
  tap(code) {
    for (const type of ['keydown', 'keyup']) this.#queue.send({ type, code });
  }

  /** What is written, as the visitor sees it. @param {string} text */
  type(text) {
    for (const piece of textPieces(text)) this.#queue.send({ type: 'text', text: piece });
  }

  /** What stands for the mouse, in order with all else. @param {InputMessage} message */
  send(message) {
    this.#queue.send(message);
  }

  /** The same for what may be merged. @param {InputMessage} message */
  merge(message) {
    this.#queue.merge(message);
  }

  /** Whether the scene looks around by moves: it does so by itself, or the mouse is held. */
  get isRelative() {
    return this.takesMoves || this.#isLocked;
  }

  /** Lets go of everything that is held down in the scene. */
  releaseAll() {
    const held = this.#keysDown.size > 0 || this.#buttonsDown !== 0 || this.#fingers.count > 0;
    this.#keysDown.clear();
    this.#buttonsDown = 0;
    this.#fingers.clear();
    this.#queue.clear();
    if (held) this.#queue.send({ type: 'releaseall' });
    this.#guardClosing();
  }

  /** Who holds Ctrl to do something in the scene and walks on with W closes the tab, and rarely means it. */
  #guardClosing() {
    const ctrl = this.#keysDown.has('ControlLeft') || this.#keysDown.has('ControlRight');
    this.#closing.set(ctrl && this.#ports.mayControl());
  }

  #listenToPicture() {
    const video = this.#video;
    video.addEventListener('pointerdown', (event) => this.#onPointerDown(event));
    video.addEventListener('pointermove', (event) => this.#onPointerMove(event));
    video.addEventListener('pointerup', (event) => this.#onPointerUp(event));
    video.addEventListener('pointercancel', (event) => this.#onPointerUp(event));
    video.addEventListener('contextmenu', (event) => event.preventDefault());
    // A mouse's press would start a drag or a selection, and with the buttons beyond the third a browser goes back and forth. Not in its
    // pointer's event: of who prevents that the browser asks nothing when it goes.
    video.addEventListener('mousedown', (event) => event.preventDefault());
    for (const type of /** @type {const} */ (['mouseup', 'auxclick']))
      video.addEventListener(type, (event) => event.button > 2 && event.preventDefault());
    video.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
  }

  #listenToPage() {
    addEventListener('keydown', (event) => this.#onKey(event));
    addEventListener('keyup', (event) => this.#onKey(event));
    addEventListener('paste', (event) => this.#onPaste(event));
    addEventListener('blur', () => this.releaseAll());
    addEventListener('pagehide', () => this.releaseAll());
    document.addEventListener('visibilitychange', () => document.hidden && this.releaseAll());
    document.addEventListener('pointerlockchange', () => this.#isLocked || this.releaseAll());
  }

  get #isLocked() {
    return document.pointerLockElement === this.#video;
  }

  /** @param {PointerEvent} event */
  #onPointerDown(event) {
    // Neither is the default, so the focus is taken by hand.
    if (event.pointerType !== 'mouse') event.preventDefault();
    if (!this.#ports.isTyping()) this.#video.focus({ preventScroll: true });
    if (!this.#isLocked) this.#video.setPointerCapture(event.pointerId);
    if (this.#ports.isPointing()) return;
    if (event.pointerType === 'touch') {
      this.#queue.send({ type: 'touchstart', id: this.#fingers.put(event.pointerId), ...placeOnPicture(this.#video, event) });
      return;
    }
    this.#onButton(event, true);
  }

  /** @param {PointerEvent} event */
  #onPointerMove(event) {
    if (this.#ports.isPointing()) return;
    if (event.pointerType === 'touch') {
      const id = this.#fingers.find(event.pointerId);
      if (id !== undefined) this.#queue.merge({ type: 'touchmove', id, ...placeOnPicture(this.#video, event) });
      return;
    }
    // A second button pressed while one is down comes as a move.
    if (event.button >= 0) this.#onButton(event, (event.buttons & buttonBit(event.button)) !== 0);
    else if (this.#isLocked) this.#queue.merge({ type: 'pointermoverelative', dx: event.movementX, dy: event.movementY });
    else this.#queue.merge({ type: 'pointermove', ...placeOnPicture(this.#video, event) });
  }

  /** @param {PointerEvent} event */
  #onPointerUp(event) {
    if (event.pointerType === 'touch') {
      const id = this.#fingers.take(event.pointerId);
      if (id !== undefined) this.#queue.send({ type: 'touchend', id, ...placeOnPicture(this.#video, event) });
      return;
    }
    if (event.type === 'pointercancel') this.releaseAll();
    else this.#onButton(event, false);
  }

  /** @param {PointerEvent} event @param {boolean} down */
  #onButton(event, down) {
    if (event.button > 4) return;
    const bit = buttonBit(event.button);
    if (down === ((this.#buttonsDown & bit) !== 0)) return;
    this.#buttonsDown ^= bit;
    this.#queue.send({ type: down ? 'pointerdown' : 'pointerup', button: event.button, ...placeOnPicture(this.#video, event) });
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    event.preventDefault();
    const unit = wheelUnit(event.deltaMode, this.#video.clientHeight);
    this.#queue.merge({ type: 'wheel', dx: Math.round(event.deltaX * unit), dy: Math.round(event.deltaY * unit) });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const down = event.type === 'keydown';
    if (isMeta(event)) {
      this.releaseAll();
      return;
    }
    // A key let go is told even if a modifier came in between or the focus moved on, or it would stay down in the scene.
    if (!down) {
      if (this.#keysDown.has(event.code)) this.press(event.code, false);
      return;
    }
    const onPicture = isOnPicture(event, this.#video);
    if (isForPage(event, this.#video) || (onPicture && isPaste(event))) return;
    const text = typedByAltGr(event);
    if (!text && !goesToScene(event, onPicture && this.#ports.mayControl())) return;
    if (text || wouldMoveThePage(event)) event.preventDefault();
    if (text) this.type(text);
    else if (!event.repeat) this.press(event.code, true);
  }

  /** @param {ClipboardEvent} event */
  #onPaste(event) {
    if (isOnPicture(event, this.#video)) this.type(event.clipboardData?.getData('text/plain') ?? '');
  }
}

/**
 * @param {number} deltaMode of a WheelEvent
 * @param {number} pageHeight
 * @returns {number} pixels in one unit of it
 */
export function wheelUnit(deltaMode, pageHeight) {
  if (deltaMode === 1) return LINE_PIXELS;
  if (deltaMode === 2) return pageHeight;
  return 1;
}

/** Small numbers for fingers: a browser's own pointer ids grow without end. */
export class Fingers {
  /** @type {Map<number, number>} */ #ids = new Map();

  get count() {
    return this.#ids.size;
  }

  /** @param {number} pointerId @returns {number} the lowest number that no other finger has */
  put(pointerId) {
    const used = new Set(this.#ids.values());
    let id = 0;
    while (used.has(id)) id += 1;
    this.#ids.set(pointerId, id);
    return id;
  }

  /** @param {number} pointerId */
  find(pointerId) {
    return this.#ids.get(pointerId);
  }

  /** @param {number} pointerId */
  take(pointerId) {
    const id = this.#ids.get(pointerId);
    this.#ids.delete(pointerId);
    return id;
  }

  clear() {
    this.#ids.clear();
  }
}

/** @param {number} button of a MouseEvent @returns {number} its bit in `buttons`, where right and middle change places */
function buttonBit(button) {
  return [1, 4, 2, 8, 16][button] ?? 0;
}

/** @param {Event} event @param {Element} picture */
function isOnPicture({ target }, picture) {
  return target === picture || target === document.body;
}

/**
 * Keys steer the scene wherever the focus is, but for what is being typed and for the keys that work a button.
 * @param {KeyboardEvent} event
 * @param {Element} picture
 */
function isForPage(event, picture) {
  const target = event.target instanceof Element ? event.target : null;
  if (!target || target === picture || target === document.body) return false;
  if (target.closest('input, textarea, select, dialog, [contenteditable], [data-own-keys]')) return true;
  const worksButton = event.code === 'Space' || event.code === 'Enter' || event.code === 'NumpadEnter';
  return worksButton && target.closest('button, a, summary') !== null;
}
