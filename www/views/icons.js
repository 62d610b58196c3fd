// @ts-check
import { createSvg } from './dom.js';

/** Line icons, drawn in a box of 24. */

/** @type {Record<string, string>} */
const PATHS = {
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  share: 'M12 15V4M8 7.500L12 3.500l4 4M6 11H5v9h14v-9h-1',
  expand: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  shrink: 'M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5',
  muted: 'M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5',
  sound: 'M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11',
  open: 'M6 20V4h12v16M3.500 20h17M6 4l7 2.500V20M10.500 12.500v1.500',
  closed: 'M6 20V4h12v16M3.500 20h17M15 11.500v2',
  calendar: 'M5 6.500h14v13H5zM5 10.500h14M9 4v4M15 4v4',
  people: 'M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 19.500a6 6 0 0 1 12 0M15.500 5a3.500 3.500 0 0 1 0 6.500M17.500 14.500a6 6 0 0 1 3.500 5',
  chat: 'M4 5.500h16v11h-8.500L7 20v-3.500H4zM8 9.500h8M8 12.500h5',
  point: 'M6 3.500l13 8-6 1.500-2.500 6z',
  steer: 'M12 3.500v17M3.500 12h17M9.500 6L12 3.500 14.500 6M9.500 18l2.500 2.500 2.500-2.500M6 9.500L3.500 12 6 14.500M18 9.500l2.500 2.500-2.500 2.500',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M4 12l16-7-5 15-3.500-6.500zM11.500 13.500L20 5',
  edit: 'M4.500 19.500l1-4.500L16 4.500l3.500 3.500L9 18.500z',
  remove: 'M10 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM4 19.500a6 6 0 0 1 10-4.500M16 15l4.500 4.500M20.500 15L16 19.500',
  stats: 'M4 20h16M6.500 16.500v-5M11 16.500V6M15.500 16.500v-7.500M20 16.500v-3',
  photo: 'M4 8h3.500l1.500-2.500h6L16.500 8H20v11H4zM12 16.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  keyboard: 'M3 6.500h18v11H3zM6.500 10h.01M10.200 10h.01M13.800 10h.01M17.500 10h.01M8 14h8',
  mouse: 'M12 3.500a5.500 5.500 0 0 1 5.500 5.500v6a5.500 5.500 0 0 1-11 0V9A5.500 5.500 0 0 1 12 3.500zM12 7.500v3',
};

/** @param {Element} button @param {string} name */
export function setIcon(button, name) {
  if (button.getAttribute('data-icon-shown') === name) return;
  button.setAttribute('data-icon-shown', name);
  const icon = createSvg({
    tag: 'svg',
    attributes: { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    children: [{ tag: 'path', attributes: { d: PATHS[name] } }],
  });
  button.replaceChildren(icon);
}
