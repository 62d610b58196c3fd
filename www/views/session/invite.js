// @ts-check
import { CodeView } from '../code.js';
import { find } from '../dom.js';
import { setIcon } from '../icons.js';

/** The session's code, and the ways to send it to others. */

const COPIED_MS = 2_000;

export class InviteView {
  #i18n;
  #handlers;
  #box = find('[data-invite]', HTMLElement);
  #digits = new CodeView();
  #copy = find('[data-tool="copy"]', HTMLButtonElement);
  #share = find('[data-tool="share"]', HTMLButtonElement);
  #code = '';
  #title = '';

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {{ invitationLink: (code: string) => string, tell: (text: () => string) => void }} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#copy.addEventListener('click', () => this.#copyLink());
    this.#share.addEventListener('click', () => this.#shareLink());
  }

  /** @param {string} code @param {string} title of the complex */
  render(code, title) {
    this.#code = code;
    this.#title = title;
    this.#digits.show('session', code);
    this.#box.hidden = code === '';
    this.#share.hidden = typeof navigator.share !== 'function';
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(this.#handlers.invitationLink(this.#code));
    } catch {
      // Without HTTPS, or in a frame that may not: the digits can still be said.
      const code = this.#code;
      this.#handlers.tell(() => this.#i18n.t('session.code.uncopied', { code }));
      return;
    }
    this.#handlers.tell(() => this.#i18n.t('session.code.copied'));
    setIcon(this.#copy, 'check');
    setTimeout(() => setIcon(this.#copy, 'link'), COPIED_MS);
  }

  async #shareLink() {
    const text = this.#i18n.t('session.share.text', { name: this.#title, code: this.#code });
    try {
      await navigator.share({ title: this.#title, text, url: this.#handlers.invitationLink(this.#code) });
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === 'AbortError';
      if (!cancelled) await this.#copyLink();
    }
  }
}
