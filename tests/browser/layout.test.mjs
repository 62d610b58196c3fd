// @ts-check
// What comes late has its place from the beginning: nothing that somebody reads or is about to press moves by itself, on a slow phone, either.

import assert from 'node:assert/strict';
import test from 'node:test';
import { CoordinatorFiles, listed, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { ownScope } from '../system/lib/programs.mjs';
import { screens, startBrowser, Visitor } from './lib/visitor.mjs';

const scope = ownScope();
test.after(() => scope.end());
const files = new CoordinatorFiles(scope);

/** A complex with a picture of its own. @param {string} name */
async function complex(name) {
  const streamer = await FakeStreamer.start(scope, { name, key: files.key });
  const info = { image: `${name}.png`, title: [{ en: name }, { ru: name }], deskription: [{ en: 'Low houses among old lime trees by the river.' }, { ru: 'Невысокие дома среди старых лип у реки.' }] };
  return { streamer, server: listed(streamer, name, { rc_info: { rc_name: name, info } }) };
}

const complexes = [await complex('hill'), await complex('dale'), await complex('lake')];
const site = await startSite(scope, { files, servers: complexes.map(({ server }) => server) });
await site.online(complexes.length);
const browser = await startBrowser(scope);
/** A picture of 960x540 pixels, all of one colour. */
const image = await (async () => {
  const page = await browser.newPage({ viewport: { width: 960, height: 540 } });
  const bytes = await page.screenshot();
  await page.close();
  return bytes;
})();

for (const [screen, language] of /** @type {[keyof typeof screens, string][]} */ ([['phone', 'ru'], ['wide', 'en']]))
  test(`the list, its pictures, and the cards of a full complex come without moving anything: ${screen}, ${language}`, async t => {
    const { streamer } = complexes[0];
    t.after(() => [...streamer.sessions.keys()].forEach(session => streamer.end(session)));
    const visitor = await Visitor.come(t, browser, { screen, language, label: `still-${screen}` });
    await visitor.page.route('**/*.png', route => route.fulfill({ body: image, contentType: 'image/png' }));
    await visitor.isSlow();
    await visitor.open(site.nginx.url);
    await visitor.page.waitForFunction(() => [...document.querySelectorAll('[data-rc] img')].some(img => /** @type {HTMLImageElement} */ (img).complete));
    await visitor.card('hill').locator('[data-state="free"]').waitFor();
    await visitor.page.waitForLoadState('networkidle');
    t.diagnostic(`the list: ${await visitor.hasStoodStill('the list')}`);

    await visitor.card('hill').click();
    await visitor.action('start').waitFor();
    const joinsAt = () => visitor.action('join').boundingBox();
    const before = await joinsAt();
    const { answer } = await site.client.ask('START_SESSION', { rc_name: 'hill' });
    assert.equal(answer.msg, 'SESSION_CONNECTION_DATA');
    await visitor.site.locator('[data-action="line"]').waitFor();
    const expected = await joinsAt();
    await visitor.site.locator('[data-offers="choose"] button').first().waitFor();
    assert.deepEqual(await joinsAt(), expected, 'the times have had their place');
    await visitor.screenshot('full');
    // The sheet of a phone stands on the lower edge of the screen and grows upwards. Chromium takes its growth for a move of what stays.
    if (screen === 'phone') {
      assert.ok(before && expected && Math.abs(before.y - expected.y) < 1, `from ${before?.y} to ${expected?.y}`);
      return;
    }
    t.diagnostic(`full: ${await visitor.hasStoodStill('the line and the times, when the complex has become full')}`);

    await visitor.site.locator('[data-action="line"]').click();
    await visitor.site.locator('[data-line-position]').waitFor();
    await visitor.screenshot('line');
    streamer.end(answer.session);
    await visitor.site.locator('[data-view="session"]').waitFor();
    await visitor.screenshot('session');
    t.diagnostic(`in: ${await visitor.hasStoodStill('the turn that came')}`);
  });
