// @ts-check
// A scene that is looked around in by the mouse, as most first-person applications have it: by drags, a finger, and a mouse that is held.

import assert from 'node:assert/strict';
import test from 'node:test';
import { built, until } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { Participant } from './lib/participant.mjs';

const { house, browser } = await openHouse({
  wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }],
  // Of one size, so that a way over the page is known in the scene's own pixels.
  settings: { app: [built('tests/system/lib/first_person'), 'relative'], webrtc: { resolution: 'fixed' } },
});
const scene = /** @type {import('../system/lib/streamer.mjs').Streamer} */ (house.streamers.get('park-1')).program;

/** The scene's width in its own pixels, and how far it is turned in them. */
const SCENE_WIDTH = 960;
const STEPS = [11, 29, 16, 24];
const WAY = STEPS.reduce((sum, step) => sum + step);

/** @returns {[number, number]} by how much the newest scene was turned so far */
function turned() {
  const [, x = 0, y = 0] = [...scene.log.matchAll(/sum (-?\d+) (-?\d+)/g)].at(-1) ?? [];
  return [Number(x), Number(y)];
}

/** Waits until the scene was turned so far. @param {[number, number]} sum */
const turnsTo = sum => until(() => String(turned()) === String(sum), { what: `sum ${sum}, not ${turned()}` });

/** By how much it is turned when all has come that was sent. @param {Participant} person */
async function settled(person) {
  const from = scene.log.length;
  await person.page.keyboard.press('b');
  await scene.waitFor(/key 5 up/, { from });
  return turned();
}

/** @param {Participant} person @returns {Promise<boolean>} whether their mouse is held */
const isHeld = person => person.site.evaluate(() => document.pointerLockElement?.matches('[data-picture]') ?? false);

/**
 * The mouse is held, and moves: a browser without a screen makes no such moves of those that it is told.
 * @param {Participant} person
 */
const holdsAndMoves = person =>
  person.video.evaluate((video, steps) => {
    for (const movementX of steps) video.dispatchEvent(new PointerEvent('pointermove', { movementX, button: -1, pointerType: 'mouse' }));
  }, STEPS);

/** Waits until the line over the picture says so. @param {Participant} person @param {string} words */
const seesHint = (person, words) => person.site.locator('[data-hint]', { hasText: words }).waitFor();

/** The way in steps, from the middle of the picture, in pixels of the page. @param {Participant} person */
async function wayOverPicture(person) {
  const box = await person.pictureBox();
  const { y } = await person.pixelAt(0.5, 0.5);
  let x = box.x + box.width / 2;
  return { x, y, steps: STEPS.map(step => (x += (step * box.width) / SCENE_WIDTH)) };
}

test('a drag turns it by its way; a click holds the mouse, until the scene shows its pointer or Esc', async t => {
  const desk = await Participant.come(t, browser, { label: 'pointer-desk' });
  await desk.open(house.url);
  await desk.start('Park Side');
  await seesHint(desk, 'click to look around');
  const { mouse, keyboard } = desk.page;
  const { x, y, steps } = await wayOverPicture(desk);

  await mouse.move(x, y);
  await mouse.down();
  for (const at of steps) await mouse.move(at, y);
  await turnsTo([WAY, 0]);
  await mouse.up();
  assert.equal(await isHeld(desk), false, 'a drag is no click');
  await mouse.move(x, y);
  assert.deepEqual(await settled(desk), [WAY, 0], 'neither does the mouse turn it that passes over the picture');

  await keyboard.down('w');
  await mouse.down();
  await mouse.up();
  await until(() => isHeld(desk));
  await seesHint(desk, 'Esc releases it');
  await desk.isAccessible('the mouse is held');
  assert.doesNotMatch(scene.log, /key 26 up/, 'who walks on while clicking keeps walking');
  const [from, height] = await settled(desk);
  await holdsAndMoves(desk);
  await turnsTo([from + WAY, height]);

  await keyboard.press('m');
  await until(async () => !(await isHeld(desk)), { what: 'a mouse that is let go for the menu' });
  await scene.waitFor(/key 26 up/);
  await seesHint(desk, 'drag to look around');
  await keyboard.press('m');
  await until(() => isHeld(desk), { what: 'a mouse that is held again' });
  await desk.site.evaluate(() => document.exitPointerLock());
  await seesHint(desk, 'click to look around');
  assert.equal(await isHeld(desk), false);
  assert.deepEqual(desk.complaints, []);
  await desk.leave();
});

test('a finger turns it by its way', async t => {
  const phone = await Participant.come(t, browser, { screen: 'phone', label: 'pointer-phone', language: 'ru' });
  await phone.open(house.url);
  await phone.start('Park Side');
  await phone.site.waitForFunction(() => /** @type {any} */ (globalThis).channels.at(-1)?.readyState === 'open');
  const { x, y, steps } = await wayOverPicture(phone);
  const fingers = await phone.page.context().newCDPSession(phone.page);
  const touch = (/** @type {'touchStart' | 'touchMove' | 'touchEnd'} */ type, /** @type {number[]} */ ...xs) =>
    fingers.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map(of => ({ x: of, y, id: 1 })) });
  await touch('touchStart', x);
  for (const to of steps) await touch('touchMove', to);
  await touch('touchEnd');
  await turnsTo([WAY, 0]);
  assert.deepEqual(phone.complaints, []);
  await phone.leave();
});
