// @ts-check
/** Where a point of the page lies in a picture that is fitted into its element with `object-fit: contain`. */

/**
 * @typedef {{ left: number, top: number, width: number, height: number }} Box
 * @typedef {{ x: number, y: number }} Point
 */

/**
 * @param {Box} element
 * @param {{ width: number, height: number }} picture its own size; zero while unknown
 * @returns {Box} the part of the element that the picture covers
 */
export function containBox(element, picture) {
  if (!picture.width || !picture.height || !element.width || !element.height) return element;
  const scale = Math.min(element.width / picture.width, element.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return {
    left: element.left + (element.width - width) / 2,
    top: element.top + (element.height - height) / 2,
    width,
    height,
  };
}

/**
 * @param {Point} point in the page's pixels
 * @param {Box} box of the picture
 * @returns {Point} fractions from the picture's top left, each from 0 to 1, to four decimals
 */
export function toFractions(point, box) {
  return {
    x: fraction(point.x - box.left, box.width),
    y: fraction(point.y - box.top, box.height),
  };
}

/** @param {number} offset @param {number} length */
function fraction(offset, length) {
  if (!(length > 0)) return 0;
  return Math.round(Math.min(1, Math.max(0, offset / length)) * 10_000) / 10_000;
}
