// @ts-check
import { CodeView } from '../code.js';
import { find, setText } from '../dom.js';
import { setIcon } from '../icons.js';
import { showQr } from '../qr.js';
import { canShare, shareOr } from '../share.js';

/** The session's code, the ways to send it to others, and whether whoever comes with it has to knock. */

/**
 * @typedef {import('../../net/door.js').Invitation} Invitation
 * @typedef {import('../../net/door.js').DoorState} DoorState
 *
 * @typedef {object} InviteHandlers
 * @property {(invitation: Invitation) => string} invitationLink
 * @property {(invitation: Invitation) => { size: number, path: string }} invitationQr the same link, for a phone's camera
 * @property {(door: DoorState) => void} onDoor
 * @property {(text: () => string) => void} tell
 */

const COPIED_MS = 2_000;

/** @type {Record<DoorState, string>} */
const WORDS = { open: 'door.open', knock: 'door.knock' };

export class InviteView {
  #i18n;
  #handlers;
  #box = find('[data-invite]', HTMLElement);
  #digits = new CodeView();
  #copy = find('[data-tool="copy"]', HTMLButtonElement);
  #share = find('[data-tool="share"]', HTMLButtonElement);
  #door = find('[data-tool="door"]', HTMLButtonElement);
  #doorIcon = find('[data-door-icon]', HTMLElement);
  #hint = find('[data-invite-hint]', HTMLElement);
  #card = find('[data-invite-card]', HTMLElement);
  #qr = find('[data-invite-qr]', HTMLElement);
  /** @type {Invitation} */ #invitation = { code: '' };
  #title = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {InviteHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#copy.addEventListener('click', () => this.#copyLink());
    this.#share.addEventListener('click', () => this.#shareLink());
    this.#door.addEventListener('click', () => handlers.onDoor(this.#mustKnock ? 'open' : 'knock'));
  }

  /**
   * @param {Invitation & { door: DoorState | undefined }} invitation
   * @param {boolean} mayDecide the visitor is the host
   * @param {string} title of the complex
   */
  render({ code, invite, door }, mayDecide, title) {
    this.#showQr({ code, invite });
    this.#title = title;
    this.#digits.show('session', code);
    this.#box.hidden = code === '';
    this.#door.hidden = !mayDecide || door === undefined;
    this.#door.setAttribute('aria-checked', String(door === 'knock'));
    setIcon(this.#doorIcon, door === 'knock' ? 'closed' : 'open');
    const words = this.#i18n.t(WORDS[door ?? 'open']);
    this.#door.title = words;
    setText(this.#hint, words);
    this.#share.hidden = !canShare();
  }

  /** @param {Invitation} invitation */
  #showQr(invitation) {
    const { code, invite } = this.#invitation;
    this.#card.hidden = invitation.code === '';
    if (invitation.code === code && invitation.invite === invite) return;
    this.#invitation = invitation;
    if (invitation.code !== '') showQr(this.#qr, this.#handlers.invitationQr(invitation));
  }

  get #mustKnock() {
    return this.#door.getAttribute('aria-checked') === 'true';
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(this.#handlers.invitationLink(this.#invitation));
    } catch {
      // Without HTTPS, or in a frame that may not: the digits can still be said.
      const { code } = this.#invitation;
      this.#handlers.tell(() => this.#i18n.t('session.code.uncopied', { code }));
      return;
    }
    this.#handlers.tell(() => this.#i18n.t('session.code.copied'));
    setIcon(this.#copy, 'check');
    setTimeout(() => setIcon(this.#copy, 'link'), COPIED_MS);
  }

  #shareLink() {
    const text = this.#i18n.t('session.share.text', { name: this.#title, code: this.#invitation.code });
    return shareOr({ title: this.#title, text, url: this.#handlers.invitationLink(this.#invitation) }, () => this.#copyLink());
  }
}
