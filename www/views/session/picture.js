// @ts-check
import { containBox, toFractions } from '../../player/geometry.js';
import { find } from '../dom.js';

/** The picture as an element of the page: where it is, and the focus that goes back to it. */

/**
 * @typedef {import('../../player/geometry.js').Box} Box
 * @typedef {import('../../player/geometry.js').Point} Point
 */

export function findPicture() {
  return find('video[data-picture]', HTMLVideoElement);
}

/** The keys work the scene again. To be called when what had the focus goes, or has done its work. */
export function focusPicture() {
  findPicture().focus({ preventScroll: true });
}

/** @param {HTMLVideoElement} video @returns {Box} what the picture covers, in the page's pixels, without the bars beside it */
export function pictureBox(video) {
  return containBox(video.getBoundingClientRect(), { width: video.videoWidth, height: video.videoHeight });
}

/** @param {HTMLVideoElement} video @param {MouseEvent} event @returns {Point} its place in fractions of the picture */
export function placeOnPicture(video, event) {
  return toFractions({ x: event.clientX, y: event.clientY }, pictureBox(video));
}
