// @ts-check
// What is said of the picture's place: once it has settled, in pixels of the device, and again to who may not know it.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';
import { ScreenSize } from '../../../../www/views/session/screen-size.js';

/** @param {test.TestContext} t @param {Record<string, unknown>} browser */
function inBrowser(t, browser) {
  for (const [name, value] of Object.entries(browser)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : Reflect.deleteProperty(globalThis, name)));
  }
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
}

/** A place on a screen that a test gives a size. @param {test.TestContext} t @param {{ ratio?: number, knowsPixels?: boolean }} [options] */
function openPlace(t, { ratio = 2, knowsPixels = true } = {}) {
  const element = { clientWidth: 0, clientHeight: 0 };
  const page = { coarse: false, /** @type {{ matches: (what: string) => boolean } | null} */ active: null };
  /** @type {(entries: object[]) => void} */ let observe = () => {};
  /** @type {(() => void)[]} */ const moves = [];
  inBrowser(t, {
    devicePixelRatio: ratio,
    document: { get activeElement() { return page.active; } },
    matchMedia: () => ({ get matches() { return page.coarse; }, addEventListener: (/** @type {string} */ _, /** @type {() => void} */ f) => moves.push(f) }),
    ResizeObserver: class {
      /** @param {(entries: object[]) => void} callback */
      constructor(callback) {
        observe = callback;
      }

      /** @param {unknown} _ @param {object} [options] */
      observe(_, options) {
        if (options && !knowsPixels) throw new TypeError('box');
      }
    },
  });
  /** @type {string[]} */ const told = [];
  const size = new ScreenSize(/** @type {any} */ (element), ({ width, height }) => told.push(`${width}x${height}`));
  const resize = (/** @type {number} */ width, /** @type {number} */ height) => {
    Object.assign(element, { clientWidth: width, clientHeight: height });
    observe([knowsPixels ? { devicePixelContentBoxSize: [{ inlineSize: width * ratio, blockSize: height * ratio }] } : {}]);
  };
  const wait = (/** @type {number} */ ms) => mock.timers.tick(ms);
  return { size, told, resize, wait, page, moves };
}

test('a place that still changes is not told, one that has settled is, once', t => {
  const { told, resize, wait } = openPlace(t);
  for (const width of [300, 310, 320]) (resize(width, 600), wait(400));
  assert.deepEqual(told, []);
  wait(100);
  assert.deepEqual(told, ['640x1200']);
  resize(400, 600);
  resize(320, 600);
  wait(1000);
  assert.deepEqual(told, ['640x1200']);
});

test('who may not know it is told at once, unless there is no place', t => {
  const { size, told, resize, wait } = openPlace(t);
  size.tell();
  resize(320, 600);
  size.tell();
  wait(1000);
  assert.deepEqual(told, ['640x1200']);
  resize(0, 0);
  wait(1000);
  assert.deepEqual(told, ['640x1200']);
});

test('a phone’s keyboard does not change the picture while somebody types', t => {
  const { told, resize, wait, page } = openPlace(t);
  Object.assign(page, { coarse: true, active: { matches: () => true } });
  resize(320, 200);
  wait(5000);
  assert.deepEqual(told, []);
  page.active = null;
  wait(500);
  assert.deepEqual(told, ['640x400']);
});

test('where the browser knows no pixels of the device they are reckoned, anew on another screen', t => {
  const { told, resize, wait, moves } = openPlace(t, { ratio: 1.5, knowsPixels: false });
  resize(333, 601);
  wait(500);
  assert.deepEqual(told, ['500x902']);
  Object.assign(globalThis, { devicePixelRatio: 3 });
  moves.forEach(move => move());
  wait(500);
  assert.deepEqual(told, ['500x902', '999x1803']);
});
