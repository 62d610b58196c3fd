// @ts-check
// What people do with their hands: text, keys with Ctrl, a mouse's other buttons, fingers. The scene is a form that tells what it gets.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { built, until } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { Visitor } from './lib/visitor.mjs';

const rcName = 'River Quarter';
const { house, browser, scope } = await openHouse(
  { wanted: [1, 2].map(number => ({ name: `form-${number}`, rcName, scene: 'form' })), settings: { app: [built('tests/system/lib/form')] } },
  { whole: true },
);

/** What the page sends is noted. @param {Visitor} visitor */
async function noteInput(visitor) {
  await visitor.page.evaluate(() => {
    /** @type {any} */
    const page = globalThis;
    const channel = page.channels.at(-1);
    const send = channel.send.bind(channel);
    page.sent = [];
    channel.send = (/** @type {string} */ text) => (page.sent.push(JSON.parse(text)), send(text));
  });
}

/** @param {Visitor} visitor */
const forgets = visitor => visitor.page.evaluate(() => void (/** @type {any} */ (globalThis).sent = []));

/** Waits until the page has sent that since it was last asked, and gives what it sent till then. @param {Visitor} visitor @param {object} last */
async function sends(visitor, last) {
  /** @type {any[]} */
  let sent = [];
  const wanted = Object.entries(last);
  await until(async () => {
    sent = await visitor.page.evaluate(() => /** @type {any} */ (globalThis).sent);
    return sent.some(message => wanted.every(([name, value]) => message[name] === value));
  }, { what: `${JSON.stringify(last)} among ${JSON.stringify(sent)}` });
  await forgets(visitor);
  return sent;
}

/** The form's words stand in the log of one of the streamers. @param {string} words */
async function told(words) {
  const logs = () => [...house.streamers.values()].map(({ program }) => program.log.split('\n').filter(line => line.includes('process=app')).join('\n'));
  await until(() => logs().some(log => log.includes(`text="${words}"`)), { what: `"${words}"` }).catch(failure => assert.fail(`${failure.message} among ${logs()}`));
}

/** @type {Visitor} */
let desk;
/** @type {Visitor} */
let phone;
before(async () => {
  desk = await Visitor.come(scope, browser, { label: 'hands-desk' });
  phone = await Visitor.come(scope, browser, { label: 'hands-phone', screen: 'phone', language: 'ru' });
  for (const visitor of [desk, phone]) {
    await visitor.open(house.url);
    await visitor.start(rcName);
    await noteInput(visitor);
  }
});
after(() => assert.deepEqual([...desk.complaints, ...phone.complaints], []));

/** @param {Visitor} visitor */
const field = visitor => visitor.site.locator('[data-typing-field]');

test('at a desk text is written with any layout into a field, which the keyboard alone opens and closes', async () => {
  const { page, site } = desk;
  await site.locator('[data-action="text"]').focus();
  await page.keyboard.press('Enter');
  await desk.isAccessible('writing');
  await page.keyboard.insertText('приветы');
  await page.keyboard.press('Backspace');
  await page.keyboard.type(' zyö');
  await desk.screenshot('1-text');
  await page.keyboard.press('Enter');
  await told('sent привет zyö');
  // A click into the scene, as into its next line, takes the keys from nobody who writes.
  await desk.video.click({ position: { x: 600, y: 300 } });
  await page.keyboard.insertText('ёж');
  await page.keyboard.press('Enter');
  await told('sent ёж');
  await page.keyboard.press('Escape');
  await field(desk).waitFor({ state: 'hidden' });
  assert.ok(await desk.video.evaluate(video => video === document.activeElement), 'the picture has the keys again');
});

