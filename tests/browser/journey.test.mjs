// @ts-check
// The main job, end to end, on real parts: one chooses a complex and walks through it, another joins by the code, both leave.

import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { difference, UNREST, Visitor } from './lib/visitor.mjs';

// As people have it.
const { house, browser } = await openHouse({}, { whole: true });

test('one starts a session and walks, another joins by the code and watches, and leaving frees the place', async t => {
  const host = await Visitor.come(t, browser, { label: 'wide' });
  await host.open(house.url);
  await host.seesCard('River Quarter', /2 of 2 available/);
  await host.seesCard('Park Side', /available/i);
  await host.screenshot('1-complexes');
  await host.card('River Quarter').click();
  await host.action('start').waitFor();
  await host.screenshot('2-chosen');
  await host.action('start').click();
  await host.seesPicture();
  await host.screenshot('3-session');
  const { width, height } = await host.seesFittingPicture();
  assert.ok(width > height, `${width} x ${height} at a desk`);
  const code = await host.code();
  assert.match(code, /^[0-9]{4}$/);

  const guest = await Visitor.come(t, browser, { label: 'wide-guest' });
  await guest.open(house.url);
  await guest.seesCard('River Quarter', /1 of 2 available/);
  await guest.enterCode(code);
  await guest.seesPicture();
  await guest.site.getByRole('heading', { name: 'River Quarter' }).waitFor();
  await guest.screenshot('4-joined');

  await t.test('both see the same', async () => {
    await host.seesStillness();
    const seen = await guest.seesStillness();
    assert.ok(difference(seen, await host.look()) < 3 * UNREST);
    await host.site.getByRole('button', { name: /^2 people here/ }).waitFor();
    await host.site.getByText('You’re in control', { exact: true }).waitFor();
    await guest.site.getByText('Host is in control', { exact: true }).waitFor();
  });

  await t.test('the host’s key moves the scene for both', async () => {
    const [hostSaw, guestSaw] = [await host.seesStillness(), await guest.look()];
    await host.page.keyboard.down('KeyW');
    await host.seesChange(hostSaw, 'the host’s step in the host’s picture');
    await guest.seesChange(guestSaw, 'the host’s step in the guest’s picture');
    await host.page.keyboard.up('KeyW');
    await host.screenshot('5-walked');
  });

  await t.test('the host looks around by dragging', async () => {
    const saw = await host.seesStillness();
    await host.page.mouse.move(500, 400);
    await host.page.mouse.down();
    await host.page.mouse.move(800, 420, { steps: 12 });
    await host.seesChange(saw, 'a turn');
    await host.page.mouse.up();
  });

  await t.test('the application’s own keys are buttons, by hand and by key, and the hint names them', async () => {
    const hint = host.site.locator('[data-hint]');
    assert.match((await hint.textContent()) ?? '', / · N: Day and night · Shift: Run · H: Help$/);
    const day = await host.seesStillness();
    const night = host.site.getByRole('button', { name: 'Day and night' });
    await night.click();
    await host.seesChange(day, 'the night');
    await host.screenshot('5-night');
    const dark = await host.seesStillness();
    await night.focus();
    await host.page.keyboard.press('Enter');
    await host.seesChange(dark, 'the day');
    const saw = await host.seesStillness();
    assert.ok(difference(saw, day) < 3 * UNREST, 'one press of a button is one of the key');
    assert.ok(!(await guest.site.locator('[data-keys]').isVisible()), 'a guest has none');
  });

  await t.test('a gamepad walks and looks around as long as it is there, and no guest’s does', async () => {
    await host.video.focus();
    let saw = await host.seesStillness();
    await guest.holdsGamepad({ axes: [0, -1, 1, 0] });
    await host.holdsGamepad({ axes: [0, -1, 0, 0] });
    await host.seesChange(saw, 'a step');
    await host.holdsGamepad(null);
    saw = await host.seesStillness();
    await host.holdsGamepad({ axes: [0, 0, 1, 0] });
    await host.seesChange(saw, 'a turn');
    await host.holdsGamepad({ axes: [0, 0, 0, 0] });
    saw = await host.seesStillness();
    await host.holdsGamepad({ pressed: 2 });
    await host.seesChange(saw, 'the night, by the application’s own table');
    await host.holdsGamepad(null);
    await guest.holdsGamepad(null);
  });

  await t.test('the guest’s key does not move it, neither through the page nor past it', async () => {
    const saw = await host.seesStillness();
    await guest.video.focus();
    await guest.page.keyboard.down('KeyW');
    await guest.sendRaw({ type: 'keydown', code: 'KeyW' });
    const endMs = Date.now() + 2_000;
    await until(async () => {
      assert.ok(difference(saw, await host.look()) < UNREST, 'the guest moved the scene');
      return Date.now() > endMs;
    });
    await guest.sendRaw({ type: 'keyup', code: 'KeyW' });
    await guest.page.keyboard.up('KeyW');
  });

  await t.test('leaving frees the place', async () => {
    await guest.leave();
    await guest.isTold(/You have left/);
    await host.site.getByRole('button', { name: /^1 person here/ }).waitFor();
    await guest.seesCard('River Quarter', /1 of 2 available/);
    await host.leave();
    await host.seesCard('River Quarter', /2 of 2 available/);
    await guest.seesCard('River Quarter', /2 of 2 available/);
    await host.screenshot('6-left');
    await guest.enterCode(code);
    await guest.isTold(/no tour with this code/);
  });

  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});

