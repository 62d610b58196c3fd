// @ts-check
import { find } from './dom.js';
import { setIcon } from './icons.js';
import { label } from './page.js';

/** The buttons beside the picture: full screen, sound, holding the mouse. */

export class ToolsView {
  #i18n;
  #video;
  #fullscreen = find('[data-tool="fullscreen"]', HTMLButtonElement);
  #sound = find('[data-tool="sound"]', HTMLButtonElement);
  #mouse = find('[data-tool="mouse"]', HTMLButtonElement);

  /**
   * @param {import('../i18n.js').I18n} i18n
   * @param {HTMLVideoElement} video
   */
  constructor(i18n, video) {
    this.#i18n = i18n;
    this.#video = video;
    this.#fullscreen.addEventListener('click', () => this.#toggleFullscreen());
    this.#sound.addEventListener('click', () => this.#toggleSound());
    this.#mouse.addEventListener('click', () => this.#holdMouse());
    document.addEventListener('fullscreenchange', () => this.#renderButtons());
    video.addEventListener('volumechange', () => this.#renderButtons());
  }

  /** @param {{ hasSound: boolean, steers: boolean }} state */
  render({ hasSound, steers }) {
    this.#sound.hidden = !hasSound;
    this.#mouse.hidden = !steers || !('requestPointerLock' in this.#video);
    this.#fullscreen.hidden = !canFullscreen(this.#video);
    this.#renderButtons();
  }

  stop() {
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    if (document.pointerLockElement) document.exitPointerLock();
    this.#video.muted = true;
  }

  #renderButtons() {
    const full = document.fullscreenElement !== null;
    setIcon(this.#fullscreen, full ? 'shrink' : 'expand');
    label(this.#fullscreen, this.#i18n.t(full ? 'session.fullscreen.exit' : 'session.fullscreen'));
    const { muted } = this.#video;
    setIcon(this.#sound, muted ? 'muted' : 'sound');
    label(this.#sound, this.#i18n.t(muted ? 'session.sound.on' : 'session.sound.off'));
  }

  /** The whole page goes full screen, so that code and messages come along; an iPhone can do that with the video alone. */
  async #toggleFullscreen() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else if (document.fullscreenEnabled) await enterFullscreen();
      else /** @type {any} */ (this.#video).webkitEnterFullscreen();
    } catch {
      // The browser or the embedding site does not allow it; the picture stays as it is.
    }
    this.#video.focus({ preventScroll: true });
  }

  #toggleSound() {
    this.#video.muted = !this.#video.muted;
    this.#video.play().catch(() => {});
  }

  #holdMouse() {
    this.#video.focus({ preventScroll: true });
    // Older browsers return nothing instead of a promise.
    Promise.resolve(this.#video.requestPointerLock()).catch(() => {});
  }
}

/** The whole page goes, and on a phone it turns to lie as the picture does. */
async function enterFullscreen() {
  await document.documentElement.requestFullscreen();
  const orientation = /** @type {any} */ (screen.orientation);
  await orientation?.lock?.('landscape').catch(() => {});
}

/** @param {HTMLVideoElement} video */
function canFullscreen(video) {
  return document.fullscreenEnabled || 'webkitEnterFullscreen' in video;
}
