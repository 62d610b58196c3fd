// @ts-check
import { find, setText } from '../dom.js';

/** The waiting line among the ways into a complex: first an offer, then the place in it. */

/** @typedef {{ offered: boolean, waiting: boolean, heading: string, position: string, estimate: string, note: string, hidesStart: boolean }} LineState */

/** Long enough to be read in the tab's title by one who looks. */
const SEEN_MS = 5_000;

export class LineView {
  #startWay = find('[data-way="start"]', HTMLElement);
  #way = find('[data-way="line"]', HTMLElement);
  #offer = find('[data-line-offer]', HTMLElement);
  #place = find('[data-line-place]', HTMLElement);
  #heading = find('[data-line-heading]', HTMLElement);
  #position = find('[data-line-position]', HTMLElement);
  #estimate = find('[data-line-estimate]', HTMLElement);
  #note = find('[data-line-note]', HTMLElement);

  /** @param {{ onJoin: () => void, onLeave: () => void }} handlers */
  constructor({ onJoin, onLeave }) {
    find('[data-action="line"]', HTMLButtonElement).addEventListener('click', onJoin);
    find('[data-line="leave"]', HTMLButtonElement).addEventListener('click', onLeave);
  }

  /** @param {LineState} state */
  render({ offered, waiting, heading, position, estimate, note, hidesStart }) {
    // Nobody needs to start what they wait for.
    if (hidesStart) this.#startWay.hidden = true;
    this.#way.hidden = !offered && !waiting;
    this.#offer.hidden = !offered;
    this.#place.hidden = !waiting;
    setText(this.#heading, heading);
    setText(this.#position, position);
    setText(this.#estimate, estimate);
    setText(this.#note, note);
  }

  /** @param {() => void} seen called once, when the page has been before the visitor's eyes for a moment */
  whenSeen(seen) {
    const look = () => {
      if (document.visibilityState !== 'visible') return;
      document.removeEventListener('visibilitychange', look);
      setTimeout(seen, SEEN_MS);
    };
    document.addEventListener('visibilitychange', look);
    look();
  }

  focus() {
    this.#heading.focus({ preventScroll: true });
    this.#way.scrollIntoView({ block: 'nearest' });
  }
}
