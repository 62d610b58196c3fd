// @ts-check
// A full complex: a place in line that says where one stands, outlives a reload, and opens the door by itself.

import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { Visitor } from './lib/visitor.mjs';

const wanted = [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }];
const { house, browser } = await openHouse({ wanted, rules: { offer_seconds: 20 } });

/** Somebody who finds the complex full and stands in line. @param {Visitor} visitor */
async function standInLine(visitor) {
  await visitor.open(house.url);
  await visitor.card('Park Side').click();
  const offer = visitor.site.locator('[data-action="line"]');
  await offer.waitFor();
  return offer;
}

/** @param {Visitor} visitor @param {RegExp} words */
const standsAt = (visitor, words) =>
  visitor.site.locator('[data-line-position]', { hasText: words }).waitFor();

const languages = /** @type {const} */ ({
  en: { next: /You’re next/, second: /place in line: 2/, plan: /often sooner/, turn: /It’s your turn/, left: /left the line/ },
  ru: { next: /следующий/, second: /в очереди: 2/, plan: /часто раньше/, turn: /Ваша очередь подошла/, left: /вышли из очереди/ },
});

for (const [screen, language] of /** @type {const} */ ([['wide', 'en'], ['phone', 'ru']]))
  test(`a visitor waits in line, reloads, and is let in by itself: ${screen}, ${language}`, async t => {
    const words = languages[language];
    const first = await Visitor.come(t, browser);
    await first.open(house.url);
    await first.start('Park Side');

    const second = await Visitor.come(t, browser, { screen, language, label: `${screen}-${language}` });
    const offer = await standInLine(second);
    await second.isAccessible('the offer of a place in line');
    await second.fitsTheScreen('the offer of a place in line');
    await second.screenshot('line-offer');
    await offer.click();
    await standsAt(second, words.next);
    assert.match((await second.site.locator('[data-line-estimate]').textContent()) ?? '', words.plan);
    await second.isAccessible('a place in line');
    await second.fitsTheScreen('a place in line');

    const third = await Visitor.come(t, browser, { screen, language });
    await (await standInLine(third)).click();
    await standsAt(third, words.second);
    await third.screenshot('line-second');
    assert.match(await third.page.title(), /^2/);

    await second.page.reload();
    await standsAt(second, words.next);
    await second.screenshot('line-next');
    assert.equal(await second.action('start').isVisible(), false, 'what one waits for cannot be started beside it');
    await standsAt(third, words.second);

    await first.leave();
    await second.isTold(words.turn);
    await second.seesPicture();
    await second.screenshot('line-in');
    await standsAt(third, words.next);
    assert.equal(await second.page.evaluate(() => sessionStorage.getItem('vitrina.place')), null);

    await third.site.locator('[data-line="leave"]').click();
    await third.isTold(words.left);
    await until(async () => (await house.client.ask('GET_RCS')).answer.rcs[0].waiting === 0, { what: 'nobody in the line' });
    await second.leave();
    for (const { complaints } of [first, second, third]) assert.deepEqual(complaints, []);
  });

test('who goes elsewhere gives the place up', async t => {
  const first = await Visitor.come(t, browser);
  await first.open(house.url);
  await first.start('Park Side');
  const second = await Visitor.come(t, browser);
  await (await standInLine(second)).click();
  await standsAt(second, languages.en.next);
  await second.enterCode(await first.code());
  await second.seesPicture();
  await until(async () => (await house.client.ask('GET_RCS')).answer.rcs[0].waiting === 0, { what: 'nobody in the line' });
  await first.leave();
});
