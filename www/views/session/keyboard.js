// @ts-check
/**
 * The keyboard of a phone. Where the browser lays it over the page instead of making the page smaller (Safari does), the stage is made
 * as high as what is left, so that picture and field are in sight together.
 */

/** What is covered by less than this is no keyboard. */
const LEAST_PIXELS = 120;

/** @param {HTMLElement} stage */
export function followKeyboard(stage) {
  const visible = globalThis.visualViewport;
  visible?.addEventListener('resize', () => {
    const covered = innerHeight - visible.height;
    // A page that was zoomed by two fingers sees less, too.
    const keyboard = Math.abs(visible.scale - 1) < 0.01 && covered > LEAST_PIXELS && stage.contains(document.activeElement);
    stage.style.blockSize = keyboard ? `${visible.height}px` : '';
    if (keyboard) scrollTo(0, 0);
  });
}