test('an input method’s text comes when it is chosen', async () => {
  const { page, site } = desk;
  await site.locator('[data-action="text"]').click();
  await forgets(desk);
  const devtools = await page.context().newCDPSession(page);
  for (const text of ['n', 'ni', 'nih'])
    await devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  await devtools.send('Input.insertText', { text: '你好' });
  await page.keyboard.press('Enter');
  await told('sent 你好');
  const sent = await sends(desk, { type: 'keyup', code: 'Enter' });
  assert.deepEqual(sent.filter(({ type }) => type === 'text'), [{ type: 'text', text: '你好' }]);
  await page.keyboard.press('Escape');
});

test('on the picture a key is a place, whatever the layout has there; AltGr and the clipboard bring text', async () => {
  const { page } = desk;
  await desk.video.focus();
  await forgets(desk);
  const dispatch = (/** @type {object} */ init) =>
    page.evaluate(
      given => {
        for (const type of ['keydown', 'keyup']) document.activeElement?.dispatchEvent(new KeyboardEvent(type, { bubbles: true, cancelable: true, ...given }));
      },
      init,
    );
  await dispatch({ code: 'KeyW', key: 'ц' });
  await dispatch({ code: 'KeyQ', key: '@', modifierAltGraph: true });
  await told('line w@');
  const sent = await sends(desk, { type: 'text', text: '@' });
  assert.deepEqual(sent.map(({ type, code, text }) => [type, code ?? text]), [['keydown', 'KeyW'], ['keyup', 'KeyW'], ['text', '@']]);
  await page.evaluate(() => {
    const area = document.createElement('textarea');
    area.value = 'Жаркова 5, кв. 7';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  });
  await desk.video.focus();
  await page.keyboard.press('Control+V');
  await told('line w@Жаркова 5, кв. 7');
  const pasted = await sends(desk, { type: 'keyup', code: 'ControlLeft' });
  assert.ok(!pasted.some(({ code }) => code === 'KeyV'), 'the scene does not paste beside it');
});

test('letters with Ctrl and Alt reach the scene, and Command lets go of everything', async () => {
  const { page } = desk;
  await page.evaluate(() => addEventListener('keydown', event => (/** @type {any} */ (globalThis).prevented = event.defaultPrevented)));
  for (const modifier of ['Control', 'Alt']) {
    await page.keyboard.press(`${modifier}+KeyS`);
    const sent = await sends(desk, { type: 'keyup', code: `${modifier}Left` });
    assert.deepEqual(sent.map(({ type, code }) => `${type} ${code}`), [`keydown ${modifier}Left`, 'keydown KeyS', 'keyup KeyS', `keyup ${modifier}Left`]);
  }
  await page.keyboard.down('Control');
  await page.keyboard.down('KeyS');
  assert.ok(await page.evaluate(() => /** @type {any} */ (globalThis).prevented), 'the browser saves no page');
  await page.keyboard.up('KeyS');
  await page.keyboard.up('Control');
  await sends(desk, { type: 'keyup', code: 'ControlLeft' });
  for (const move of ['down', 'up']) {
    await page.keyboard.down('KeyW');
    await page.evaluate(which => dispatchEvent(new KeyboardEvent(`key${which}`, { code: 'MetaLeft', key: 'Meta', metaKey: which === 'down' })), move);
    await sends(desk, { type: 'releaseall' });
    await page.keyboard.up('KeyW');
  }
});

test('a mouse’s back and forward buttons stay in the picture and are the scene’s', async () => {
  const { page } = desk;
  const address = page.url();
  const devtools = await page.context().newCDPSession(page);
  for (const [button, number, buttons] of /** @type {const} */ ([['back', 3, 8], ['forward', 4, 16]])) {
    for (const type of /** @type {const} */ (['mousePressed', 'mouseReleased']))
      await devtools.send('Input.dispatchMouseEvent', { type, button, buttons: type === 'mousePressed' ? buttons : 0, x: 640, y: 400, clickCount: 1 });
    const sent = await sends(desk, { type: 'pointerup', button: number });
    assert.ok(sent.some(message => message.type === 'pointerdown' && message.button === number));
  }
  const kept = await desk.video.evaluate(video =>
    ['mousedown', 'mouseup', 'auxclick'].map(type => !video.dispatchEvent(new MouseEvent(type, { button: 3, bubbles: true, cancelable: true }))));
  assert.deepEqual(kept, [true, true, true]);
  assert.equal(page.url(), address);
});

