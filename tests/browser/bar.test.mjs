// @ts-check
// The bar of a session keeps its height, and the picture its place, whoever comes and whatever is said: on every screen, in every language.

import assert from 'node:assert/strict';
import test from 'node:test';
import { LANGUAGES } from '../../www/i18n/languages.js';
import { openHouse } from './lib/house.mjs';
import { Participant } from './lib/participant.mjs';

const { house, browser } = await openHouse({ wanted: [{ name: 'river-1', rcName: 'River Quarter', scene: 'river' }] });

/** Phones upright and across, tablets, desks; half of 1280x800 and of 1920x1080 is what a zoom of 200 % leaves of them. */
const SIZES = [
  [320, 568], [360, 640], [390, 844], [768, 1024],
  [568, 320], [640, 360], [844, 390], [640, 400],
  [800, 600], [960, 540], [1024, 768], [1280, 800], [1440, 900], [1920, 1080], [3840, 2160],
];

/** The least that a finger meets, in CSS pixels. */
const TARGET = 44;

/** Runs in the page: where the picture is, and each button of the bar. */
function measure() {
  const box = (/** @type {Element} */ element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { left, top, right, bottom };
  };
  const picture = document.querySelector('[data-picture]');
  if (!picture) throw new Error('no picture');
  const buttons = [...document.querySelectorAll('.bar button, [data-stage-title], [data-code]')]
    .filter(element => element.checkVisibility() && element.getBoundingClientRect().width > 0)
    .map(element => ({ name: element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '', kind: element.getAttribute('data-fact') ?? '', ...box(element) }));
  return { picture: box(picture), buttons, width: innerWidth, height: innerHeight, scrolls: document.documentElement.scrollWidth > innerWidth };
}

/** Nothing of the bar is out of sight, or on top of anything else. @param {ReturnType<typeof measure>} seen @param {string} where */
function holdsTogether({ buttons, width, height, scrolls }, where) {
  assert.ok(!scrolls, `${where}: the page is wider than the screen`);
  for (const { name, kind, left, right, top, bottom } of buttons) {
    assert.ok(left >= -0.5 && right <= width + 0.5 && top >= -0.5 && bottom <= height + 0.5, `${where}: "${name}" is out of sight`);
    if (kind === 'people') assert.ok(bottom - top >= TARGET && right - left >= TARGET, `${where}: "${name}" is ${right - left} x ${bottom - top}`);
  }
  for (const [at, one] of buttons.entries())
    for (const other of buttons.slice(at + 1)) {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      assert.ok(across <= 0.5 || down <= 0.5, `${where}: "${one.name}" and "${other.name}" lie on each other`);
    }
}

test('the bar keeps its height and the picture its place, whoever comes, whoever is in control, on every screen and in every language', async t => {
  const host = await Participant.come(t, browser, { label: 'bar' });
  await host.open(house.url);
  const code = await host.start('River Quarter');

  /** Where the picture was, by language and size. @type {Map<string, { left: number, top: number, right: number, bottom: number }>} */
  const places = new Map();
  /** @param {string} when */
  const look = async when => {
    for (const { tag } of LANGUAGES) {
      await host.page.evaluate(language => document.querySelector(`[data-language="${language}"]`)?.dispatchEvent(new Event('click')), tag);
      await host.page.waitForFunction(language => document.documentElement.lang === language, tag);
      for (const [width, height] of SIZES) {
        await host.page.setViewportSize({ width, height });
        const where = `${when}, ${tag}, ${width}x${height}`;
        const seen = await host.page.evaluate(measure);
        if (process.env.VITRINA_SCREENSHOTS) await host.screenshot(`${when.replaceAll(/\W+/g, '-')}-${tag}-${width}x${height}`);
        holdsTogether(seen, where);
        const before = places.get(`${tag} ${width}x${height}`);
        if (before) assert.deepEqual(seen.picture, before, where);
        else places.set(`${tag} ${width}x${height}`, seen.picture);
      }
    }
  };

  await look('alone');
  const guests = [await Participant.come(t, browser), await Participant.come(t, browser)];
  for (const guest of guests) {
    await guest.open(`${house.url}#code=${code}`);
    await guest.seesPicture();
    await host.seesPeople(/./, /./, ...(guest === guests[1] ? [/./] : []));
    await look(guest === guests[0] ? 'with a guest' : 'with two guests');
  }
  await guests[0].control.click();
  await host.site.locator('[data-action="grant"]').click();
  await guests[0].seesSteering('You’re in control');
  await look('while a guest is in control');
  assert.deepEqual(host.complaints, []);
});
