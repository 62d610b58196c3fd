// @ts-check
import { containBox, toFractions } from '../../player/geometry.js';
import { InputQueue } from '../../player/input-queue.js';
import { goesToScene, wouldMoveThePage } from '../../player/keys.js';

/** From the visitor's mouse, fingers and keys on the picture to input messages. */

/** @typedef {import('../../player/input-queue.js').InputMessage} InputMessage */

const LINE_PIXELS = 40;

/**
 * @param {HTMLVideoElement} video
 * @param {object} ports
 * @param {(message: InputMessage) => void} ports.send
 * @param {() => number} ports.backlog
 * @param {() => boolean} ports.mayControl while false nothing is sent
 * @param {() => boolean} ports.isPointing mouse and fingers show others something, and do not touch the scene
 * @returns {{ press: (code: string, down: boolean) => void, releaseAll: () => void, detach: () => void }}
 */
export function attachInput(video, ports) {
  const queue = new InputQueue({
    send: (message) => {
      if (ports.mayControl()) ports.send(message);
    },
    backlog: ports.backlog,
    requestFrame: (callback) => requestAnimationFrame(callback),
  });
  const detaching = new AbortController();
  const { signal } = detaching;
  const fingers = new Fingers();
  /** @type {Set<string>} */
  const keysDown = new Set();
  let buttonsDown = 0;

  /** @param {MouseEvent} event */
  const place = (event) => {
    const picture = { width: video.videoWidth, height: video.videoHeight };
    const box = containBox(video.getBoundingClientRect(), picture);
    return toFractions({ x: event.clientX, y: event.clientY }, box);
  };
  const isLocked = () => document.pointerLockElement === video;

  const releaseAll = () => {
    const held = keysDown.size > 0 || buttonsDown !== 0 || fingers.count > 0;
    keysDown.clear();
    buttonsDown = 0;
    fingers.clear();
    queue.clear();
    if (held) queue.send({ type: 'releaseall' });
  };

  /** @param {string} code @param {boolean} down */
  const press = (code, down) => {
    if (down === keysDown.has(code)) return;
    if (down) keysDown.add(code);
    else keysDown.delete(code);
    queue.send({ type: down ? 'keydown' : 'keyup', code });
  };

  /** @param {PointerEvent} event */
  const onPointerDown = (event) => {
    // Not the default, which would start a drag or a selection; and so the focus is taken by hand.
    event.preventDefault();
    video.focus({ preventScroll: true });
    if (!isLocked()) video.setPointerCapture(event.pointerId);
    if (ports.isPointing()) return;
    if (event.pointerType === 'touch') {
      queue.send({ type: 'touchstart', id: fingers.put(event.pointerId), ...place(event) });
      return;
    }
    onButton(event, true);
  };

  /** @param {PointerEvent} event */
  const onPointerMove = (event) => {
    if (ports.isPointing()) return;
    if (event.pointerType === 'touch') {
      const id = fingers.find(event.pointerId);
      if (id !== undefined) queue.merge({ type: 'touchmove', id, ...place(event) });
      return;
    }
    // A second button pressed while one is down comes as a move.
    if (event.button >= 0) onButton(event, (event.buttons & buttonBit(event.button)) !== 0);
    else if (isLocked()) queue.merge({ type: 'pointermoverelative', dx: event.movementX, dy: event.movementY });
    else queue.merge({ type: 'pointermove', ...place(event) });
  };

  /** @param {PointerEvent} event */
  const onPointerUp = (event) => {
    if (event.pointerType === 'touch') {
      const id = fingers.take(event.pointerId);
      if (id !== undefined) queue.send({ type: 'touchend', id, ...place(event) });
      return;
    }
    if (event.type === 'pointercancel') releaseAll();
    else onButton(event, false);
  };

  /** @param {PointerEvent} event @param {boolean} down */
  const onButton = (event, down) => {
    if (event.button > 2) return;
    const bit = buttonBit(event.button);
    if (down === ((buttonsDown & bit) !== 0)) return;
    buttonsDown ^= bit;
    queue.send({ type: down ? 'pointerdown' : 'pointerup', button: event.button, ...place(event) });
  };

  /** @param {WheelEvent} event */
  const onWheel = (event) => {
    event.preventDefault();
    const unit = wheelUnit(event.deltaMode, video.clientHeight);
    queue.merge({ type: 'wheel', dx: Math.round(event.deltaX * unit), dy: Math.round(event.deltaY * unit) });
  };

  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const down = event.type === 'keydown';
    // A key let go is told even if a modifier came in between or the focus moved on, or it would stay down in the scene.
    if (!down) {
      if (keysDown.has(event.code)) press(event.code, false);
      return;
    }
    if (!goesToScene(event) || isForPage(event, video)) return;
    if (wouldMoveThePage(event)) event.preventDefault();
    if (!event.repeat) press(event.code, true);
  };

  video.addEventListener('pointerdown', onPointerDown, { signal });
  video.addEventListener('pointermove', onPointerMove, { signal });
  video.addEventListener('pointerup', onPointerUp, { signal });
  video.addEventListener('pointercancel', onPointerUp, { signal });
  video.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  video.addEventListener('wheel', onWheel, { signal, passive: false });
  addEventListener('keydown', onKey, { signal });
  addEventListener('keyup', onKey, { signal });
  addEventListener('blur', releaseAll, { signal });
  addEventListener('pagehide', releaseAll, { signal });
  document.addEventListener('visibilitychange', () => document.hidden && releaseAll(), { signal });
  document.addEventListener('pointerlockchange', releaseAll, { signal });

  const detach = () => {
    releaseAll();
    detaching.abort();
  };
  return { press, releaseAll, detach };
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
  return [1, 4, 2][button] ?? 0;
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
