// @ts-check
// What somebody learns from how long a refusal takes: wrong codes, and right ones that nobody admits, typed when strangers have
// to knock, in turns from networks of their own. For each kind the median and the spread, from the request to the whole answer, and by
// how much the medians differ. Usage: node knocking.bench.mjs [ROUNDS]

import assert from 'node:assert/strict';
import { comeFrom, fifty, proxied, spendBudget, wrongCodes } from '../system/lib/knocking.mjs';
import { startRiver } from '../system/lib/planning.mjs';
import { ownScope } from '../system/lib/programs.mjs';
import { median } from '../system/lib/wrk.mjs';

const SESSIONS = 4;
const rounds = Number(process.argv[2] ?? 3);
const scope = ownScope();
try {
  const plan = fifty();
  const settings = { ...proxied, knock_seconds: 5, log_level: 'notice', access_log: false };
  const { client, walkIn } = await startRiver(scope, { limits: [SESSIONS], plan, settings });
  const right = [];
  for (let i = 0; i < SESSIONS; i++) right.push((await walkIn()).answer.code);
  const used = [...plan.map(({ code }) => code), ...right];
  await spendBudget(client, used);
  const wrong = wrongCodes(used, 100);
  /** @type {Record<string, number[]>} */
  const times = { wrong: [], right: [] };
  const words = new Set();
  let network = 0;
  /** @param {string} kind @param {string} code */
  const timed = async (kind, code) => {
    const began = performance.now();
    const { status, text } = await comeFrom(client, `203.${network >> 8}.${network++ & 255}.1`, code);
    times[kind].push(performance.now() - began);
    words.add(`${status} ${text}`);
  };
  for (let round = 0; round < rounds; round++) {
    const waiting = [];
    for (let i = 0; i < 30; i++) {
      waiting.push(timed('wrong', wrong[i]), timed('right', right[i % SESSIONS]));
      await new Promise(settle => setTimeout(settle, 20));
    }
    await Promise.all(waiting);
  }
  assert.equal(words.size, 1, 'the same words');
  for (const [kind, all] of Object.entries(times)) {
    const sorted = [...all].sort((a, b) => a - b);
    const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(2);
    console.log(`${kind.padEnd(6)} ${sorted.length} times: median ${at(0.5)} ms, 5 % below ${at(0.05)}, 95 % below ${at(0.95)}, ${at(0)} to ${at(1)}`);
  }
  console.log(`the medians differ by ${Math.abs(median(times.wrong) - median(times.right)).toFixed(3)} ms`);
} finally {
  await scope.end();
}
