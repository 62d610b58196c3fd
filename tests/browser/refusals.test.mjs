// @ts-check
// When something cannot be had, the page says so in plain words, says what to do next, and mends itself when it can.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startCoordinator } from '../system/lib/coordinator.mjs';
import { openHouse } from './lib/house.mjs';
import { screens, Visitor } from './lib/visitor.mjs';

const { house, browser, scope } = await openHouse({ wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }] });

const languages = /** @type {const} */ ({
  en: { busy: /taken right now/, wrong: /no tour with this code/, short: /four digits/, free: /place is available/ },
  ru: { busy: /все места заняты/, wrong: /Просмотра с таким кодом нет/, short: /четыре цифры/, free: /Место освободилось/ },
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
      await second.action('start').click();
      await second.isTold(words.busy);
      await second.isAccessible('a refusal');
      await second.fitsTheScreen('a refusal');
      await second.screenshot('busy');

      await second.enterCode((await first.code()) === '0000' ? '1111' : '0000');
      await second.isTold(words.wrong);
      await second.screenshot('wrong-code');
      await second.enterCode('12');
      await second.isTold(words.short);

      await second.action('start').click();
      await second.isTold(words.busy);
      await first.leave();
      await second.isTold(words.free);
      await second.screenshot('free-again');
      assert.deepEqual(second.complaints, []);
    });

test('a page of which a part does not come is loaded again by itself', async t => {
  const visitor = await Visitor.come(t, browser);
  const lost = new Set(['player/keys.js', 'styles/session.css', 'main.js']);
  for (const path of lost)
    await visitor.page.route(`**/${path}`, route => (lost.delete(path) ? route.abort('connectionaborted') : route.fallback()));
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
