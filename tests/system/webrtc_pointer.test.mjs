// @ts-check
// What the mouse does to applications that look around by it, and to those that read where it is.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startDisplay, startEngine, startProgram } from './lib/engine.mjs';
import { openPage, startChromium } from './lib/player.mjs';
import { ownScope, until } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */
/** @typedef {import('./lib/player.mjs').Player} Player */

const [width, height] = [960, 540];
/** Steps of a drag, 80 pixels in all: no two alike, as no hand makes them. */
const steps = [3, 11, 7, 14, 9, 16, 8, 12];

const scope = ownScope();
/** @type {import('./lib/player.mjs').Chromium} */
let chromium;
before(async () => {
  chromium = await startChromium(scope);
});
after(() => scope.end());

/** An application, told how to use the mouse, and a player that steers it. @param {Scope} scope @param {string[]} application @param {object} [settings] */
async function startScene(scope, application, settings = {}) {
  const { display } = await startDisplay(scope, { width, height });
  const [name, ...args] = application;
  const app = startProgram(scope, display, `tests/system/lib/${name}`, args);
  const browser = await openPage(scope, chromium);
  const join = async () => {
    const engine = await startEngine(scope, display, { settings });
    engine.send({ msg: 'control', user: 'host' });
    const host = await browser.join(engine, 'host');
    await host.until('p.input.readyState === "open"');
    return { engine, host };
  };
  return { app, join, ...(await join()) };
}

/** @param {Player} player @param {boolean} relative */
const isTold = (player, relative) => player.until(`p.told.at(-1)?.type === 'pointer' && p.told.at(-1).relative === ${relative}`);

/** Moves the pointer or a finger 80 pixels to the right of a place. @param {Player} player @param {string} type @param {[number, number]} from @param {() => Promise<unknown>} [afterEach] */
async function moveBy80(player, type, [x, y], afterEach = async () => {}) {
  for (const step of steps) {
    await player.send({ type, id: 1, x: (x += step) / width, y: y / height });
    await afterEach();
  }
}

/** @param {import('./lib/programs.mjs').Program} app @returns {[number, number]} by how much it was turned so far */
function turned(app) {
  const [, x = 0, y = 0] = [...app.log.matchAll(/sum (-?\d+) (-?\d+)/g)].at(-1) ?? [];
  return [Number(x), Number(y)];
}

/** Waits until it was turned so far. @param {import('./lib/programs.mjs').Program} app @param {[number, number]} sum */
const turnsTo = (app, sum) =>
  until(() => String(turned(app)) === String(sum), { what: `sum ${sum} in\n${app.log.slice(-600)}` });

/**
 * The same, and the application is turned by each step: SDL loses what comes while it puts the pointer back.
 * @param {import('./lib/programs.mjs').Program} app @param {Parameters<typeof moveBy80>} args
 */
async function turnBy80(app, ...[player, type, from]) {
  let [x, y] = turned(app);
  let at = 0;
  await moveBy80(player, type, from, () => turnsTo(app, [(x += steps[at++]), y]));
}

/** Waits until it was told all that was sent. @param {import('./lib/programs.mjs').Program} app @param {Player} player */
async function settles(app, player) {
  const from = app.log.length;
  await player.send({ type: 'pointerdown', button: 2 });
  await app.waitFor(/button 3 down/, { from });
  await player.send({ type: 'pointerup', button: 2 });
  await app.waitFor(/button 3 up/, { from });
}

/** Moves the mouse until the application shows what it is to. @param {Player} player @param {() => unknown} shown */
async function moveUntil(player, shown) {
  let x = 0;
  await until(async () => {
    await player.send({ type: 'pointermove', x: 0.4 + (x++ % 5) / 50, y: 0.5 });
    await player.send({ type: 'pointermoverelative', dx: 1, dy: 0 });
    return shown();
  });
}

