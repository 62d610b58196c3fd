// @ts-check
// Input to picture: from the data channel's send to the frame that shows the change, beside the plain pipeline
// (plain.c). Goals: a median of 20 ms on a still picture and a quarter of the plain one's, 40 ms and a half while
// the picture moves all the time. Usage: node latency.bench.mjs [CLICKS]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDisplay, startEngine, startFlip } from '../system/lib/engine.mjs';
import { startBrowser } from '../system/lib/player.mjs';
import { ownScope, temporaryDirectory } from '../system/lib/programs.mjs';

/** @typedef {{ sent: number, seen: number, received: number, rtp: number }} Click times in ms since 1970 */

const CLICKS = Number(process.argv[2] ?? 60);
const PICTURES = [
  { name: 'still', args: [], goal: { median: 20, ratio: 0.25 } },
  { name: 'moving at 60 frames/s', args: ['--move'], goal: { median: 40, ratio: 0.5 } },
];

/** Runs in the page: clicks and waits for the change. @param {number} count @returns {Promise<Click[]>} */
async function click(count) {
  const player = /** @type {any} */ (globalThis).players.player1;
  const clicks = [];
  for (let i = 0; i < count; i++) {
    await new Promise(wake => setTimeout(wake, 150 + Math.random() * 200));
    const begun = performance.now();
    const seen = await new Promise(settle => {
      player.onColour = () => settle(performance.now());
      player.send({ type: 'pointerdown', button: 0 });
      player.send({ type: 'pointerup', button: 0 });
      setTimeout(settle, 2000, 0);
    });
    player.onColour = undefined;
    if (!seen) throw new Error('a click changed nothing within 2 s');
    const { receiveTime, rtpTimestamp } = player.about;
    const at = performance.timeOrigin;
    clicks.push({ sent: at + begun, seen: at + seen, received: at + receiveTime, rtp: rtpTimestamp });
  }
  return clicks;
}

/** @param {number[]} values @param {number} part */
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
/** @param {number[]} values */
const median = values => quantile(values, 0.5);

/**
 * The time that each station took, from the engine's trace and the flip program's words.
 * @param {Click[]} clicks @param {string} trace @param {string} words
 */
function parts(clicks, trace, words) {
  const lines = trace.split('\n').map(line => line.split(' '));
  const offset = Number(lines.find(([station]) => station === 'offset')?.[2]);
  const at = (/** @type {string} */ station) => lines.filter(([of]) => of === station).map(([, time, frame]) => [Number(time) / 1000, Number(frame)]);
  const [inputs, captured, encoded] = ['input', 'captured', 'encoded'].map(at);
  const flips = [...words.matchAll(/^flip (\d+)/gm)].map(([, time]) => Number(time) / 1000);
  /** @type {Record<string, number[]>} */
  const taken = { channel: [], application: [], capture: [], encode: [], receive: [], show: [] };
  for (const { sent, seen, received, rtp } of clicks) {
    const frame = (((rtp - offset + 2 ** 32) % 2 ** 32) / 90_000) * 1e9;
    const isIt = ([, of]) => Math.abs(of - frame) < 50_000;
    const [input] = inputs.find(([time]) => time >= sent - 0.5) ?? [];
    const flip = flips.find(time => time >= sent - 0.5);
    const [shot] = captured.find(isIt) ?? [];
    const [coded] = encoded.find(isIt) ?? [];
    if (input === undefined || flip === undefined || shot === undefined || coded === undefined) continue;
    taken.channel.push(input - sent);
    taken.application.push(flip - input);
    taken.capture.push(shot - flip);
    taken.encode.push(coded - shot);
    taken.receive.push(received - coded);
    taken.show.push(seen - received);
  }
  return Object.entries(taken)
    .map(([name, values]) => `${name} ${median(values).toFixed(1)}`)
    .join(', ');
}

/** @param {string} program @param {string[]} args */
async function measure(program, args) {
  const scope = ownScope();
  try {
    const trace = join(temporaryDirectory(scope), 'trace');
    const { display } = await startDisplay(scope);
    const flip = startFlip(scope, display, args);
    const engine = await startEngine(scope, display, { program, env: { VITRINA_TRACE: trace } });
    engine.send({ msg: 'control', user: 'host' });
    const browser = await startBrowser(scope);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 30 && p.input.readyState === "open"', 40_000);
    const clicks = await host.page.evaluate(click, CLICKS);
    const times = clicks.map(({ sent, seen }) => seen - sent);
    return {
      median: median(times),
      p95: quantile(times, 0.95),
      codec: await host.call('codec'),
      parts: program === 'plain' ? '' : parts(clicks, readFileSync(trace, 'utf8'), flip.log),
    };
  } finally {
    await scope.end();
  }
}

for (const { name, args, goal } of PICTURES) {
  const ours = await measure('vitrina-webrtc', args);
  const plain = await measure('plain', args);
  const ratio = ours.median / plain.median;
  console.log(`${name}, ${CLICKS} clicks`);
  console.log(`  vitrina-webrtc  median ${ours.median.toFixed(1)} ms, p95 ${ours.p95.toFixed(1)} ms (${ours.codec})`);
  console.log(`    ${ours.parts}`);
  console.log(`  plain pipeline  median ${plain.median.toFixed(1)} ms, p95 ${plain.p95.toFixed(1)} ms (${plain.codec})`);
  console.log(`  ratio ${ratio.toFixed(2)} (goal ${goal.ratio}), median's goal ${goal.median} ms`);
}
