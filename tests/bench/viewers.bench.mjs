// @ts-check
// CPU of a session's engine at 960x540, 30 frames a second, with one to eight viewers on one encode, the picture
// moving all the time. The yardstick is the session with one viewer; the goal: an added viewer costs at most 5 % of a
// core. The rate is fixed: players on a machine that is too slow for them all must not lower it. Usage: node
// viewers.bench.mjs [SECONDS [ROUNDS]]

import { readFileSync } from 'node:fs';
import { startDisplay, startEngine, startFlip } from '../system/lib/engine.mjs';
import { startBrowser } from '../system/lib/player.mjs';
import { ownScope } from '../system/lib/programs.mjs';

const SECONDS = Number(process.argv[2] ?? 8);
const ROUNDS = Number(process.argv[3] ?? 3);
const COUNTS = [1, 2, 4, 8];
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has used. @param {number} pid */
function used(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

const scope = ownScope();
try {
  const { display } = await startDisplay(scope);
  startFlip(scope, display, ['--move']);
  const engine = await startEngine(scope, display, { settings: { framerate: 30, adaptive: false, bitrate_kbps: 3000 } });
  const browser = await startBrowser(scope);
  /** Joins until there are that many viewers, then gives the engine's share of a core in percent and the frame rate. */
  const players = [await browser.join(engine, 'host')];
  /** @param {number} count */
  async function share(count) {
    while (players.length < count) players.push(await browser.join(engine, 'guest'));
    while (players.length > count) await /** @type {import('../system/lib/player.mjs').Player} */ (players.pop()).call('close');
    await Promise.all(players.map(player => player.until('p.state === "connected" && p.frames > 30', 20_000)));
    const [begun, before, frames] = [Date.now(), used(engine.program.pid), await players[0].get('frames')];
    await new Promise(wake => setTimeout(wake, SECONDS * 1000));
    const seconds = (Date.now() - begun) / 1000;
    return {
      percent: (100 * (used(engine.program.pid) - before)) / seconds,
      rate: ((await players[0].get('frames')) - frames) / seconds,
    };
  }

  console.log(`960x540 at 30 frames/s, ${ROUNDS} rounds of ${SECONDS} s each`);
  /** @type {number[]} */
  const added = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const shares = [];
    for (const count of COUNTS) shares.push(await share(count));
    const [one, most] = [shares[0], shares[shares.length - 1]];
    added.push((most.percent - one.percent) / (COUNTS[COUNTS.length - 1] - 1));
    const row = shares.map(({ percent, rate }, i) => `${COUNTS[i]}: ${percent.toFixed(1)} % (${rate.toFixed(1)} frames/s)`).join(', ');
    console.log(`  viewers ${row}: an added one ${added[round - 1].toFixed(1)} %, ratio to the first ${(added[round - 1] / one.percent).toFixed(2)}`);
  }
  console.log(`an added viewer: ${added.sort((a, b) => a - b)[ROUNDS >> 1].toFixed(1)} % of a core (goal: at most 5 %)`);
} finally {
  await scope.end();
}
