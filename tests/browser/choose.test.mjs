// @ts-check
// Choosing among many complexes: a real coordinator with sixty-six of them.

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { CoordinatorFiles, listed, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { ownScope } from '../system/lib/programs.mjs';
import { startBrowser, Visitor } from './lib/visitor.mjs';

const scope = ownScope();
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {string} */
let url;

/** "Quarter 7" and what it is called in three languages, of which the page speaks two. @param {number} number */
const info = number => ({
  title: [{ 'en-GB': `Quarter ${number}` }, { RU: `Квартал ${number}` }, { kk: `Орам ${number}` }],
  deskription: [{ en: number === 40 ? 'Low houses among old lime trees.' : 'By the river.' }],
});

before(async () => {
  const files = new CoordinatorFiles(scope);
  const numbers = Array.from({ length: 66 }, (_, at) => at + 1);
  const servers = await Promise.all(
    numbers.map(async number => {
      const streamer = await FakeStreamer.start(scope, { name: `quarter-${number}`, key: files.key, limit: 2 });
      const rcName = `Quarter ${number}`;
      return listed(streamer, rcName, { rc_info: { rc_name: rcName, info: info(number) } });
    }),
  );
  const site = await startSite(scope, { files, servers });
  await site.online(servers.length);
  url = site.nginx.url;
  browser = await startBrowser(scope);
});
after(() => scope.end());

/** @param {Visitor} visitor @returns {Promise<string[]>} what the cards that are shown are called */
const shown = visitor => visitor.site.locator('[data-rc] .rc__title:visible').allTextContents();

test('on a phone a code is typed without scrolling, and a chosen complex is begun without scrolling back', async t => {
  const visitor = await Visitor.come(t, browser, { screen: 'phone', label: 'many' });
  await visitor.open(url);
  const field = await visitor.site.locator('input[name="code"]').boundingBox();
  assert.ok(field && field.y + field.height < 844, `the field ends at ${field && field.y + field.height}`);
  await visitor.screenshot('phone');
  await visitor.card('Quarter 40').click();
  const start = await visitor.action('start').boundingBox();
  assert.ok(start && start.y > 0 && start.y + start.height <= 844, `the button is at ${start?.y}`);
  await visitor.screenshot('phone-chosen');
  assert.deepEqual(visitor.complaints, []);
});

test('one of many is found by parts of what it is called, and by what is said of it', async t => {
  const visitor = await Visitor.come(t, browser, { label: 'many' });
  await visitor.open(url);
  assert.equal((await shown(visitor)).length, 66);
  const search = visitor.site.getByRole('searchbox', { name: 'Find a complex' });
  await search.fill('QUART 6');
  assert.deepEqual(await shown(visitor), ['6', '16', '26', '36', '46', '56', '60', '61', '62', '63', '64', '65', '66'].map(number => `Quarter ${number}`));
  await search.fill('lime');
  assert.deepEqual(await shown(visitor), ['Quarter 40']);
  await search.fill('castle');
  await visitor.site.getByText('Nothing found. Try another word.').waitFor();
  await search.fill('');
  assert.equal((await shown(visitor)).length, 66);
  assert.deepEqual(visitor.complaints, []);
});

test('each reads what a complex is called in the language that their browser prefers, the page speaking it or not', async t => {
  /** @type {[string, string][]} */
  const cases = [['ru-RU', 'Квартал 1'], ['kk-KZ', 'Орам 1'], ['en-US', 'Quarter 1'], ['it-IT', 'Quarter 1']];
  for (const [language, title] of cases) {
    const visitor = await Visitor.come(t, browser, { language, label: `many-${language}` });
    await visitor.open(url);
    assert.equal((await shown(visitor))[0], title, language);
  }
});

test('a wide screen is used for its width', async t => {
  for (const [width, columns] of [[1280, 2], [1920, 3], [3840, 8]]) {
    const visitor = await Visitor.come(t, browser, { viewport: { width, height: Math.round((width * 9) / 16) }, label: `many-${width}` });
    await visitor.open(url);
    const tops = await visitor.site.locator('[data-rc]').evaluateAll(cards => cards.map(card => card.getBoundingClientRect().top));
    const inFirstRow = tops.filter(top => Math.abs(top - tops[0]) < 5).length;
    assert.ok(inFirstRow >= columns, `${inFirstRow} in a row at ${width}`);
    await visitor.screenshot(String(width));
  }
});
