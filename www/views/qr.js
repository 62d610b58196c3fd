// @ts-check
import { createSvg } from './dom.js';

/**
 * Shows a QR code in a box, for a phone's camera; what it says stands beside it in words. It stays the same element while it is
 * the same code.
 * @param {HTMLElement} box
 * @param {{ size: number, path: string }} qr
 */
export function showQr(box, { size, path }) {
  if (box.querySelector('path')?.getAttribute('d') === path) return;
  box.replaceChildren(createSvg({
    tag: 'svg',
    attributes: { viewBox: `0 0 ${size} ${size}`, 'aria-hidden': 'true', focusable: 'false', 'shape-rendering': 'crispEdges' },
    children: [{ tag: 'path', attributes: { d: path } }],
  }));
}
