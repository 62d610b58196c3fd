// @ts-check
// How soon the site is there: from the address to the first complex that can be chosen, for somebody who was never here and
// for somebody who comes again, near by and on a phone's network. The yardstick is one picture from the same web server,
// opened the same way: no page can be faster than that and one more question. They take turns.
// Usage: node page.bench.mjs [VISITS]

import { startHouse } from '../browser/lib/house.mjs';
import { startBrowser } from '../browser/lib/visitor.mjs';
import { ownScope } from '../system/lib/programs.mjs';

const VISITS = Number(process.argv[2] ?? 7);
/** Each request and answer takes the latency; the rates are in bits a second. */
const networks = [
  { name: 'near by', latency: 0, rate: -1 },
  { name: 'phone: 150 ms, 9 Mbit/s', latency: 150, rate: 9e6 },
  { name: 'phone far out: 150 ms, 1.6 Mbit/s', latency: 150, rate: 1.6e6 },
];

/** @param {number[]} values */
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Opens an address and waits until something is there. @param {import('playwright-core').Page} page @param {string} url @param {string} [selector] */
async function open(page, url, selector) {
  const began = performance.now();
  await page.goto(url);
  if (selector) await page.locator(selector).first().waitFor();
  return performance.now() - began;
}

const scope = ownScope();
try {
  const [house, browser] = [await startHouse(scope, { wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }] }), await startBrowser(scope)];
  for (const { name, latency, rate } of networks) {
    /** @type {Record<'yardstick' | 'first' | 'again', number[]>} */
    const times = { yardstick: [], first: [], again: [] };
    let requests = 0;
    for (let visit = 0; visit < VISITS; visit++) {
      // A context has a cache and connections of its own.
      for (const [kind, path, selector] of /** @type {const} */ ([['yardstick', 'favicon.svg', undefined], ['first', '', '[data-rc]']])) {
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        const page = await context.newPage();
        const session = await context.newCDPSession(page);
        await session.send('Network.enable');
        if (kind === 'first') page.on('request', () => requests++);
        const throughput = rate > 0 ? rate / 8 : -1;
        await session.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput });
        times[kind].push(await open(page, house.url + path, selector));
        page.removeAllListeners('request');
        if (kind === 'first') times.again.push(await open(page, house.url, selector));
        await context.close();
      }
    }
    const unit = median(times.yardstick);
    console.log(`${name}: one picture ${unit.toFixed(0)} ms; a first visit asks ${(requests / VISITS).toFixed(0)} times`);
    for (const kind of /** @type {const} */ (['first', 'again']))
      console.log(`  ${kind} visit until a complex can be chosen: ${median(times[kind]).toFixed(0)} ms, ${(median(times[kind]) / unit).toFixed(1)} of that`);
  }
} finally {
  await scope.end();
}
