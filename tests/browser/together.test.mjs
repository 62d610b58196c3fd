// @ts-check
// People in one session: who is in, who steers, what they say, where they point. Three browsers and the whole system.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { until } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { Participant } from './lib/participant.mjs';
import { difference, startBrowser, UNREST } from './lib/visitor.mjs';

const { house, browser } = await openHouse();

/** A page on which no WebSocket can be opened. @param {Participant} participant */
const blockWebSockets = participant =>
  participant.page.addInitScript(() => {
    globalThis.WebSocket = /** @type {any} */ (class {
      constructor() {
        throw new DOMException('blocked', 'SecurityError');
      }
    });
  });

/** Holds a key down until the onlooker sees the scene move. @param {Participant} who @param {Participant} onlooker */
async function steers(who, onlooker) {
  await who.video.focus();
  const saw = await onlooker.seesStillness();
  await who.page.keyboard.down('KeyW');
  await onlooker.seesChange(saw, `a step of ${who.label} in the picture of ${onlooker.label}`);
  await who.page.keyboard.up('KeyW');
}

/** Holds a key down for two seconds, in which the onlooker sees nothing move. @param {Participant} who @param {Participant} onlooker */
async function steersNothing(who, onlooker) {
  await who.video.focus();
  const saw = await onlooker.seesStillness();
  await who.page.keyboard.down('KeyW');
  const endMs = Date.now() + 2_000;
  await until(async () => {
    assert.ok(difference(saw, await onlooker.look()) <= 3 * UNREST, `${who.label} moves the scene`);
    return Date.now() > endMs;
  });
  await who.page.keyboard.up('KeyW');
}

test('everyone sees who is in and who steers, and control goes from hand to hand', async t => {
  const host = await Participant.come(t, browser, { label: 'together-host' });
  const phone = await Participant.come(t, browser, { screen: 'phone', language: 'ru', label: 'together-phone' });
  const guest = await Participant.come(t, browser, { label: 'together-guest' });
  await host.invites(house, 'Park Side', phone, guest);

  await t.test('with names of their own or by number, each in their language', async () => {
    await host.seesPeople(/Host \(you\).*In control/, /Guest 2/, /Guest 3/);
    await phone.seesPeople(/Ведущий.*Управляет/, /Гость 2 \(вы\)/, /Гость 3/);
    await host.opens('people');
    await host.person('Host').getByRole('button', { name: 'Change your name' }).click();
    await host.page.keyboard.type('Anna');
    await host.screenshot('1-rename');
    await host.page.keyboard.press('Enter');
    for (const one of [phone, guest]) await one.seesPeople(/Anna/, /./, /./);
    await guest.seesSteering('Anna is in control');
    await phone.seesSteering('Управляет Anna');
    await phone.opens('people');
    for (const one of [host, phone]) {
      await one.isAccessible('the people');
      await one.fitsTheScreen('the people');
      await one.screenshot('2-people');
    }
  });

  await t.test('a guest asks, and may be declined', async () => {
    await phone.control.tap();
    await host.site.getByText('Guest 2 asks for control').waitFor();
    await host.isAccessible('a question');
    await host.screenshot('3-asked');
    await phone.screenshot('3-asked');
    await host.site.locator('[data-action="decline"]').click();
    await phone.isTold(/отклонили/);
    await host.site.getByText('Guest 2 asks for control').waitFor({ state: 'detached' });
  });

  await t.test('a question can be taken back', async () => {
    await guest.control.click();
    await host.site.getByText('Guest 3 asks for control').waitFor();
    await guest.control.click();
    await host.site.getByText('Guest 3 asks for control').waitFor({ state: 'detached' });
  });

  await t.test('a guest asks, is granted, and steers; the host’s keys do nothing meanwhile', async () => {
    await guest.control.click();
    await host.site.locator('[data-action="grant"]').click();
    await guest.isTold(/You’re in control now/);
    await host.seesSteering('Guest 3 is in control');
    await phone.seesSteering('Управляет гость 3');
    await steers(guest, host);
    await steersNothing(host, guest);
  });

  await t.test('whoever steers decides, too', async () => {
    await phone.control.tap();
    await guest.site.getByText('Guest 2 asks for control').waitFor();
    await guest.site.locator('[data-action="grant"]').click();
    await phone.seesSteering('Управляете вы');
    await phone.site.locator('[data-pad]').waitFor();
    await phone.control.tap();
    await host.seesSteering('You’re in control');
  });

  await t.test('the host takes control back without asking', async () => {
    await host.person('Guest 3').getByRole('button', { name: 'Give control to Guest 3' }).click();
    await guest.seesSteering('You’re in control');
    await host.control.click();
    await host.seesSteering('You’re in control');
    await guest.isTold(/Anna is in control now/);
    // Which has the shape of their screen again.
    await host.seesFittingPicture();
    await steersNothing(guest, host);
    await steers(host, guest);
  });

  await t.test('the host removes a guest, who is told so; the others are told, too', async () => {
    const remove = host.person('Guest 3').getByRole('button', { name: 'Remove Guest 3' });
    await remove.click();
    await host.screenshot('4-remove');
    await host.isAccessible('the question before somebody is removed');
    await host.page.keyboard.press('Escape');
    assert.ok(await remove.evaluate(button => button === document.activeElement), 'Esc takes the question back');
    await remove.click();
    await host.site.getByRole('button', { name: 'Remove', exact: true }).click();
    await guest.seesEnd(/The host ended your participation/);
    await guest.isAccessible('the end of who was removed');
    await guest.screenshot('5-removed');
    await host.seesPeople(/Anna/, /Guest 2/);
    await phone.isTold(/Ведущий завершил участие: Гость 3/);
  });

  await phone.leave();
  await host.seesPeople(/Anna/);
  await host.leave();
  assert.deepEqual([...host.complaints, ...phone.complaints, ...guest.complaints], []);
});

