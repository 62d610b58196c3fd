// @ts-check
// What a cell costs a frame: input to picture, and frames a second of a picture that moves without end, in sessions of
// one streamer with cells and of one without, which take turns. The goal is nothing that can be measured.
// Usage: node cell.bench.mjs [ROUNDS [CHANGES [PICTURE]]]

import { startBrowser } from '../system/lib/player.mjs';
import { built, ownScope } from '../system/lib/programs.mjs';
import { startStreamer } from '../system/lib/streamer.mjs';
import { change, FLIP_ONCE, median, quantile } from './lib/changes.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const CHANGES = Number(process.argv[3] ?? 30);
const ONLY = process.argv[4] ?? '';
const SECONDS = 5;
const KINDS = /** @type {const} */ (['cell', 'none']);

/**
 * One session of a streamer: how long each change took, and frames a second.
 * @param {import('../system/lib/streamer.mjs').Streamer} streamer @param {'still' | 'moving'} picture
 */
async function visit(streamer, picture) {
  const scope = ownScope();
  const { session } = await streamer.startSession({ session: `${picture}-${performance.now().toFixed(0)}` });
  try {
    const person = streamer.person(session, 'host', { role: 'host' });
    await person.socket(scope);
    const player = await (await startBrowser(scope)).join(/** @type {any} */ (person.door), 'host');
    await player.until('p.frames > 0 && p.input.readyState === "open"', 40_000);
    const changes = await player.page.evaluate(change, { count: CHANGES, events: FLIP_ONCE });
    const [frames, began] = [await player.get('frames'), performance.now()];
    await new Promise(wake => setTimeout(wake, SECONDS * 1000));
    const rate = ((await player.get('frames')) - frames) / ((performance.now() - began) / 1000);
    return { times: changes.map(({ sent, seen }) => seen - sent), rate };
  } finally {
    await streamer.control('END_SESSION', { session });
    await scope.end();
  }
}

const scope = ownScope();
try {
  for (const picture of /** @type {const} */ (['still', 'moving']).filter(name => name.includes(ONLY))) {
    const taken = { cell: { times: /** @type {number[]} */ ([]), rates: /** @type {number[]} */ ([]) }, none: { times: /** @type {number[]} */ ([]), rates: /** @type {number[]} */ ([]) } };
    const app = [built('flip'), ...(picture === 'moving' ? ['--move'] : [])];
    const streamers = {
      cell: await startStreamer(scope, { app, isolation: 'cell', webrtc: {} }),
      none: await startStreamer(scope, { app, isolation: 'none', webrtc: {} }),
    };
    for (let round = 0; round < ROUNDS; round++)
      for (const kind of round % 2 ? KINDS : [...KINDS].reverse()) {
        const { times, rate } = await visit(streamers[kind], picture);
        taken[kind].times.push(...times);
        taken[kind].rates.push(rate);
      }
    console.log(`${picture}, ${ROUNDS} sessions of ${CHANGES} changes each`);
    for (const kind of KINDS)
      console.log(
        `  ${kind}  median ${median(taken[kind].times).toFixed(1)} ms, p95 ${quantile(taken[kind].times, 0.95).toFixed(1)} ms` +
          (picture === 'moving' ? `, ${median(taken[kind].rates).toFixed(1)} frames a second` : ''),
      );
    const ratio = (/** @type {(of: typeof taken.cell) => number} */ of) => (of(taken.cell) / of(taken.none)).toFixed(2);
    console.log(`  ratio ${ratio(({ times }) => median(times))}${picture === 'moving' ? `, of the frames ${ratio(({ rates }) => median(rates))}` : ''}`);
  }
} finally {
  await scope.end();
}
