// @ts-check
// When something cannot be had, the page says so in plain words, says what to do next, and mends itself when it can.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startCoordinator } from '../system/lib/coordinator.mjs';
import { openHouse } from './lib/house.mjs';
import { screens, Visitor } from './lib/visitor.mjs';

const { house, browser, scope } = await openHouse({ wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }] });

const languages = /** @type {const} */ ({
  en: { busy: /taken right now: wait in line/, wrong: /no tour with this code/, short: /four digits/, free: /place is available/ },
  ru: { busy: /все места заняты: встаньте в очередь/, wrong: /Просмотра с таким кодом нет/, short: /четыре цифры/, free: /Место освободилось/ },
});

for (const screen of /** @type {(keyof typeof screens)[]} */ (Object.keys(screens)))
  for (const [language, words] of Object.entries(languages))
    test(`a full complex and a wrong code are told in plain words: ${screen}, ${language}`, async t => {
      const first = await Visitor.come(t, browser, { language });
      await first.open(house.url);
      await first.start('Park Side');

      const second = await Visitor.come(t, browser, { screen, language, label: `${screen}-${language}` });
      await second.open(house.url);
      await second.card('Park Side').click();
      await second.site.getByText(words.busy).waitFor();
      assert.equal(await second.action('start').isVisible(), false, 'nothing is offered that is not there');
      assert.ok(await second.site.locator('[data-action="line"]').isVisible());
      await second.site.locator('[data-offer]').first().waitFor();
      await second.isAccessible('a full complex');
      await second.fitsTheScreen('a full complex');
      await second.screenshot('busy');

      await second.enterCode((await first.code()) === '0000' ? '1111' : '0000');
      await second.isTold(words.wrong);
      await second.screenshot('wrong-code');
      await second.enterCode('12');
      await second.isTold(words.short);

      await first.leave();
      await second.isTold(words.free);
      assert.ok(await second.action('start').isVisible());
      assert.equal(await second.site.locator('[data-offer], [data-action="line"]').filter({ visible: true }).count(), 0);
      await second.screenshot('free-again');
      assert.deepEqual(second.complaints, []);
    });

test('a place that somebody else took meanwhile is told, and a line and times are offered in its stead', async t => {
  const visitors = [await Visitor.come(t, browser), await Visitor.come(t, browser)];
  for (const visitor of visitors) {
    await visitor.open(house.url);
    await visitor.card('Park Side').locator('[data-state="free"]').waitFor();
    await visitor.card('Park Side').click();
    await visitor.action('start').waitFor();
  }
  // At once, though one of the pages may know of the other's start a moment before.
  await Promise.all(visitors.map(visitor => visitor.action('start').dispatchEvent('click')));
  const first = await Promise.any(visitors.map(visitor => visitor.seesPicture().then(() => visitor)));
  const second = visitors.find(visitor => visitor !== first) ?? first;
  await second.site.locator('[data-action="line"]').waitFor();
  await second.site.locator('[data-offer]').first().waitFor();
  assert.equal(await second.action('start').isVisible(), false);
  await first.leave();
});

test('a start that takes long is told after some seconds, and can be taken back', async t => {
  const visitor = await Visitor.come(t, browser, { label: 'slow' });
  await visitor.page.route('**/api', route => (route.request().postDataJSON().verb === 'START_SESSION' ? undefined : route.fallback()));
  await visitor.open(house.url);
  await visitor.card('Park Side').locator('[data-state="free"]').waitFor();
  await visitor.card('Park Side').click();
  await visitor.action('start').click();
  await visitor.isTold(/longer than usual/);
  await visitor.isAccessible('a slow start');
  await visitor.screenshot('start');
  await visitor.site.getByRole('button', { name: 'Cancel', exact: true }).click();
  await visitor.site.getByRole('button', { name: 'Start now' }).waitFor();
  assert.equal(await visitor.message.textContent(), '');
  assert.deepEqual(visitor.complaints, []);
});

test('a list that does not come is told after some seconds', async t => {
  const visitor = await Visitor.come(t, browser);
  await visitor.page.route('**/api', () => {});
  await visitor.page.goto(house.url);
  await visitor.isTold(/slow to respond/);
});

test('a page of which a part does not come is loaded again by itself', async t => {
  const visitor = await Visitor.come(t, browser);
  // A module that another one needs, a style sheet, and where it all begins; with a bundler or without.
  const lost = new Set([/\/(chunk-\w+|player\/keys)\.js$/, /\.css$/, /\/main[\w-]*\.js$/]);
  for (const path of lost)
    await visitor.page.route(path, route => (lost.delete(path) ? route.abort('connectionaborted') : route.fallback()));
  await visitor.open(`${house.url}#code=12`);
  await visitor.card('Park Side').waitFor();
  assert.equal(lost.size, 0);
  assert.equal(await visitor.page.evaluate(() => history.state), null, 'what it takes to count is gone');
});

test('a start whose request is lost while the network changes is asked for again by itself', async t => {
  const visitor = await Visitor.come(t, browser);
  let starts = 0;
  await visitor.page.route('**/api', async route => {
    if (route.request().postDataJSON().verb !== 'START_SESSION') return route.fallback();
    starts += 1;
    return starts === 1 ? route.abort('failed') : route.fallback();
  });
  await visitor.open(house.url);
  await visitor.start('Park Side');
  assert.equal(starts, 2);
  assert.deepEqual(visitor.complaints, []);
  await visitor.leave();
});

test('a streamer that dies ends the session, says why and what next, and comes back by itself', async t => {
  const visitor = await Visitor.come(t, browser, { label: 'wide' });
  await visitor.open(house.url);
  await visitor.start('Park Side');
  await house.streamers.get('park-1')?.program.stop();
  await visitor.isTold(/is restarting/);
  await visitor.site.getByRole('button', { name: 'Start again' }).waitFor();
  await visitor.isAccessible('the end');
  await visitor.screenshot('ended');
  await visitor.site.getByRole('button', { name: 'All complexes' }).click();
  await visitor.seesCard('Park Side', /Temporarily unavailable/);
  await visitor.screenshot('closed');
  await house.restartStreamer('park-1');
  await visitor.seesCard('Park Side', /Available now/);
  await visitor.start('Park Side');
  await visitor.leave();
});

test('while the coordinator is away the page says so, a running session goes on, and all comes back by itself', async t => {
  const walker = await Visitor.come(t, browser);
  await walker.open(house.url);
  await walker.start('Park Side');
  const waiter = await Visitor.come(t, browser, { label: 'wide' });
  await waiter.open(house.url);

  await house.coordinator.stop();
  await waiter.isTold(/Connection lost/);
  await waiter.screenshot('offline');
  const saw = await walker.seesStillness();
  await walker.page.keyboard.down('KeyW');
  await walker.seesChange(saw);
  await walker.page.keyboard.up('KeyW');

  await startCoordinator(scope, house.files);
  await waiter.isTold(/connected again/);
  await walker.leave();
  await waiter.seesCard('Park Side', /Available now/);
});
