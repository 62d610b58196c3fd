// @ts-check
import { sendReport } from '../net/report.js';
import { drawQr } from '../plan/qr.js';
import { findLack } from '../player/abilities.js';
import { ElsewhereView } from '../views/choose/elsewhere.js';
import { rcTitle } from '../words/rc.js';
import { withInvitation, withRc } from './address.js';

/** Where this browser can show no picture, the visitor is told before anything is started for them, and takes the link elsewhere. */

/**
 * @typedef {import('../net/coordinator.js').Rc} Rc
 * @typedef {import('../net/door.js').Invitation} Invitation
 */

export class Elsewhere {
  #i18n;
  #view;
  /** @type {ReturnType<typeof findLack> | undefined} undefined: nobody has had to know yet */ #lack;
  /** @type {Invitation | undefined} that could not be followed here */ #invitation;
  #reported = false;

  /**
   * @param {import('../i18n/i18n.js').I18n} i18n
   * @param {(text: () => string) => void} tell
   */
  constructor(i18n, tell) {
    this.#i18n = i18n;
    this.#view = new ElsewhereView(i18n, { tell });
  }

  /** Whether this browser can show no picture. */
  get isNeeded() {
    this.#lack ??= findLack(/** @type {any} */ (globalThis));
    return this.#lack !== null;
  }

  /** Somebody would have gone in. @param {string | undefined} rcName @param {Invitation | undefined} invitation */
  note(rcName, invitation) {
    if (rcName === undefined) this.#invitation = invitation;
    this.#report();
  }

  /** @param {Rc | undefined} rc the chosen one */
  render(rc) {
    const shown = (rc !== undefined || this.#invitation !== undefined) && this.isNeeded;
    if (!shown) {
      this.#view.render(null);
      return;
    }
    this.#report();
    const link = this.#invitation ? withInvitation(location, this.#invitation) : withRc(location, rc?.rc_name ?? '');
    const title = rc ? rcTitle(rc, this.#i18n) : this.#i18n.t('page.title');
    this.#view.render({ link, qr: drawQr(link), title });
  }

  #report() {
    if (this.#reported || !this.#lack) return;
    this.#reported = true;
    sendReport(this.#lack);
  }
}
