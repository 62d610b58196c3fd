// @ts-check
import { FADE_MS } from '../../session/pointers.js';
import { nameInWords } from '../../words/people.js';
import { create, createSvg, find, setText } from '../dom.js';
import { colourOf } from './avatar.js';
import { findPicture, focusPicture, pictureBox, placeOnPicture } from './picture.js';

/** Pointing at things on the picture: where the others point, and the hand of the visitor that does. */

/**
 * @typedef {import('../../player/geometry.js').Point} Point
 * @typedef {import('../../session/people.js').People} People
 * @typedef {import('../../session/people.js').Person} Person
 *
 * @typedef {object} PointersHandlers
 * @property {(place: Point | null) => void} onPoint
 * @property {() => void} onTool the tool was taken or put away
 */

/** How far an arrow key moves the pointer, in parts of the picture. */
const KEY_STEP = 0.02;

/** @type {Record<string, Point>} */
const ARROWS = {
  ArrowLeft: { x: -KEY_STEP, y: 0 },
  ArrowRight: { x: KEY_STEP, y: 0 },
  ArrowUp: { x: 0, y: -KEY_STEP },
  ArrowDown: { x: 0, y: KEY_STEP },
};

const ARROW_SHAPE = { tag: 'path', attributes: { d: 'M2 2l18 11-8 2-4 8z' } };

export class PointersView {
  #i18n;
  #handlers;
  #layer = find('[data-pointers]', HTMLElement);
  #video = findPicture();
  #box = find('[data-picture-box]', HTMLElement);
  #tool = find('[data-tool="point"]', HTMLButtonElement);
  /** @type {Map<string, HTMLElement>} by user */ #marks = new Map();
  /** The tool is in the hand: mouse and finger point, and do not touch the scene. */
  #on = false;
  /** @type {number | null} the pointer that points */ #finger = null;
  /** @type {Point} where arrow keys go on from */ #place = { x: 0.5, y: 0.5 };
  /** @type {() => People | undefined} */ #people;

  /**
   * @param {import('../../i18n/i18n.js').I18n} i18n
   * @param {() => People | undefined} people
   * @param {PointersHandlers} handlers
   */
  constructor(i18n, people, handlers) {
    this.#i18n = i18n;
    this.#people = people;
    this.#handlers = handlers;
    this.#tool.addEventListener('click', () => this.#take(!this.#on));
    this.#listen();
    const fit = () => this.#fit();
    new ResizeObserver(fit).observe(this.#video);
    this.#video.addEventListener('resize', fit);
  }

  /** Whether the visitor's hand on the picture points instead of touching the scene. */
  get pointing() {
    return this.#on || this.#finger !== null;
  }

  /** @param {{ person: Person, place: Point }[]} others */
  render(others) {
    const users = new Set(others.map(({ person }) => person.user));
    for (const [user, mark] of this.#marks) {
      if (users.has(user) || user === this.#people()?.self) continue;
      this.#fade(mark);
      this.#marks.delete(user);
    }
    for (const { person, place } of others) this.#show(person, nameInWords(person, this.#i18n), place);
  }

  stop() {
    this.#take(false);
    this.#marks.clear();
    this.#layer.replaceChildren();
  }

  #listen() {
    const video = this.#video;
    // Before the input's own listeners, which stand on the picture itself.
    const before = { capture: true };
    this.#box.addEventListener('pointerdown', (event) => {
      if (event.target !== video || event.button !== 0 || !this.#mayPoint()) return;
      this.#finger = event.pointerId;
      this.#point(placeOnPicture(video, event));
    }, before);
    this.#box.addEventListener('pointermove', (event) => {
      const hovers = this.#on && event.pointerType !== 'touch' && event.target === video;
      if (event.pointerId === this.#finger || (hovers && this.#finger === null)) this.#point(placeOnPicture(video, event));
    }, before);
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) {
      this.#box.addEventListener(type, (event) => {
        if (event.pointerId !== this.#finger) return;
        this.#finger = null;
        if (!this.#on || event.pointerType === 'touch') this.#point(null);
      }, before);
    }
    video.addEventListener('pointerleave', () => this.#finger === null && this.#point(null));
    video.addEventListener('blur', () => this.#on && this.#finger === null && this.#point(null));
    addEventListener('keydown', (event) => this.#onKey(event), before);
  }

  /** Arrow keys move the pointer while the tool is in the hand and the picture has the focus. @param {KeyboardEvent} event */
  #onKey(event) {
    if (!this.#on || document.activeElement !== this.#video || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape') this.#take(false);
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#point({ x: clamp(this.#place.x + step.x), y: clamp(this.#place.y + step.y) });
  }

  /** With the tool in the hand; or without it, for whoever could not touch the scene anyway: press and hold. */
  #mayPoint() {
    const people = this.#people();
    return people !== undefined && people.self !== null && (this.#on || !people.mayTouch);
  }

  /** @param {boolean} on */
  #take(on) {
    if (this.#on === on) return;
    this.#on = on;
    this.#finger = null;
    this.#tool.setAttribute('aria-pressed', String(on));
    this.#box.classList.toggle('picture--pointing', on);
    if (!on) this.#point(null);
    this.#place = { x: 0.5, y: 0.5 };
    if (on) focusPicture();
    this.#handlers.onTool();
  }

  /** @param {Point | null} place */
  #point(place) {
    const me = this.#people()?.me;
    this.#handlers.onPoint(place);
    if (place) this.#place = place;
    if (place && me) this.#show(me, this.#i18n.t('pointer.you'), place);
    else if (me) this.#hide(me.user);
  }

  /** @param {string} user */
  #hide(user) {
    const mark = this.#marks.get(user);
    if (!mark) return;
    this.#marks.delete(user);
    this.#fade(mark);
  }

  /** @param {HTMLElement} mark */
  #fade(mark) {
    mark.classList.add('pointer--gone');
    setTimeout(() => mark.remove(), FADE_MS / 4);
  }

  /** @param {Person} person @param {string} name @param {Point} place */
  #show({ user, number }, name, place) {
    let mark = this.#marks.get(user);
    if (!mark) {
      const arrow = createSvg({ tag: 'svg', attributes: { viewBox: '0 0 24 24', class: 'pointer__arrow', focusable: 'false' }, children: [ARROW_SHAPE] });
      mark = create('div', { class: 'pointer', 'data-pointer': user }, create('bdi', { class: 'pointer__name' }));
      mark.prepend(arrow);
      this.#layer.append(mark);
      this.#marks.set(user, mark);
    }
    mark.dataset.colour = colourOf(number);
    mark.classList.toggle('pointer--own', user === this.#people()?.self);
    // Near the right edge the name would be cut off: it stands on the other side.
    mark.classList.toggle('pointer--turned', place.x > 0.8);
    setText(find('.pointer__name', HTMLElement, mark), name);
    mark.style.left = `${place.x * 100}%`;
    mark.style.top = `${place.y * 100}%`;
  }

  /** The layer lies exactly over the picture, without the bars beside it. */
  #fit() {
    const box = pictureBox(this.#video);
    const around = this.#box.getBoundingClientRect();
    Object.assign(this.#layer.style, {
      left: `${box.left - around.left}px`,
      top: `${box.top - around.top}px`,
      width: `${box.width}px`,
      height: `${box.height}px`,
    });
  }
}

/** @param {number} value */
function clamp(value) {
  return Math.min(1, Math.max(0, value));
}
