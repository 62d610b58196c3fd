// @ts-check
// Input to picture: from the data channel's send to the frame that shows the change, beside the plain pipeline
// (plain.c). Goals: a median of 20 ms on a still picture and a quarter of the plain one's, 40 ms and a half while
// walking. "Walking" is the showroom, stepping left and right all the time, whose whole picture changes between
// day and night; it includes the time that the showroom takes to draw. Usage: node latency.bench.mjs [CHANGES [PICTURE]]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDisplay, startEngine, startFlip } from '../system/lib/engine.mjs';
import { startBrowser } from '../system/lib/player.mjs';
import { built, ownScope, start, temporaryDirectory } from '../system/lib/programs.mjs';
import { change, FLIP_ONCE, median, quantile } from './lib/changes.mjs';

/** @typedef {import('../system/lib/programs.mjs').Scope} Scope */
/** @typedef {import('./lib/changes.mjs').Change} Change */

const CHANGES = Number(process.argv[2] ?? 60);
const ONLY = process.argv[3] ?? '';
const DAY_OR_NIGHT = [{ type: 'keydown', code: 'KeyN' }, { type: 'keyup', code: 'KeyN' }];

const PICTURES = [
  { name: 'still', app: startFlip, events: FLIP_ONCE, goal: { median: 20, ratio: 0.25 } },
  {
    name: 'bars moving at 60 frames/s',
    app: (/** @type {Scope} */ scope, /** @type {string} */ display) => startFlip(scope, display, ['--move']),
    events: FLIP_ONCE,
    goal: { median: 40, ratio: 0.5 },
  },
  {
    name: 'walking in the showroom',
    app: (/** @type {Scope} */ scope, /** @type {string} */ display) =>
      start(scope, built('vitrina-showroom'), [], { env: { DISPLAY: display } }),
    steps: ['KeyA', 'KeyD'],
    events: DAY_OR_NIGHT,
    goal: { median: 40, ratio: 0.5 },
  },
];

/** Runs in the page: walks one way and the other from now on. @param {string[]} steps */
function walk(steps) {
  const player = /** @type {any} */ (globalThis).players.player1;
  let at = 0;
  player.send({ type: 'keydown', code: steps[0] });
  setInterval(() => {
    player.send({ type: 'keyup', code: steps[at] });
    at = (at + 1) % steps.length;
    player.send({ type: 'keydown', code: steps[at] });
  }, 400);
}

/**
 * The median time that each station took, from the engine's trace: the data channel, the application until its
 * picture changed, capture, encoder, network and reassembly, decoder and display.
 * @param {Change[]} changes @param {string} trace
 */
function parts(changes, trace) {
  const lines = trace.split('\n').map(line => line.split(' '));
  const offset = Number(lines.find(([station]) => station === 'offset')?.[2]);
  const at = (/** @type {string} */ station) =>
    lines.filter(([of]) => of === station).map(([, time, frame]) => [Number(time) / 1000, Number(frame)]);
  const [inputs, damages, captured, encoded] = ['input', 'changed', 'captured', 'encoded'].map(at);
  /** @type {Record<string, number[]>} */
  const taken = { channel: [], application: [], capture: [], encode: [], receive: [], show: [] };
  for (const { sent, seen, received, rtp } of changes) {
    const frame = (((rtp - offset + 2 ** 32) % 2 ** 32) / 90_000) * 1e9;
    const isIt = (/** @type {number[]} */ [, of]) => Math.abs(of - frame) < 50_000;
    const input = inputs.find(([time]) => time >= sent - 0.5)?.[0];
    const shot = captured.find(isIt)?.[0];
    const coded = encoded.find(isIt)?.[0];
    if (input === undefined || shot === undefined || coded === undefined) continue;
    const changed = damages.filter(([time]) => time >= input && time <= shot).pop()?.[0] ?? shot;
    taken.channel.push(input - sent);
    taken.application.push(changed - input);
    taken.capture.push(shot - changed);
    taken.encode.push(coded - shot);
    taken.receive.push(received - coded);
    taken.show.push(seen - received);
  }
  return Object.entries(taken)
    .map(([name, values]) => `${name} ${median(values)?.toFixed(1)}`)
    .join(', ');
}

/** @param {string} program @param {typeof PICTURES[number]} picture */
async function measure(program, { app, steps, events }) {
  const scope = ownScope();
  try {
    const trace = join(temporaryDirectory(scope), 'trace');
    const { display } = await startDisplay(scope);
    await app(scope, display);
    const engine = await startEngine(scope, display, { program, env: { VITRINA_TRACE: trace } });
    engine.send({ msg: 'control', user: 'host' });
    const browser = await startBrowser(scope);
    const host = await browser.join(engine, 'host', { whole: events === DAY_OR_NIGHT });
    await host.until('p.frames > 0 && p.input.readyState === "open"', 40_000);
    if (steps) await host.page.evaluate(walk, steps);
    await host.until('p.frames > 5', 20_000);
    const changes = await host.page.evaluate(change, { count: CHANGES, events });
    if (changes.length < CHANGES / 2) throw new Error('the machine is too busy to measure');
    const times = changes.map(({ sent, seen }) => seen - sent);
    return {
      median: median(times),
      p95: quantile(times, 0.95),
      codec: await host.call('codec'),
      parts: program === 'plain' ? '' : parts(changes, readFileSync(trace, 'utf8')),
    };
  } finally {
    await scope.end();
  }
}

for (const picture of PICTURES.filter(({ name }) => name.includes(ONLY))) {
  const ours = await measure('vitrina-webrtc', picture);
  const plain = await measure('plain', picture);
  const ratio = ours.median / plain.median;
  console.log(`${picture.name}, ${CHANGES} changes`);
  console.log(`  vitrina-webrtc  median ${ours.median.toFixed(1)} ms, p95 ${ours.p95.toFixed(1)} ms (${ours.codec})`);
  console.log(`    ${ours.parts}`);
  console.log(`  plain pipeline  median ${plain.median.toFixed(1)} ms, p95 ${plain.p95.toFixed(1)} ms (${plain.codec})`);
  console.log(`  ratio ${ratio.toFixed(2)} (goal ${picture.goal.ratio}), median's goal ${picture.goal.median} ms`);
}
