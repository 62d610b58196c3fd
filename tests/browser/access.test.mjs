// @ts-check
// Everyone can use the page: with the keyboard alone, with a screen reader, in either language and theme.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openHouse } from './lib/house.mjs';
import { screens, Visitor } from './lib/visitor.mjs';

const { house, browser } = await openHouse();

test('the keyboard alone leads in, walks, and leads out', async t => {
  const visitor = await Visitor.come(t, browser);
  const { keyboard } = visitor.page;
  await visitor.open(house.url);
  const focused = () => visitor.site.evaluate(() => document.activeElement?.outerHTML.slice(0, 120) ?? '');
  /** @param {RegExp} target */
  const tabTo = async target => {
    for (let steps = 0; steps < 20; steps++) {
      await keyboard.press('Tab');
      if (target.test(await focused())) return;
    }
    assert.fail(`Tab does not lead to ${target}`);
  };

  await tabTo(/data-rc="Park Side"/);
  await keyboard.press('Enter');
  assert.match(await focused(), /data-ways-heading/, 'the ways are where the visitor is now');
  await tabTo(/data-action="start"/);
  await keyboard.press('Space');
  await visitor.seesPicture();
  const saw = await visitor.seesStillness();
  await keyboard.down('ArrowUp');
  await visitor.seesChange(saw);
  await keyboard.up('ArrowUp');
  assert.match(await focused(), /data-picture/, 'the picture has the keys');
  assert.equal(await visitor.site.evaluate(() => scrollY), 0, 'the page itself did not move');

  await tabTo(/data-action="leave"|data-tool|data-rc|class="skip"/);
  while (!/data-action="leave"/.test(await focused())) await keyboard.press('Shift+Tab');
  await keyboard.press('Enter');
  await visitor.isTold(/You have left/);
  assert.match(await focused(), /data-ways-heading/);
  await tabTo(/name="code"/);
  await keyboard.type('12');
  await keyboard.press('Enter');
  await visitor.isTold(/four digits/);
  assert.match(await focused(), /name="code"/, 'a wrong code is mended where it was typed');
});

for (const colorScheme of /** @type {const} */ (['light', 'dark']))
  for (const screen of /** @type {(keyof typeof screens)[]} */ (Object.keys(screens)))
    test(`a checker finds nothing serious: ${screen}, ${colorScheme}`, async t => {
      const visitor = await Visitor.come(t, browser, {
        screen,
        colorScheme,
        reducedMotion: 'reduce',
        language: 'ru-RU',
        label: `${screen}-${colorScheme}`,
      });
      await visitor.open(house.url);
      await visitor.isAccessible('the complexes');
      await visitor.card('River Quarter').click();
      await visitor.isAccessible('the ways');
      await visitor.screenshot('ways');
      await visitor.action('start').click();
      await visitor.seesPicture();
      await visitor.isAccessible('the session');
      await visitor.screenshot('session');
      await visitor.leave();
      await visitor.isAccessible('afterwards');
      assert.deepEqual(visitor.complaints, []);
    });

test('the language is chosen by the address, by the browser, or by hand, and everything follows', async t => {
  const visitor = await Visitor.come(t, browser, { language: 'ru-RU' });
  await visitor.open(`${house.url}?lang=en`);
  await visitor.seesCard('Park Side', /Low houses among old lime trees/);
  await visitor.site.getByRole('button', { name: 'Русский' }).click();
  await visitor.seesCard('Park Side', /Малоэтажные дома/);
  assert.equal(await visitor.site.locator('html').getAttribute('lang'), 'ru');
  assert.match(visitor.page.url(), /[?&]lang=ru/);
  assert.match(await visitor.page.title(), /Витрина/);
  await visitor.enterCode('1');
  await visitor.isTold(/четыре цифры/);
  await visitor.site.getByRole('button', { name: 'English' }).click();
  await visitor.isTold(/four digits/);
});

test('the address chooses a complex', async t => {
  const visitor = await Visitor.come(t, browser);
  await visitor.open(`${house.url}#rc=Park%20Side`);
  assert.equal(await visitor.card('Park Side').getAttribute('aria-pressed'), 'true');
  await visitor.action('start').waitFor();
});
