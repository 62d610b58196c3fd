// @ts-check
import { create, find, setText } from '../dom.js';
import { setIcon } from '../icons.js';
import { showQr } from '../qr.js';
import { canShare } from '../share.js';

/** A booking: its code, its time, and everything that brings one back in time. */

/**
 * @typedef {object} BookedState
 * @property {string} heading
 * @property {string} title of the complex
 * @property {string} when
 * @property {string} zones how late it is then at the complex, where that differs
 * @property {string} link that opens the walk
 * @property {{ size: number, path: string }} qr of the link
 * @property {string} fileName of the calendar file
 * @property {boolean} begun its time has come
 * @property {boolean} entering the code is being tried
 * @property {boolean} asking the coordinator is being asked
 * @property {boolean} unsure the visitor is being asked whether the booking shall be cancelled
 *
 * @typedef {object} BookedHandlers
 * @property {() => void} onEnter
 * @property {() => string} calendarFile
 * @property {() => void} onCopy
 * @property {() => void} onShare
 * @property {() => void} onCancel
 * @property {() => void} onKeep
 * @property {() => void} onCancelSurely
 * @property {() => void} onBack
 */

/** How long the browser may need to take the file over. */
const FILE_KEPT_MS = 60_000;

export class BookedView {
  #i18n;
  #title = find('[data-booked-title]', HTMLElement);
  #rc = find('[data-booked-rc]', HTMLElement);
  #when = find('[data-booked-when]', HTMLElement);
  #zones = find('[data-booked-zones]', HTMLElement);
  #link = find('[data-booked-link]', HTMLAnchorElement);
  #qr = find('[data-booked-qr]', HTMLElement);
  #enter = find('[data-booked="enter"]', HTMLButtonElement);
  #share = find('[data-booked="share"]', HTMLButtonElement);
  #cancel = find('[data-booked="cancel"]', HTMLButtonElement);
  #surely = find('[data-booked-surely]', HTMLElement);
  #yes = find('[data-booked="cancel-surely"]', HTMLButtonElement);
  #fileName = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {BookedHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    /** @param {string} name @param {() => void} handler */
    const on = (name, handler) => find(`[data-booked="${name}"]`, HTMLButtonElement).addEventListener('click', handler);
    on('enter', handlers.onEnter);
    on('calendar', () => this.#save(handlers.calendarFile()));
    on('copy', handlers.onCopy);
    on('share', handlers.onShare);
    on('cancel', handlers.onCancel);
    on('keep', handlers.onKeep);
    on('cancel-surely', handlers.onCancelSurely);
    on('back', handlers.onBack);
  }

  /** @param {BookedState} state */
  render(state) {
    const t = this.#i18n.t.bind(this.#i18n);
    setText(this.#title, state.heading);
    setText(this.#rc, state.title);
    setText(this.#when, state.when);
    setText(this.#zones, state.zones);
    this.#zones.hidden = state.zones === '';
    this.#link.href = state.link;
    setText(this.#link, state.link.replace(/^https?:\/\//, ''));
    showQr(this.#qr, state.qr);
    this.#fileName = state.fileName;
    setText(this.#enter, t(state.entering ? 'early.now' : state.begun ? 'booked.enter' : 'booked.wait'));
    this.#enter.setAttribute('aria-disabled', String(state.entering));
    this.#enter.classList.toggle('button--working', state.entering);
    this.#share.hidden = !canShare();
    this.#cancel.hidden = state.unsure;
    this.#surely.hidden = !state.unsure;
    this.#yes.setAttribute('aria-disabled', String(state.asking));
    this.#yes.classList.toggle('button--working', state.asking);
  }

  focus() {
    this.#title.focus();
    scrollTo({ top: 0 });
  }

  /** @param {boolean} unsure the question has come, or has gone */
  focusQuestion(unsure) {
    if (unsure) find('[data-booked="keep"]', HTMLButtonElement).focus();
    else this.#cancel.focus();
  }

  /** @param {string} text */
  #save(text) {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/calendar;charset=utf-8' }));
    create('a', { href: address, download: this.#fileName }).click();
    setTimeout(() => URL.revokeObjectURL(address), FILE_KEPT_MS);
  }

  /** Tells with the button itself that the link is copied. */
  showCopied() {
    const button = find('[data-booked="copy"]', HTMLButtonElement);
    const icon = find('[data-icon]', HTMLElement, button);
    setIcon(icon, 'check');
    setTimeout(() => setIcon(icon, 'link'), 2_000);
  }
}