test('people write to each other, through WebSockets and through polls, in order and once', async t => {
  const host = await Participant.come(t, browser, { label: 'chat-host' });
  const phone = await Participant.come(t, browser, { screen: 'phone', language: 'ru', label: 'chat-phone' });
  const polling = await Participant.come(t, browser, { label: 'chat-polling' });
  await blockWebSockets(polling);
  await host.invites(house, 'Park Side', phone, polling);

  await t.test('a closed chat shows the newest message and how many are unread', async () => {
    await polling.writes('Good morning!');
    await host.site.getByText('Good morning!').waitFor();
    await phone.site.getByRole('button', { name: 'Чат, 1 новое сообщение' }).waitFor();
    await phone.screenshot('1-toast');
    await host.isAccessible('a new message');
    await host.site.locator('.toast__one').click();
    await host.reads(/Good morning!/);
    await host.site.getByRole('button', { name: 'Chat', exact: true }).waitFor();
  });

  await t.test('what all write at once comes to all, in each one’s order', async () => {
    const texts = [1, 2, 3, 4].map(String);
    const writers = /** @type {[Participant, string][]} */ ([[host, 'h'], [phone, 'p'], [polling, 'w']]);
    await Promise.all(writers.map(async ([who, letter]) => {
      for (const text of texts) await who.writes(letter + text);
    }));
    for (const [who] of writers) {
      await who.opens('chat');
      /** @type {string[]} */
      let read = [];
      await until(async () => (read = await who.site.locator('.said__text').allTextContents()).length >= 13, { timeout: 30_000, what: who.label });
      for (const [, letter] of writers)
        assert.deepEqual(read.filter(text => text.startsWith(letter)), texts.map(text => letter + text), `${letter} at ${who.label}`);
      assert.equal(read.length, 13);
      await who.site.locator('[data-message-state="sending"]').first().waitFor({ state: 'detached' });
    }
    for (const one of [host, phone]) {
      await one.isAccessible('the chat');
      await one.fitsTheScreen('the chat');
      await one.screenshot('2-chat');
    }
  });

  await t.test('on a phone the picture stays in sight', async () => {
    const panel = await phone.site.locator('[data-panel="chat"]').boundingBox();
    const picture = await phone.video.boundingBox();
    assert.ok(panel && picture && picture.y >= 0 && panel.y >= picture.y + picture.height, 'the sheet lies below the picture');
    assert.ok(panel.y + panel.height <= 844, 'and ends where the screen does');
  });

  await t.test('what is typed never goes to the scene, and Esc leads back to it', async () => {
    await host.site.locator('textarea[name="chat"]').focus();
    const saw = await polling.seesStillness();
    await host.page.keyboard.down('KeyW');
    await host.page.keyboard.up('KeyW');
    await host.page.keyboard.type('wwwwwwwwww');
    assert.ok(difference(saw, await polling.seesStillness()) < 2 * UNREST, 'typing moved the scene');
    await host.page.keyboard.press('Escape');
    assert.ok(await host.video.evaluate(video => video === document.activeElement));
    await host.page.keyboard.down('KeyW');
    await polling.seesChange(saw, 'a step with the picture in focus');
    await host.page.keyboard.up('KeyW');
    await host.site.locator('textarea[name="chat"]').fill('');
  });

  await t.test('it is text and nothing else, but for honest links', async () => {
    await host.writes('<img src=x onerror=alert(1)> https://flats.example/plan javascript:alert(1) https://bank.example@evil.example/');
    const last = polling.site.locator('.said__text').last();
    await until(async () => /onerror/.test((await last.textContent()) ?? ''));
    assert.equal(await last.locator('img').count(), 0);
    assert.deepEqual(await last.locator('a').evaluateAll(links => links.map(link => link.getAttribute('href'))), ['https://flats.example/plan']);
    assert.equal(await last.locator('a').getAttribute('rel'), 'noopener noreferrer nofollow ugc');
  });

  await t.test('what was written while the line was down goes out when it is back', async () => {
    const before = await polling.site.locator('.said__text').count();
    await host.page.context().setOffline(true);
    await host.page.evaluate(() => dispatchEvent(new Event('online')));
    await host.isTold(/Connection lost/);
    await host.writes('from the tunnel');
    await host.site.getByText('Sending…').waitFor();
    await host.screenshot('3-sending');
    await host.page.context().setOffline(false);
    await host.isTold(/connected again/);
    await polling.site.getByText('from the tunnel').waitFor();
    await host.site.getByText('Sending…').waitFor({ state: 'detached' });
    assert.equal(await polling.site.locator('.said__text').count(), before + 1);
  });

  for (const one of [polling, phone, host]) await one.leave();
});

