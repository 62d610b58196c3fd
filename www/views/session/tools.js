// @ts-check
import { find } from '../dom.js';
import { setIcon } from '../icons.js';
import { label } from '../page.js';

/** The buttons beside the picture: full screen, sound. */

export class ToolsView {
  #i18n;
  #video;
  #fullscreen = find('[data-tool="fullscreen"]', HTMLButtonElement);
  #soundBox = find('[data-sound]', HTMLElement);
  #sound = find('[data-tool="sound"]', HTMLButtonElement);
  #volume = find('input[name="volume"]', HTMLInputElement);

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {HTMLVideoElement} video
   */
  constructor(i18n, video) {
    this.#i18n = i18n;
    this.#video = video;
    this.#fullscreen.addEventListener('click', () => this.#toggleFullscreen());
    this.#sound.addEventListener('click', () => this.#toggleSound());
    this.#volume.addEventListener('input', () => this.#setVolume(this.#volume.valueAsNumber / 100));
    document.addEventListener('fullscreenchange', () => this.#renderButtons());
    video.addEventListener('volumechange', () => this.#renderButtons());
  }

  /** @param {boolean} hasSound */
  render(hasSound) {
    this.#soundBox.hidden = !hasSound;
    this.#fullscreen.hidden = !canFullscreen(this.#video);
    this.#renderButtons();
  }

  stop() {
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.#video.muted = true;
  }

  #renderButtons() {
    const full = document.fullscreenElement !== null;
    setIcon(this.#fullscreen, full ? 'shrink' : 'expand');
    label(this.#fullscreen, this.#i18n.t(full ? 'session.fullscreen.exit' : 'session.fullscreen'));
    const { muted, volume } = this.#video;
    this.#volume.value = String(muted ? 0 : Math.round(volume * 100));
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
    if (this.#video.volume === 0) this.#video.volume = 1;
    this.#video.play().catch(() => {});
  }

  /** @param {number} volume from 0 to 1; a phone's own buttons may be the only ones that set it */
  #setVolume(volume) {
    this.#video.muted = volume === 0;
    if (volume > 0) this.#video.volume = volume;
    this.#video.play().catch(() => {});
  }
}

/**
 * What a browser does with these and Ctrl: closing the tab, opening another. In full screen some browsers leave them to the page. Esc
 * is not among them: it leads out, as ever.
 */
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `Key${letter}`);

/** The whole page goes, and on a phone it turns to lie as the picture does. */
async function enterFullscreen() {
  await document.documentElement.requestFullscreen();
  const orientation = /** @type {any} */ (screen.orientation);
  await orientation?.lock?.('landscape').catch(() => {});
  const { keyboard } = /** @type {any} */ (navigator);
  await keyboard?.lock?.(LETTERS).catch(() => {});
}

/** @param {HTMLVideoElement} video */
function canFullscreen(video) {
  return document.fullscreenEnabled || 'webkitEnterFullscreen' in video;
}
