// @ts-check
import { qrcode } from '../vendor/qrcode-generator.js';

/** A link as a QR code, ready to be drawn. */

/** Modules of white around it, as readers need them (ISO/IEC 18004, 9.1). */
const QUIET_ZONE = 4;

/**
 * @param {string} link in ASCII, as the href of a URL always is
 * @returns {{ size: number, path: string }} the side in modules, the white around included, and an SVG path of the dark ones
 */
export function drawQr(link) {
  if (drawn?.link !== link) drawn = { link, qr: draw(link) };
  return drawn.qr;
}

/** The last one: pages ask for the same again with every change. @type {{ link: string, qr: ReturnType<typeof draw> } | undefined} */
let drawn;

/** @param {string} link */
function draw(link) {
  const code = qrcode(0, 'M');
  code.addData(link, 'Byte');
  code.make();
  const count = code.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      let length = 0;
      while (column + length < count && code.isDark(row, column + length)) length += 1;
      if (length > 0) path += `M${column + QUIET_ZONE} ${row + QUIET_ZONE}h${length}v1h-${length}z`;
      column += length;
    }
  }
  return { size: count + 2 * QUIET_ZONE, path };
}
