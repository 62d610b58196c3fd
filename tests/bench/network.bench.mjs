// @ts-check
// The picture over a narrow network: 6 -> 2 -> 6 Mbit/s, 1 Mbit/s, and 50 ms of delay with 2 % of loss. For each:
// frames a second, the longest time without a new frame (goal: under 0.5 s), and the time until rate and frames have
// settled after a change (goal: under 3 s). The yardstick is the first line, the same without any limit. Needs root.
//
// Settled is what control theory calls the settling time and RFC 8868 the convergence time: from then on, to the end of
// the phase, it does not leave its band any more. The band is at and above three quarters of what it was in the phase's
// second half, over every half a second; so a rate that swings has not settled, and neither has one that stumbles once
// because the machine was busy: beside it stands how many half seconds lay below. Rate and frames are told apart: where
// packets are lost at random, frames that wait for another sending come in bursts, however even the rate is.
// Usage: [TRACE=FILE] node network.bench.mjs [NAME [SECONDS A PHASE]]; the file is what the engine's trace.h says.

import { startDisplay, startEngine, startFlip } from '../system/lib/engine.mjs';
import { canMakeNetworks, leadTo, startForwarder, startNetwork } from '../system/lib/network.mjs';
import { startBrowser } from '../system/lib/player.mjs';
import { ownScope } from '../system/lib/programs.mjs';

const ONLY = process.argv[2] ?? '';
const SECONDS = Number(process.argv[3] ?? 10);
const SAMPLE_MS = 100;

/** @typedef {{ at: number, frames: number, bytes: number, gap: number, height: number }} Sample */

/** @type {{ name: string, codec: string, phases: (number | null)[], delay?: number, loss?: number }[]} */
const NETWORKS = [
  { name: 'no limit', codec: 'H264', phases: [null] },
  { name: '6-2-6 H264', codec: 'H264', phases: [6000, 2000, 6000] },
  { name: '1 Mbit/s H264', codec: 'H264', phases: [1000] },
  { name: '6-2-6 VP8', codec: 'VP8', phases: [6000, 2000, 6000] },
  { name: '1 Mbit/s VP8', codec: 'VP8', phases: [1000] },
  { name: '50 ms', codec: 'H264', phases: [6000], delay: 50 },
  { name: '50 ms, 2 %', codec: 'H264', phases: [6000, 2000], delay: 50, loss: 0.02 },
];

/** Runs in the page: looks at the player every few moments. @param {number} period */
function watch(period) {
  const player = /** @type {any} */ (globalThis).players.player1;
  const samples = (/** @type {any} */ (globalThis).samples = []);
  setInterval(async () => {
    const { bytesReceived, frameHeight } = await player.inbound();
    samples.push({ at: Date.now(), frames: player.frames, bytes: bytesReceived, gap: player.gap, height: frameHeight });
    player.gap = 0;
  }, period);
}

/** What happened between two samples. @param {Sample} from @param {Sample} to */
const between = (from, to) => {
  const seconds = (to.at - from.at) / 1000;
  return { rate: (to.frames - from.frames) / seconds, kbps: ((to.bytes - from.bytes) * 8) / 1000 / seconds };
};

/**
 * When one of them was last below three quarters of what it is in the phase's second half, over half a second, in seconds
 * after the phase began; and in which part of all such spans.
 * @param {'kbps' | 'rate'} what @param {Sample[]} samples @param {number} begun
 */
function settled(what, samples, begun) {
  const calm = between(samples[samples.length >> 1], samples[samples.length - 1]);
  const spans = samples.slice(5).map((to, i) => ({ at: to.at, ...between(samples[i], to) }));
  const low = spans.filter(span => span[what] < calm[what] * 0.75);
  return `${(((low.at(-1)?.at ?? begun) - begun) / 1000).toFixed(1)} s (${((low.length / spans.length) * 100).toFixed(0)} % below)`;
}

const wait = (/** @type {number} */ ms) => new Promise(wake => setTimeout(wake, ms));

/** @param {typeof NETWORKS[number]} network */
async function measure({ name, codec, phases, delay = 0, loss = 0 }) {
  const scope = ownScope();
  try {
    const network = startNetwork(scope);
    const [link] = network.links;
    const { display } = await startDisplay(scope);
    startFlip(scope, display, ['--move']);
    link.limit(phases[0]);
    const engine = await startEngine(scope, display, { within: network.within, env: process.env.TRACE ? { VITRINA_TRACE: process.env.TRACE } : {} });
    const browser = await startBrowser(scope);
    const forwarder = await startForwarder(scope, { at: link.here, delay, loss });
    const player = await browser.join(engine, 'host', { codecs: [codec] }, answer => {
      if (!delay) return leadTo(answer, link.there).sdp;
      const { sdp, port } = leadTo(answer, link.there, forwarder);
      forwarder.lead(link.there, port);
      return sdp;
    });
    await player.until('p.frames > 0', 20_000);
    await browser.page.evaluate(watch, SAMPLE_MS);
    for (const kbps of phases) {
      link.limit(kbps);
      const begun = Date.now();
      await wait(SECONDS * 1000);
      /** @type {Sample[]} */
      const samples = (await browser.page.evaluate(() => /** @type {any} */ (globalThis).samples)).filter((/** @type {Sample} */ { at }) => at >= begun);
      const whole = between(samples[0], samples[samples.length - 1]);
      const calm = between(samples[samples.length >> 1], samples[samples.length - 1]);
      const freeze = Math.max(...samples.map(({ gap }) => gap));
      console.log(
        `  ${name.padEnd(14)} ${String(kbps ?? 'all').padStart(5)} kbit/s: ${whole.rate.toFixed(1)} frames/s, longest freeze ${freeze.toFixed(0)} ms, ` +
          `rate settled after ${settled('kbps', samples, begun)} at ${calm.kbps.toFixed(0)} kbit/s, ` +
          `frames after ${settled('rate', samples, begun)} at ${calm.rate.toFixed(1)}/s, ${samples[samples.length - 1].height} lines`,
      );
    }
  } finally {
    await scope.end();
  }
}

if (canMakeNetworks()) for (const network of NETWORKS.filter(({ name }) => name.includes(ONLY))) await measure(network);
else console.log('  network namespaces cannot be made here');
