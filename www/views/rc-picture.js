// @ts-check
import { create, createSvg } from './dom.js';
import { drawComplex, HEIGHT, WIDTH } from './rc-drawing.js';

/** The picture of a complex: its own image where the list of servers names one, else a drawing made from its name. */

/** @typedef {import('../net/coordinator.js').Rc} Rc */

let drawings = 0;

/**
 * @param {string} name
 * @param {Record<string, any>} [info]
 * @returns {Element} hidden from screen readers: the text beside it says the same
 */
export function createRcPicture(name, info) {
  if (typeof info?.image !== 'string' || info.image === '') return createDrawing(name);
  const image = create('img', { src: info.image, alt: '', loading: 'lazy', decoding: 'async' });
  image.addEventListener('error', () => image.replaceWith(createDrawing(name)), { once: true });
  return image;
}

/** @param {string} name */
function createDrawing(name) {
  drawings += 1;
  return createSvg({
    tag: 'svg',
    attributes: { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'xMidYMax slice', 'aria-hidden': 'true', focusable: 'false' },
    children: drawComplex(name, `drawing-${drawings}`),
  });
}