test('on a phone and in Russian: by touch, and the guest comes by the link', async t => {
  const host = await Visitor.come(t, browser, { screen: 'phone', language: 'ru-RU', label: 'phone' });
  await host.open(house.url);
  assert.equal(await host.site.locator('html').getAttribute('lang'), 'ru');
  await host.seesCard('River Quarter', /Свободно 2 места из 2/);
  await host.fitsTheScreen('the complexes');
  await host.screenshot('1-complexes');
  await host.card('Park Side').tap();
  await host.action('start').waitFor();
  await host.fitsTheScreen('the ways');
  await host.screenshot('2-chosen');
  await host.action('start').tap();
  await host.seesPicture();
  await host.fitsTheScreen('the session');
  await host.screenshot('3-session');

  const guest = await Visitor.come(t, browser, { screen: 'phone', language: 'ru-RU', label: 'phone-guest' });
  await guest.open(`${house.url}#code=${await host.code()}`);
  await guest.seesPicture();
  await guest.screenshot('4-joined');
  assert.ok(!guest.page.url().includes('#code'), 'the code is obeyed once');

  await t.test('the pad walks', async () => {
    const saw = await host.seesStillness();
    const pad = await host.site.locator('[data-pad]').boundingBox();
    assert.ok(pad, 'there is a pad for the host');
    const touch = await host.page.context().newCDPSession(host.page);
    const point = { x: pad.x + pad.width / 2, y: pad.y + pad.height / 8 };
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
    await host.seesChange(saw, 'a step by the pad');
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await host.screenshot('5-walked');
    assert.ok(!(await guest.site.locator('[data-pad]').isVisible()), 'a guest has no pad');
  });

  await t.test('the application’s own keys are there for a finger', async () => {
    const saw = await host.seesStillness();
    const night = host.site.getByRole('button', { name: 'День и ночь' });
    const box = await night.boundingBox();
    assert.ok(box && box.height >= 44 && box.width >= 44, JSON.stringify(box));
    await night.tap();
    await host.seesChange(saw, 'the night');
    await host.fitsTheScreen('the night');
    await host.screenshot('5-night');
  });

  await t.test('a finger on the picture looks around', async () => {
    const saw = await host.seesStillness();
    const box = await host.video.boundingBox();
    assert.ok(box);
    const touch = await host.page.context().newCDPSession(host.page);
    const y = box.y + box.height / 2;
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: 100, y }] });
    for (let x = 100; x <= 300; x += 20) {
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y }] });
    }
    await host.seesChange(saw, 'a turn by the finger');
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  });

  await t.test('the picture is as the phone is held, for the guest too', async () => {
    const upright = await host.seesFittingPicture();
    assert.ok(upright.height > upright.width, `${upright.width} x ${upright.height} upright`);
    await host.page.setViewportSize({ width: 844, height: 390 });
    const across = await host.seesFittingPicture();
    assert.ok(across.width > across.height, `${across.width} x ${across.height} across`);
    await host.screenshot('5-across');
    await until(async () => (await guest.pictureSize()).width === across.width, { what: 'the same picture at the guest' });
    await guest.screenshot('5-host-across');
    await host.page.setViewportSize({ width: 390, height: 844 });
    const again = await host.seesFittingPicture();
    assert.ok(again.height > again.width, `${again.width} x ${again.height} upright again`);
  });

  await host.leave();
  await guest.leave();
  await guest.isTold(/Вы вышли/);
  await host.seesCard('Park Side', /свободно/i);
  await host.screenshot('6-left');
  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});
