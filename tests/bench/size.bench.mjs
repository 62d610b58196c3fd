// @ts-check
// What it costs that the picture fits a screen: the longest time without a new frame at a change of size (goal: 300 ms), for
// one that takes H.264 and one that takes VP8, and the frames a second of an upright picture beside a wide one of as many
// pixels (goal: 30), of moving bars and of the showroom, walked in. Usage: node size.bench.mjs [CHANGES [SECONDS]]

import { startDisplay, startEngine, startFlip } from '../system/lib/engine.mjs';
import { startBrowser } from '../system/lib/player.mjs';
import { built, ownScope, start } from '../system/lib/programs.mjs';
import { median } from './lib/changes.mjs';

/** @typedef {import('../system/lib/programs.mjs').Scope} Scope */
/** @typedef {import('../system/lib/player.mjs').Player} Player */

const CHANGES = Number(process.argv[2] ?? 8);
const SECONDS = Number(process.argv[3] ?? 10);
const WIDE = { width: 1280, height: 720 };
const UPRIGHT = { width: 720, height: 1280 };
const PATIENCE_MS = 30_000;

const APPS = {
  'moving bars': (/** @type {Scope} */ scope, /** @type {string} */ display) => startFlip(scope, display, ['--move']),
  'the showroom': (/** @type {Scope} */ scope, /** @type {string} */ display) =>
    start(scope, built('vitrina-showroom'), [], { env: { DISPLAY: display } }),
};

/** @param {Scope} scope @param {keyof typeof APPS} app */
async function startSession(scope, app) {
  const { display } = await startDisplay(scope, { width: 1920, height: 1920 });
  await APPS[app](scope, display);
  const engine = await startEngine(scope, display, { settings: { framerate: 30 } });
  engine.send({ msg: 'control', user: 'host' });
  return { engine, browser: await startBrowser(scope) };
}

/** @param {Player} player @param {typeof WIDE} size */
const sees = (player, { width, height }) => player.until(`p.video.videoWidth === ${width} && p.video.videoHeight === ${height}`, PATIENCE_MS);

async function measureGaps() {
  const scope = ownScope();
  try {
    const { engine, browser } = await startSession(scope, 'moving bars');
    const host = await browser.join(engine, 'host');
    const guest = await browser.join(engine, 'guest', { codecs: ['VP8'] });
    const both = [host, guest];
    await Promise.all(both.map(player => player.until('p.frames > 60 && p.input.readyState === "open"', PATIENCE_MS)));
    /** @type {number[][]} */
    const gaps = [[], []];
    const reset = () => Promise.all(both.map(({ name, page }) => page.evaluate(of => void (/** @type {any} */ (globalThis).players[of].gap = 0), name)));
    const usual = [];
    for (let change = 0; change < CHANGES; change++) {
      await reset();
      await host.page.waitForTimeout(2_100); /* between two changes there are two seconds */
      usual.push(await host.get('gap'));
      await reset();
      const size = change % 2 ? WIDE : UPRIGHT;
      await host.send({ type: 'screen', ...size });
      await Promise.all(both.map(player => sees(player, size)));
      await host.page.waitForTimeout(500);
      for (const [at, player] of both.entries()) gaps[at].push(await player.get('gap'));
    }
    for (const [at, codec] of ['H264', 'VP8'].entries())
      console.log(`a change of size, ${codec}: median ${median(gaps[at])?.toFixed(0)} ms, at most ${Math.max(...gaps[at]).toFixed(0)} ms without a new frame (goal 300)`);
    console.log(`  without a change: median ${median(usual)?.toFixed(0)} ms, at most ${Math.max(...usual).toFixed(0)} ms`);
  } finally {
    await scope.end();
  }
}

/** @param {keyof typeof APPS} app */
async function measureRate(app) {
  const scope = ownScope();
  try {
    const { engine, browser } = await startSession(scope, app);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0 && p.input.readyState === "open"', PATIENCE_MS);
    await host.send({ type: 'keydown', code: 'KeyA' });
    for (const [name, size] of Object.entries({ wide: WIDE, upright: UPRIGHT })) {
      await host.send({ type: 'screen', ...size });
      await sees(host, size);
      const before = await host.get('frames');
      await host.page.waitForTimeout(SECONDS * 1000);
      const rate = ((await host.get('frames')) - before) / SECONDS;
      console.log(`${app}, ${name} ${size.width}x${size.height}: ${rate.toFixed(1)} frames/s (goal 30)`);
    }
  } finally {
    await scope.end();
  }
}

await measureGaps();
for (const app of Object.keys(APPS)) await measureRate(/** @type {keyof typeof APPS} */ (app));
