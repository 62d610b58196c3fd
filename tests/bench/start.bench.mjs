// @ts-check
// START_SESSION to the first frame that Chromium shows, with the showroom as the application; the goal is 0.8 s. Once
// from nothing at all, once as configured by default, with a display and an engine kept ready (standby_displays), once
// from a standby (standby_sessions). The yardstick is what no streamer can do without: Xvfb and the
// showroom, started by hand, until the window is up. They take turns. The page makes its offer while the session starts,
// as the site does. Last, what a cell costs a start: START_SESSION with a small application, in turn with and without
// (`isolation`), the goal being 30 ms; many, so that it shows whether they stay as quick as the first.
// Usage: node start.bench.mjs [STARTS [STARTS-IN-CELLS]]

import { noCells } from '../system/lib/cells.mjs';
import { startDisplay } from '../system/lib/engine.mjs';
import { startBrowser } from '../system/lib/player.mjs';
import { built, ownScope, start, until } from '../system/lib/programs.mjs';
import { startStreamer, windowProgram } from '../system/lib/streamer.mjs';

const STARTS = Number(process.argv[2] ?? 10);
const GOAL_MS = 800;
const CELL_STARTS = Number(process.argv[3] ?? 300);
const CELL_GOAL_MS = 30;
/* An engine that is kept ready has made its keys by then. */
const SETTLED_MS = 2000;
const showroom = built('vitrina-showroom');

/** @param {number[]} values @param {number} part 0 to 1 */
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
/** @param {string} what @param {number[]} values in milliseconds */
const say = (what, values) =>
  console.log(`${what.padEnd(48)} median ${quantile(values, 0.5).toFixed(0).padStart(5)} ms, p95 ${quantile(values, 0.95).toFixed(0).padStart(5)} ms`);

/** Xvfb and the showroom until its window is mapped, without the time that watching takes. */
async function byHand() {
  const scope = ownScope();
  try {
    const began = performance.now();
    const { display } = await startDisplay(scope);
    const server = performance.now() - began;
    const watch = await start(scope, windowProgram, ['watch'], { env: { DISPLAY: display }, ready: /watching/ });
    const execed = performance.now();
    const app = await start(scope, showroom, [], { env: { DISPLAY: display } });
    await watch.exited;
    const ms = server + performance.now() - execed;
    app.kill();
    return ms;
  } finally {
    await scope.end();
  }
}

/**
 * Runs in the page: an offer made ahead, the picture asked for, the first frame waited for.
 * @param {{ url: string, ticket: string }} place
 * @returns {Promise<{ answered: number, shown: number }>} when, in milliseconds since 1970
 */