test('in full screen letters with Ctrl are asked of the browser', async () => {
  const { page, site } = desk;
  await page.evaluate(() => {
    const keyboard = /** @type {any} */ (navigator).keyboard ?? {};
    Object.defineProperty(navigator, 'keyboard', { configurable: true, value: keyboard });
    keyboard.lock = async (/** @type {string[]} */ codes) => (/** @type {any} */ (globalThis).locked = codes);
  });
  await site.locator('[data-tool="fullscreen"]').click();
  await until(() => page.evaluate(() => /** @type {any} */ (globalThis).locked?.includes('KeyW')));
  assert.ok(!(await page.evaluate(() => /** @type {any} */ (globalThis).locked.includes('Escape'))));
  await page.evaluate(() => document.exitFullscreen());
});

test('on a phone the button brings the keyboard, and what it writes arrives as it comes', async () => {
  const { page, site } = phone;
  const button = site.locator('[data-action="text"]');
  const box = await button.boundingBox();
  assert.ok(box && box.width >= 44 && box.height >= 44);
  await phone.screenshot('1-session');
  await button.tap();
  await phone.isAccessible('writing on a phone');
  await phone.fitsTheScreen('writing on a phone');
  const devtools = await page.context().newCDPSession(page);
  for (const text of ['п', 'пр', 'при'])
    await devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  await told('line при');
  await devtools.send('Input.insertText', { text: 'привет' });
  await phone.screenshot('2-text');
  await told('line привет');
  await page.keyboard.press('Enter');
  await told('sent привет');
  await page.keyboard.press('Backspace');
  const sent = await sends(phone, { type: 'keyup', code: 'Backspace' });
  assert.ok(sent.length > 0);
  await button.tap();
  await field(phone).waitFor({ state: 'hidden' });
});

test('two fingers that go apart bring the scene nearer, and two that go the same way are the right button', async () => {
  const { page } = phone;
  const box = await phone.video.boundingBox();
  if (!box) throw new Error('no picture');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const devtools = await page.context().newCDPSession(page);
  /** @param {'touchStart' | 'touchMove' | 'touchEnd'} type @param {...[number, number]} places from the middle */
  const touch = (type, ...places) =>
    devtools.send('Input.dispatchTouchEvent', { type, touchPoints: places.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })) });
  await touch('touchStart', [-20, 0]);
  await touch('touchStart', [-20, 0], [20, 0]);
  for (let out = 25; out <= 80; out += 5) await touch('touchMove', [-out, 0], [out, 0]);
  await told('wheel 1');
  await touch('touchEnd');
  await told('button 1 up');
  await touch('touchStart', [-20, -60]);
  await touch('touchStart', [-20, -60], [20, -60]);
  for (let down = -55; down <= 60; down += 5) await touch('touchMove', [-20, down], [20, down]);
  await told('button 3 down');
  await touch('touchEnd');
  await told('button 3 up');
});

test('who closes the tab with Ctrl held is asked, who reloads or leaves is not', async () => {
  const { page } = desk;
  /** @type {string[]} */
  const asked = [];
  page.on('dialog', dialog => (asked.push(dialog.type()), dialog.dismiss()));
  await desk.video.focus();
  await page.keyboard.down('Control');
  await page.close({ runBeforeUnload: true });
  await until(() => asked.length > 0);
  assert.deepEqual(asked, ['beforeunload']);
  assert.ok(!page.isClosed());
  await page.keyboard.up('Control');
  await page.reload();
  await desk.seesPicture();
  await desk.leave();
  assert.equal(asked.length, 1);
});