test('one shows the others something on the picture, at the same place on every screen', async t => {
  const host = await Participant.come(t, browser, { label: 'point-host', viewport: { width: 1920, height: 1080 } });
  const phone = await Participant.come(t, browser, { screen: 'phone', label: 'point-phone' });
  const guest = await Participant.come(t, browser, { label: 'point-guest', viewport: { width: 844, height: 390 } });
  await host.invites(house, 'Park Side', phone, guest);

  await t.test('the host with the tool and the mouse, and the scene stands still', async () => {
    await host.opens('people');
    const saw = await guest.seesStillness();
    await host.site.getByRole('button', { name: 'Point at something' }).click();
    const from = await host.pixelAt(0.2, 0.3);
    await host.page.mouse.move(from.x, from.y);
    await phone.seesPointer('Host', 0.2, 0.3);
    const to = await host.pixelAt(0.9, 0.75);
    await host.page.mouse.move(to.x, to.y, { steps: 10 });
    await host.page.mouse.down();
    await host.page.mouse.move(to.x + 1, to.y);
    await host.page.mouse.up();
    await phone.seesPointer('Host', 0.9, 0.75);
    await guest.seesPointer('Host', 0.9, 0.75);
    await host.seesPointer('You', 0.9, 0.75);
    for (const one of [host, phone, guest]) await one.screenshot('1-pointed');
    assert.ok(difference(saw, await guest.look()) < 2 * UNREST, 'pointing does not touch the scene');
    await host.site.getByRole('button', { name: 'Point at something' }).click();
    for (const one of [phone, guest, host]) await one.seesNoPointer();
  });

  await t.test('a guest by pressing and holding, with a finger', async () => {
    const touch = await phone.page.context().newCDPSession(phone.page);
    const at = await phone.pixelAt(0.5, 0.5);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
    await host.seesPointer('Guest 2', 0.5, 0.5);
    const there = await phone.pixelAt(0.25, 0.8);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [there] });
    await guest.seesPointer('Guest 2', 0.25, 0.8);
    await phone.screenshot('2-finger');
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await host.seesNoPointer();
  });

  await t.test('with the keyboard alone', async () => {
    await guest.site.getByRole('button', { name: 'Point at something' }).focus();
    await guest.page.keyboard.press('Enter');
    for (let step = 0; step < 5; step++) await guest.page.keyboard.press('ArrowRight');
    await host.seesPointer('Guest 3', 0.6, 0.5);
    await guest.page.keyboard.press('Escape');
    await host.seesNoPointer();
  });

  await t.test('who stops being heard of fades', async () => {
    const touch = await phone.page.context().newCDPSession(phone.page);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [await phone.pixelAt(0.5, 0.5)] });
    await host.seesPointer('Guest 2', 0.5, 0.5);
    await phone.page.close();
    await host.seesNoPointer();
  });

  await guest.leave();
  await host.leave();
  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});

