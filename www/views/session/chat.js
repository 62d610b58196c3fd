// @ts-check
import { LONGEST_TEXT } from '../../session/chat.js';
import { splitLinks } from '../../words/links.js';
import { nameInWords } from '../../words/people.js';
import { create, find, setText } from '../dom.js';
import { label } from '../page.js';
import { colourOf } from './avatar.js';
import { focusPicture } from './picture.js';

/** What people write to each other: the log, the field, the number of unread messages, and the newest one while the chat is closed. */

/**
 * @typedef {import('../../session/chat.js').Chat} Chat
 * @typedef {import('../../session/chat.js').ChatMessage} ChatMessage
 *
 * @typedef {object} ChatHandlers
 * @property {(text: string) => boolean} onSay whether it was taken
 * @property {(id: string) => void} onRetry
 * @property {() => void} onOpen
 */

/** From here on the field says how much more it takes. */
const REST_SHOWN = 100;

const TOAST_MS = 7_000;

/** Messages of one person within this time stand together under one name. */
const TOGETHER_MS = 3 * 60_000;

/** Nearer to the end than this, the log follows new messages. */
const NEAR_END_PIXELS = 60;

export class ChatView {
  #i18n;
  #handlers;
  #button = find('[data-panel-button="chat"]', HTMLButtonElement);
  #badge = find('[data-unread]', HTMLElement);
  #log = find('[data-chat-log]', HTMLElement);
  #empty = find('[data-chat-empty]', HTMLElement);
  #form = find('[data-chat-form]', HTMLFormElement);
  #field = find('textarea[name="chat"]', HTMLTextAreaElement);
  #rest = find('[data-chat-rest]', HTMLElement);
  #toast = find('[data-toast]', HTMLElement);
  #toastTimer = 0;
  #atEnd = true;
  /** @type {Map<ChatMessage, { element: HTMLElement, look: string }>} */ #shown = new Map();

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {ChatHandlers} handlers
   */
  constructor(i18n, handlers) {
    this.#i18n = i18n;
    this.#handlers = handlers;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#say();
    });
    this.#field.addEventListener('keydown', (event) => {
      // While a letter is being put together, Enter is part of that.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#say();
    });
    this.#field.addEventListener('input', () => this.#fit());
    this.#log.addEventListener('scroll', () => void (this.#atEnd = this.#isAtEnd()));
    // The keyboard of a phone comes up, the window changes: whoever read the newest goes on doing so.
    new ResizeObserver(() => this.#atEnd && this.showEnd()).observe(this.#log);
  }

  /** @param {Chat} chat @param {boolean} open */
  render(chat, open) {
    const t = this.#i18n.t.bind(this.#i18n);
    this.#badge.hidden = chat.unread === 0;
    setText(this.#badge, chat.unread > 99 ? '99+' : String(chat.unread));
    label(this.#button, chat.unread === 0 ? t('chat.open') : t('chat.open.unread', { count: chat.unread }));
    this.#empty.hidden = chat.messages.length > 0;
    if (open) {
      this.#renderLog(chat.messages);
      this.#hideToast();
    }
  }

  /** Shows a new message for a while, small. @param {ChatMessage} message */
  announce(message) {
    const name = nameInWords(message, this.#i18n);
    const toast = create('button', { type: 'button', class: 'toast__one', 'data-colour': colourOf(message.number) });
    toast.append(create('strong', {}, create('bdi', {}, name)), ' ', create('bdi', {}, message.text));
    toast.addEventListener('click', () => this.#handlers.onOpen());
    this.#toast.replaceChildren(toast);
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => this.#hideToast(), TOAST_MS);
  }

  stop() {
    this.#hideToast();
    this.#shown.clear();
    this.#log.replaceChildren();
    this.#field.value = '';
    this.#fit();
  }

  /** Scrolls to the newest message. */
  showEnd() {
    this.#atEnd = true;
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #isAtEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END_PIXELS;
  }

  #say() {
    if (!this.#handlers.onSay(this.#field.value)) return;
    this.#field.value = '';
    this.#fit();
    this.showEnd();
  }

  /** The field is as high as its text, up to a limit that the style sheet sets. */
  #fit() {
    this.#field.style.blockSize = 'auto';
    this.#field.style.blockSize = `${this.#field.scrollHeight + 2}px`;
    const rest = LONGEST_TEXT - this.#field.value.length;
    setText(this.#rest, rest <= REST_SHOWN ? this.#i18n.t('chat.rest', { count: rest }) : '');
  }

  #hideToast() {
    clearTimeout(this.#toastTimer);
    if (this.#toast.contains(document.activeElement)) focusPicture();
    this.#toast.replaceChildren();
  }

  /** @param {ChatMessage[]} messages */
  #renderLog(messages) {
    const follow = this.#atEnd;
    for (const [message, { element }] of this.#shown) {
      if (messages.includes(message)) break;
      element.remove();
      this.#shown.delete(message);
    }
    messages.forEach((message, at) => this.#renderMessage(message, messages[at - 1]));
    if (follow) this.showEnd();
  }

  /** @param {ChatMessage} message @param {ChatMessage | undefined} before */
  #renderMessage(message, before) {
    const continues = before !== undefined && before.from === message.from && message.atMs - before.atMs < TOGETHER_MS;
    const look = `${message.state} ${continues} ${this.#i18n.language}`;
    const known = this.#shown.get(message);
    if (known?.look === look) return;
    const element = this.#createMessage(message, continues);
    if (known) known.element.replaceWith(element);
    else this.#log.append(element);
    this.#shown.set(message, { element, look });
  }

  /** @param {ChatMessage} message @param {boolean} continues the one before is of the same person */
  #createMessage(message, continues) {
    const t = this.#i18n.t.bind(this.#i18n);
    const name = message.own ? t('chat.you') : nameInWords(message, this.#i18n);
    const text = create('p', { class: 'said__text', dir: 'auto' });
    for (const { text: part, href } of splitLinks(message.text)) {
      text.append(href === undefined ? part : create('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, part));
    }
    const time = create('time', { class: 'said__time', datetime: new Date(message.atMs).toISOString() }, this.#i18n.time(message.atMs));
    const head = create('p', { class: continues ? 'said__head visually-hidden' : 'said__head' }, create('bdi', { class: 'said__name' }, name), ' ', time);
    const said = create('div', { class: 'said', 'data-message-state': message.state, 'data-colour': colourOf(message.number) }, head, text);
    said.classList.toggle('said--own', message.own);
    if (message.state === 'sending') said.append(create('p', { class: 'said__state' }, t('chat.sending')));
    if (message.state === 'refused') {
      const retry = create('button', { type: 'button', class: 'said__retry' }, t('chat.retry'));
      retry.addEventListener('click', () => this.#handlers.onRetry(message.id));
      said.append(create('p', { class: 'said__state' }, t('chat.refused'), ' ', retry));
    }
    return said;
  }
}
