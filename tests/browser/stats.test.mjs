// @ts-check
// How the picture comes here, shown to who asks by a key or a button, and to nobody else.

import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../system/lib/programs.mjs';
import { startHouse } from './lib/house.mjs';
import { startBrowser, Visitor } from './lib/visitor.mjs';

test('the connection is described by a key and by a button, on a desk and on a phone', async t => {
  const house = await startHouse(t, { wanted: [{ name: 'river-1', rcName: 'River Quarter', scene: 'river' }] });
  const browser = await startBrowser(t);
  const host = await Visitor.come(t, browser, { label: 'stats-wide' });
  await host.open(house.url);
  const code = await host.start('River Quarter');
  const figure = (/** @type {Visitor} */ visitor, /** @type {string} */ word) => visitor.site.locator(`[data-stats-figure="stats.${word}"]`);

  await host.page.keyboard.press('F8');
  await until(async () => /^\d+(\.\d+)? ms$/.test((await figure(host, 'roundTrip').textContent()) ?? ''), { what: 'a round trip' });
  assert.match((await figure(host, 'codec').textContent()) ?? '', /^(H264|VP8)$/);
  await until(async () => {
    const { width, height } = await host.pictureSize();
    return (await figure(host, 'size').textContent()) === `${width} × ${height}`;
  }, { what: 'the size that the picture has' });
  assert.match((await figure(host, 'path').textContent()) ?? '', /^(host|prflx), udp$/);
  await host.isAccessible('with the figures');
  await host.screenshot('open');
  await host.page.keyboard.press('F8');
  await host.site.locator('[data-stats]').waitFor({ state: 'hidden' });

  const guest = await Visitor.come(t, browser, { screen: 'phone', language: 'ru', label: 'stats-phone' });
  await guest.open(`${house.url}#code=${code}`);
  await guest.seesPicture();
  await guest.site.locator('[data-tool="stats"]').click();
  await until(async () => /\d,\d+ Мбит/.test((await figure(guest, 'rate').textContent()) ?? ''), { what: 'a bit rate, written as in Russian' });
  await guest.fitsTheScreen('with the figures');
  await guest.screenshot('open');
  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});
