// @ts-check
import { create, find } from '../dom.js';

/** A picture of what is seen, to keep or to send on: as large as it comes, with the complex and the time in its name. */

/** What file systems do not take in a name. */
const NOT_IN_NAMES = /[\\/:*?"<>|\p{Cc}]+/gu;

export class PhotoView {
  #i18n;
  #video;
  #button = find('[data-tool="photo"]', HTMLButtonElement);
  #title = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {HTMLVideoElement} video
   * @param {{ onTaken: () => void, onFailed: () => void }} handlers
   */
  constructor(i18n, video, { onTaken, onFailed }) {
    this.#i18n = i18n;
    this.#video = video;
    this.#button.addEventListener('click', () => this.#take().then((taken) => taken && onTaken(), onFailed));
    // Whether there is a picture the video alone knows in time.
    video.addEventListener('playing', () => void (this.#button.disabled = false));
    video.addEventListener('emptied', () => void (this.#button.disabled = true));
  }

  /** @param {string} title of the complex */
  render(title) {
    this.#title = title;
  }

  /** @returns {Promise<boolean>} whether the visitor has it: sharing can be thought better of */
  async #take() {
    const file = new File([await capture(this.#video)], this.#name(), { type: 'image/png' });
    // A phone's own sheet offers saving, too. At a desk a file is what is expected.
    if (matchMedia('(pointer: coarse)').matches && navigator.canShare?.({ files: [file] })) return share(file);
    const address = URL.createObjectURL(file);
    create('a', { href: address, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    return true;
  }

  #name() {
    const day = new Intl.DateTimeFormat('sv-SE').format(Date.now()); /* YYYY-MM-DD */
    const time = this.#i18n.time(Date.now()).replace(':', '.');
    return `${this.#title.replace(NOT_IN_NAMES, ' ').trim().slice(0, 80) || 'Vitrina'} ${day} ${time}.png`;
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<Blob>} */
async function capture(video) {
  const canvas = create('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('no picture');
  return blob;
}

/** @param {File} file @returns {Promise<boolean>} */
function share(file) {
  return navigator.share({ files: [file] }).then(() => true, (error) => {
    if (error?.name === 'AbortError') return false;
    throw error;
  });
}
