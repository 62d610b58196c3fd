// @ts-check
import { goesToScene } from '../../player/keys.js';
import { isSceneKey } from '../../player/scene-keys.js';
import { keyName } from '../../words/keys.js';
import { create, find } from '../dom.js';

/** The application's own keys as buttons on the picture: as long as one is held, the key is. */

/** @typedef {{ code: string, title: string }} AppKey */

/** More would hide the picture. */
const MOST = 12;

/** So many are named in the hint. */
const MOST_NAMED = 3;

const WORKING_KEYS = new Set(['Space', 'Enter', 'NumpadEnter']);

/**
 * @param {unknown} keys what the list of servers says of an application; each that is wrong is as if it were not there
 * @param {(text: unknown) => string} pick a text in the visitor's language
 * @returns {AppKey[]}
 */
export function readAppKeys(keys, pick) {
  /** @type {Map<string, AppKey>} */
  const read = new Map();
  for (const { code, title } of Array.isArray(keys) ? keys.map((key) => key ?? {}) : []) {
    const text = pick(title).trim();
    if (isSceneKey(code) && text !== '' && !read.has(code) && read.size < MOST) read.set(code, { code, title: text });
  }
  return [...read.values()];
}

/** @param {string} code @returns {boolean} the key itself gets to the scene, too: the browser does not keep it */
function isOnKeyboard(code) {
  return goesToScene({ code, ctrlKey: false, altKey: false, metaKey: false }, true);
}

export class AppKeysView {
  #i18n;
  #press;
  #box = find('[data-keys]', HTMLElement);
  /** @type {AppKey[]} */ #keys = [];
  #shown = '';
  /** @type {Map<string, HTMLButtonElement>} */ #held = new Map();

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {(code: string, down: boolean) => void} press
   */
  constructor(i18n, press) {
    this.#i18n = i18n;
    this.#press = press;
  }

  /** @param {unknown} keys as the list of servers has them @param {boolean} mayTouch */
  render(keys, mayTouch) {
    this.#keys = readAppKeys(keys, (text) => this.#i18n.pick(text));
    const shown = JSON.stringify([this.#i18n.language, this.#keys]);
    if (shown !== this.#shown || !mayTouch) this.#letGo();
    if (shown !== this.#shown) this.#box.replaceChildren(...this.#keys.map((key) => this.#createButton(key)));
    this.#shown = shown;
    this.#box.hidden = !mayTouch || this.#keys.length === 0;
  }

  stop() {
    this.#letGo();
    this.#box.hidden = true;
  }

  /** The first of them, for who has a keyboard. @returns {string[]} */
  get hints() {
    return this.#keys.filter(({ code }) => isOnKeyboard(code)).slice(0, MOST_NAMED)
      .map(({ code, title }) => this.#i18n.t('session.hint.key', { key: keyName(code, this.#i18n), title }));
  }

  /** @param {AppKey} key */
  #createButton({ code, title }) {
    const button = create('button', { type: 'button', class: 'key', 'data-key': code }, create('span', {}, title));
    if (isOnKeyboard(code)) button.append(create('kbd', { class: 'key__name', 'aria-hidden': 'true' }, keyName(code, this.#i18n)));
    /** @param {boolean} down */
    const hold = (down) => this.#hold(button, code, down);
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      hold(true);
    });
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) button.addEventListener(type, () => hold(false));
    // The focus stays where it is, or the keys would not work on.
    button.addEventListener('mousedown', (event) => event.preventDefault());
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    for (const type of /** @type {const} */ (['keydown', 'keyup']))
      button.addEventListener(type, (event) => {
        if (!WORKING_KEYS.has(event.code)) return;
        event.preventDefault();
        hold(type === 'keydown');
      });
    button.addEventListener('click', (event) => {
      if (event.detail !== 0) return;
      // By neither hand nor key: what reads the page aloud has pressed it.
      hold(true);
      hold(false);
    });
    return button;
  }

  /** @param {HTMLButtonElement} button @param {string} code @param {boolean} down */
  #hold(button, code, down) {
    if (down === this.#held.has(code)) return;
    if (down) this.#held.set(code, button);
    else this.#held.delete(code);
    button.classList.toggle('key--down', down);
    this.#press(code, down);
  }

  #letGo() {
    for (const [code, button] of [...this.#held]) this.#hold(button, code, false);
  }
}
