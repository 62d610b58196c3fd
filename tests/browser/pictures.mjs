// @ts-check
// Makes the pictures that the README and a shared link show, from a demonstration that runs: a tour at a desk, the same tour on a phone of
// somebody who came along, and the view alone.
// Usage: node pictures.mjs [ADDRESS]

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownScope, source } from '../system/lib/programs.mjs';
import { startBrowser } from './lib/visitor.mjs';

const address = process.argv[2] ?? 'https://localhost:8443/';
const RC = 'River Quarter';

/** The view fills this, as links' pictures are shown. */
const PREVIEW = { width: 1200, height: 630 };

/** @param {import('playwright-core').Page} page */
const inTheScene = page => page.locator('.picture--playing').waitFor();

/** A place on the screen that has changed is followed after so long, at most. */
const SETTLES_MS = 4000;

/** What the video shows, cut to a shape. @param {import('playwright-core').Page} page @param {{ width: number, height: number }} size */
const view = (page, size) => page.evaluate(({ width, height }) => {
  const video = /** @type {HTMLVideoElement} */ (document.querySelector('[data-picture]'));
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
  const [shownWidth, shownHeight] = [video.videoWidth * scale, video.videoHeight * scale];
  canvas.getContext('2d')?.drawImage(video, (width - shownWidth) / 2, (height - shownHeight) / 2, shownWidth, shownHeight);
  return canvas.toDataURL('image/jpeg', 0.86).replace(/^[^,]*,/, '');
}, size);

const scope = ownScope();
try {
  const browser = await startBrowser(scope);
  const open = async (/** @type {import('playwright-core').BrowserContextOptions} */ options) => {
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true, ...options })).newPage();
    await page.goto(address);
    return page;
  };
  const desk = await open({ locale: 'en', viewport: { width: 1280, height: 800 } });
  await desk.locator(`[data-rc="${RC}"] [data-state="free"]`).first().waitFor();
  await desk.locator(`[data-rc="${RC}"]`).click();
  await desk.locator('[data-action="start"]').click();
  await inTheScene(desk);
  const code = (await desk.locator('[data-code]').textContent())?.trim() ?? '';
  const phone = await open({ locale: 'ru-RU', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  await phone.locator('input[name="code"]').fill(code);
  await phone.locator('[data-action="join"]').click();
  // A code alone makes somebody who knocks, where the session has a door.
  await desk.locator('[data-knock="admit"]').click({ timeout: 5000 }).catch(() => {});
  await inTheScene(phone);

  mkdirSync(join(source, 'man/pictures'), { recursive: true });
  writeFileSync(join(source, 'www/icons/preview.jpg'), Buffer.from(await view(desk, PREVIEW), 'base64'));
  for (const [name, page] of /** @type {const} */ ([['desk', desk], ['phone', phone]])) {
    // The picture is as the screen of who is in control.
    if (page === phone) {
      await desk.locator('[data-action="control"]').click();
      await phone.waitForFunction(() => {
        const video = /** @type {HTMLVideoElement | null} */ (document.querySelector('[data-picture]'));
        return video && video.videoHeight > video.videoWidth;
      });
      await phone.locator('[data-turn-close]').click();
      await phone.waitForTimeout(SETTLES_MS);
    }
    await page.waitForFunction(() => getComputedStyle(/** @type {Element} */ (document.querySelector('[data-hint]'))).opacity === '0');
    await page.screenshot({ path: join(source, `man/pictures/${name}.jpg`), type: 'jpeg', quality: 85 });
  }
} finally {
  await scope.end();
}
