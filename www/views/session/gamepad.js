// @ts-check
import { GamepadInput } from '../../player/gamepad.js';
import { readGamepadTable } from '../../player/gamepad-table.js';
import { StickLook } from '../../player/stick-look.js';

/** A gamepad in the visitor's hands: it is looked at while there is one, this page has the visitor's eyes, and the scene is theirs. */

const MIDDLE = { x: 0.5, y: 0.5 };

export class GamepadView {
  #gamepad;
  #look;
  #mayTouch = false;
  #tableOf = '';

  /**
   * @param {HTMLVideoElement} video
   * @param {import('./scene-input.js').SceneInput} input
   */
  constructor(video, input) {
    const look = new StickLook({
      send: (message) => input.send(message),
      merge: (message) => input.merge(message),
      getSize: () => ({ width: video.videoWidth, height: video.videoHeight }),
      isRelative: () => input.isRelative,
    });
    this.#look = look;
    this.#gamepad = new GamepadInput({
      getPads: () => navigator.getGamepads?.() ?? [],
      requestFrame: (callback) => requestAnimationFrame(callback),
      press: (code, down) => input.press(code, down),
      click: (button, down) => {
        look.end();
        input.send({ type: down ? 'pointerdown' : 'pointerup', button, ...MIDDLE });
      },
      wheel: (dy) => input.merge({ type: 'wheel', dx: 0, dy }),
      look: (dx, dy, nowMs) => look.look(dx, dy, nowMs),
    });
    for (const type of ['gamepadconnected', 'gamepaddisconnected', 'focus', 'blur']) addEventListener(type, () => this.#follow());
    document.addEventListener('visibilitychange', () => this.#follow());
  }

  /** @param {unknown} table of the application @param {boolean} mayTouch */
  render(table, mayTouch) {
    const text = JSON.stringify(table) ?? '';
    if (text !== this.#tableOf || this.#mayTouch !== mayTouch) {
      this.#tableOf = text;
      this.#gamepad.setTable(mayTouch ? readGamepadTable(table) : null);
    }
    this.#mayTouch = mayTouch;
    this.#follow();
  }

  /** Lets go of everything. */
  stop() {
    this.#mayTouch = false;
    this.#follow();
  }

  #follow() {
    if (this.#mayTouch && document.hasFocus() && !document.hidden) {
      this.#gamepad.start();
    } else {
      this.#gamepad.stop();
      this.#look.end();
    }
  }
}