async function view({ url, ticket }) {
  const { players } = /** @type {any} */ (globalThis);
  const sdp = await players.sdp;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${ticket}` },
    body: sdp,
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  await players.bench.accept(await answer.text());
  const answered = performance.timeOrigin + performance.now();
  while (players.bench.frames === 0) {
    if (performance.timeOrigin + performance.now() - answered > 10_000) throw new Error('no frame within 10 s');
    await new Promise(requestAnimationFrame);
  }
  return { answered, shown: performance.timeOrigin + performance.now() };
}

/** @typedef {{ started: number[], answered: number[], shown: number[] }} Taken */

/**
 * One session until its first frame is shown, and its end.
 * @param {import('../system/lib/streamer.mjs').Streamer} streamer
 * @param {import('playwright-core').Page} page
 * @param {Taken} taken
 */
async function visit(streamer, page, taken) {
  await page.evaluate(() => {
    const { Player, players } = /** @type {any} */ (globalThis);
    players.bench = new Player({});
  });
  const began = performance.timeOrigin + performance.now();
  const making = page.evaluate(() => {
    const { players } = /** @type {any} */ (globalThis);
    players.sdp = players.bench.offer();
  });
  const { session } = await streamer.startSession();
  const started = performance.timeOrigin + performance.now();
  await making;
  const ticket = streamer.ticket(session, 'visitor', { role: 'host' });
  const { answered, shown } = await page.evaluate(view, { url: `${streamer.base}whep/${session}`, ticket });
  await page.evaluate(() => /** @type {any} */ (globalThis).players.bench.close());
  await streamer.control('END_SESSION', { session });
  taken.started.push(started - began);
  taken.answered.push(answered - started);
  taken.shown.push(shown - began);
}

/** @param {string} what @param {Taken} taken */
function report(what, taken) {
  say(`${what}: START_SESSION answered`, taken.started);
  say(`${what}: then the offer answered`, taken.answered);
  say(`${what}: asked to the first frame (goal ${GOAL_MS})`, taken.shown);
}

/** What a cell costs a start. @param {import('../system/lib/programs.mjs').Scope} scope */
async function measureCells(scope) {
  if (noCells) return console.log(noCells);
  /** @type {{ isolation: string, streamer: import('../system/lib/streamer.mjs').Streamer, taken: number[] }[]} */
  const ways = [];
  for (const isolation of ['none', 'cell'])
    ways.push({ isolation, streamer: await startStreamer(scope, { isolation, app: [windowProgram], start_timeout_seconds: 60 }), taken: [] });
  for (let i = -1; i < CELL_STARTS; i++)
    for (const { streamer, taken } of ways) {
      const began = performance.now();
      const { session } = await streamer.startSession();
      if (i >= 0) taken.push(performance.now() - began);
      await streamer.control('END_SESSION', { session });
    }
  const [none, cell] = ways.map(({ taken }) => taken);
  const third = Math.ceil(CELL_STARTS / 3);
  for (const { isolation, taken } of ways) {
    say(`a small application, isolation "${isolation}"`, taken);
    say('  the first third of the starts', taken.slice(0, third));
    say('  the last third', taken.slice(-third));
  }
  console.log(`a cell costs a start (goal ${CELL_GOAL_MS}): ${(quantile(cell, 0.5) - quantile(none, 0.5)).toFixed(1)} ms between the medians`);
}

const scope = ownScope();
try {
  const settings = {
    app: [showroom, '--width', '{width}', '--height', '{height}'],
    webrtc: {},
    start_timeout_seconds: 60,
  };
  const cold = await startStreamer(scope, settings);
  const usual = await startStreamer(scope, { ...settings, standby_displays: 0 });
  const { page } = await startBrowser(scope);
  /** @returns {Taken} */
  const nothing = () => ({ started: [], answered: [], shown: [] });
  const [fromNothing, fromDisplay, fromStandby] = [nothing(), nothing(), nothing()];
  /** @type {number[]} */
  const hands = [];
  /* The standby is there only while it is measured: the showroom draws without end. */
  const kept = await startStreamer(scope, settings);
  for (let i = -1; i < STARTS; i++) {
    const warm = i < 0;
    await visit(cold, page, warm ? nothing() : fromNothing);
    const from = usual.program.log.length;
    await usual.reload({ standby_displays: 1 });
    await usual.program.waitFor(/standby_ready session=display-/, { from, timeout: 60_000 });
    await new Promise(wake => setTimeout(wake, SETTLED_MS));
    await visit(usual, page, warm ? nothing() : fromDisplay);
    await usual.reload({ standby_displays: 0 });
    await until(() => usual.sessionDirectories().length === 0, { what: 'the end of the display', timeout: 60_000 });
    await kept.reload({ standby_sessions: 1 });
    await until(async () => (await kept.status()).standbys === 1, { what: 'the standby', timeout: 60_000 });
    await visit(kept, page, warm ? nothing() : fromStandby);
    await kept.reload({ standby_sessions: 0 });
    await until(() => kept.sessionDirectories().length === 0, { what: 'the end of the standby', timeout: 60_000 });
    const yardstick = await byHand();
    if (!warm) hands.push(yardstick);
  }
  report('from nothing', fromNothing);
  report('with a display', fromDisplay);
  report('from a standby', fromStandby);
  say('yardstick: Xvfb and showroom until the window', hands);
  const ratio = (/** @type {Taken} */ taken) => (quantile(taken.shown, 0.5) / quantile(hands, 0.5)).toFixed(2);
  console.log(`ratio of the medians to the yardstick: from nothing ${ratio(fromNothing)}, with a display ${ratio(fromDisplay)}, from a standby ${ratio(fromStandby)}`);
  await measureCells(scope);
} finally {
  await scope.end();
}