test('a reload is the same person, and a second tab takes the visit over', async t => {
  const host = await Participant.come(t, browser, { label: 'tab-host' });
  const guest = await Participant.come(t, browser, { label: 'tab-guest' });
  // Park Side still waits for the one of the test before who closed the page.
  await host.invites(house, 'River Quarter', guest);
  await host.writes('before');
  await guest.writes('after');
  await host.reads(/before/, /after/);
  await host.newsSince();

  await t.test('the others notice nothing of a reload, and nothing is forgotten by it', async () => {
    await guest.page.reload();
    await host.writes('meanwhile');
    await guest.seesPicture();
    await guest.seesPeople(/Host/, /Guest 2 \(you\)/);
    await guest.opens('chat');
    await guest.reads(/before/, /after/, /meanwhile/);
    assert.deepEqual(await host.newsSince(), []);
  });

  const page = await guest.page.context().newPage();
  const second = new Participant(page, 'tab-second');
  await t.test('the older tab says that it goes on elsewhere, and does not fight', async () => {
    const kept = await guest.page.evaluate(() => JSON.stringify(sessionStorage));
    await page.addInitScript(text => {
      if (sessionStorage.length === 0) for (const [key, value] of Object.entries(JSON.parse(text))) sessionStorage.setItem(key, /** @type {string} */ (value));
    }, kept);
    await page.goto(house.url);
    await second.seesPicture();
    await guest.seesEnd(/another tab/);
    await guest.isAccessible('the end of a tab that was replaced');
    await guest.screenshot('1-replaced');
    await host.seesPeople(/Host/, /Guest 2/);
  });

  await t.test('the visit can be taken back', async () => {
    await guest.site.getByRole('button', { name: 'Continue here' }).click();
    await guest.seesPicture();
    await second.seesEnd(/another tab/);
    await guest.seesPeople(/Host/, /Guest 2 \(you\)/);
    assert.deepEqual(await host.newsSince(), [], 'nobody was told that somebody came or went');
  });

  await guest.leave();
  await host.leave();
});

test('one takes a picture of what is seen, as large as it comes, and the others are told', async t => {
  const host = await Participant.come(t, browser, { label: 'photo-host' });
  const guest = await Participant.come(t, browser, { label: 'photo-guest' });
  await host.invites(house, 'River Quarter', guest);
  for (const one of [host, guest]) assert.ok(await one.site.locator('[data-tool="photo"]').isEnabled(), one.label);
  const [download] = await Promise.all([
    host.page.waitForEvent('download'),
    host.site.getByRole('button', { name: 'Take a picture' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^River Quarter \d{4}-\d\d-\d\d \d\d\.\d\d\.png$/);
  const png = readFileSync(/** @type {string} */ (await download.path()));
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  const size = await host.video.evaluate(video => [/** @type {HTMLVideoElement} */ (video).videoWidth, /** @type {HTMLVideoElement} */ (video).videoHeight]);
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], size);
  await host.isTold(/picture is saved/);
  await guest.isTold(/Host took a picture/);
  for (const { complaints } of [host, guest]) assert.deepEqual(complaints, []);
  await guest.leave();
  await host.leave();
});

test('the mouse can be held to look around, and is let go with control', async t => {
  // A held mouse tells its movements in the whole browser alone.
  const host = await Participant.come(t, await startBrowser(t, { whole: true }), { label: 'mouse-host' });
  const guest = await Participant.come(t, browser, { label: 'mouse-guest' });
  await host.invites(house, 'River Quarter', guest);
  await host.page.evaluate(() => {
    /** @type {any} */
    const page = globalThis;
    const channel = page.channels.at(-1);
    const send = channel.send.bind(channel);
    page.sent = [];
    channel.send = (/** @type {string} */ text) => (page.sent.push(JSON.parse(text)), send(text));
  });
  const isHeld = () => host.site.evaluate(() => document.pointerLockElement?.matches('[data-picture]') ?? false);
  const tool = host.site.locator('[data-tool="mouse"]');
  await tool.click();
  await until(isHeld);
  assert.equal(await tool.getAttribute('aria-pressed'), 'true');
  await host.page.mouse.move(600, 400);
  await host.page.mouse.move(650, 410, { steps: 5 });
  await until(() => host.page.evaluate(() => /** @type {any} */ (globalThis).sent.some((/** @type {any} */ { type, dx }) => type === 'pointermoverelative' && dx > 0)));
  await guest.control.click();
  await host.site.locator('[data-action="grant"]').focus();
  await host.page.keyboard.press('Enter');
  await guest.seesSteering('You’re in control');
  await until(async () => !(await isHeld()));
  await tool.waitFor({ state: 'hidden' });
  await guest.leave();
  await host.leave();
});