describe('an application that looks around by the mouse', { concurrency: false }, () => {
  for (const how of ['first_person relative', 'first_person warp', 'hidden grab', 'hidden back'])
    test(`${how}: is turned by how far a hand comes`, async t => {
      const { app, host } = await startScene(t, how.split(' '));
      /* Only what some do with a mouse that moves shows how they take it; and SDL's warp mode begins with the second move. */
      await moveUntil(host, async () => turned(app)[0] !== 0 && (await host.get('told')).at(-1)?.relative);
      await isTold(host, true);
      await settles(app, host);
      const [x, y] = turned(app);
      await host.send({ type: 'pointermove', x: 0.9, y: 0.1 });
      await host.send({ type: 'pointerdown', button: 0, x: 0.25, y: 0.5 });
      await turnBy80(app, host, 'pointermove', [240, 270]);
      await host.send({ type: 'pointerup', button: 0, x: (240 + 80) / width, y: 0.5 });
      await host.send({ type: 'pointermove', x: 0, y: 1 });
      await host.send({ type: 'touchstart', id: 1, x: 0.5, y: 0.75 });
      await turnBy80(app, host, 'touchmove', [480, 405]);
      await host.send({ type: 'touchend', id: 1 });
      assert.deepEqual(turned(app), [x + 160, y]);
      await host.send({ type: 'pointermoverelative', dx: 80, dy: -40 });
      await turnsTo(app, [x + 240, y - 40]);
    });

  test('only while a button is down: is turned from the press on, and told of as no such', async t => {
    const { app, host } = await startScene(t, ['first_person', 'press']);
    await isTold(host, false);
    for (const at of [240, 480]) {
      const from = app.log.length;
      await host.send({ type: 'pointerdown', button: 0, x: at / width, y: 0.5 });
      await app.waitFor(/button 1 down/, { from });
      await turnBy80(app, host, 'pointermove', [at, 270]);
      await host.send({ type: 'pointerup', button: 0, x: (at + 80) / width, y: 0.5 });
      await app.waitFor(/button 1 up/, { from });
    }
    await host.send({ type: 'pointermove', x: 0.75, y: 0.5 });
    await app.waitFor(/at 720 270/);
    assert.deepEqual(await host.get('told'), [{ type: 'pointer', relative: false }]);
  });

  test('may let the mouse go and take it again; a player that comes is told how it stands', async t => {
    const { app, host, engine, join } = await startScene(t, ['first_person', 'relative']);
    const toggle = async () => {
      await host.send({ type: 'keydown', code: 'KeyM' });
      await host.send({ type: 'keyup', code: 'KeyM' });
    };
    await isTold(host, true);
    await toggle();
    await isTold(host, false);
    await host.send({ type: 'pointermove', x: 0.25, y: 0.5 });
    await app.waitFor(/at 240 270/);
    await host.send({ type: 'pointermoverelative', dx: 10, dy: 20 });
    await app.waitFor(/at 250 290/);
    await toggle();
    await isTold(host, true);
    engine.program.kill();
    const { host: next } = await join();
    await isTold(next, true);
    assert.deepEqual((await next.get('told')).length, 1);
    const [x, y] = turned(app);
    await next.send({ type: 'pointerdown', button: 0, x: 0.25, y: 0.5 });
    await moveBy80(next, 'pointermove', [240, 270]);
    await turnsTo(app, [x + 80, y]);
  });

  test('no longer puts the pointer back: is told its places again', async t => {
    const { app, host } = await startScene(t, ['hidden', 'stop']);
    await moveUntil(host, async () => (await host.get('told')).at(-1)?.relative);
    await host.send({ type: 'keydown', code: 'Space' });
    /* A last time it may still be put back. */
    await until(async () => {
      await host.send({ type: 'pointermoverelative', dx: width, dy: 0 });
      return (await host.get('told')).at(-1)?.relative === false;
    });
    await host.send({ type: 'pointermove', x: 0.25, y: 0.5 });
    await app.waitFor(/at 240 270/);
  });
});

describe('an application that hides the pointer and reads where it is', { concurrency: false }, () => {
  for (const how of ['first_person kiosk', 'hidden read', 'hidden away'])
    test(`${how}: goes on being told its places`, async t => {
      const { app, host } = await startScene(t, how.split(' '));
      await isTold(host, false);
      for (const x of [0.25, 0.75]) {
        const from = app.log.length;
        await host.send({ type: 'pointermove', x, y: 0.5 });
        await app.waitFor(new RegExp(`at ${x * width} 270`), { from });
        if (how === 'hidden away') await app.waitFor(/put away/, { from });
      }
      await host.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
      await moveBy80(host, 'pointermove', [480, 270]);
      await app.waitFor(/at 560 270/);
      await host.send({ type: 'pointerup', button: 0, x: 560 / width, y: 0.5 });
      await host.send({ type: 'touchstart', id: 1, x: 0.25, y: 0.25 });
      await moveBy80(host, 'touchmove', [240, 135]);
      await app.waitFor(/at 320 135/);
      assert.deepEqual(await host.get('told'), [{ type: 'pointer', relative: false }]);
    });

  test('and is taken for another than it is: the settings have the last word', async t => {
    const { app, host } = await startScene(t, ['first_person', 'relative'], { pointer: 'absolute' });
    await isTold(host, false);
    const { host: other } = await startScene(t, ['hidden', 'read'], { pointer: 'relative' });
    await isTold(other, true);
    assert.deepEqual(turned(app), [0, 0]);
  });
});
