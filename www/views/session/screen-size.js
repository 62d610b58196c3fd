// @ts-check
/** How many pixels of the visitor's screen the picture has for itself: the application draws as many for who is in control. */

/**
 * @typedef {{ width: number, height: number }} Size
 */

/** A window that is pulled, a phone that is turned and a panel that opens come to rest first. */
const SETTLED_MS = 500;

export class ScreenSize {
  #element;
  #onSize;
  /** @type {Size} zero while there is no place */ #size = { width: 0, height: 0 };
  /** @type {Size} what was told last */ #told = { width: 0, height: 0 };
  #timer = 0;

  /**
   * @param {HTMLElement} element the picture's place
   * @param {(size: Size) => void} onSize in pixels of the device
   */
  constructor(element, onSize) {
    this.#element = element;
    this.#onSize = onSize;
    const observer = new ResizeObserver(([entry]) => this.#measure(entry));
    try {
      observer.observe(element, { box: 'device-pixel-content-box' });
    } catch {
      observer.observe(element);
      this.#followRatio();
    }
  }

  /** Tells the size of now, if there is one: somebody is there who may not know it. */
  tell() {
    this.#told = this.#size;
    if (this.#size.width > 0 && this.#size.height > 0) this.#onSize(this.#size);
  }

  /** @param {ResizeObserverEntry} [entry] */
  #measure(entry) {
    const device = entry?.devicePixelContentBoxSize?.[0];
    const width = device?.inlineSize ?? this.#element.clientWidth * devicePixelRatio;
    const height = device?.blockSize ?? this.#element.clientHeight * devicePixelRatio;
    this.#size = { width: Math.round(width), height: Math.round(height) };
    this.#settle();
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // The keyboard of a phone takes half of the place for a moment.
      if (isTyping()) this.#settle();
      else if (this.#size.width !== this.#told.width || this.#size.height !== this.#told.height) this.tell();
    }, SETTLED_MS);
  }

  /** Where the browser does not watch pixels of the device: a page that is zoomed, or comes to another screen, keeps its own. */
  #followRatio() {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener('change', () => {
      this.#measure();
      this.#followRatio();
    }, { once: true });
  }
}

function isTyping() {
  return matchMedia('(pointer: coarse)').matches && document.activeElement?.matches('input, textarea') === true;
}
