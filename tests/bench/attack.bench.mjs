// @ts-check
// Ten minutes of 1,000 attackers of 250 networks who book, start, stand in line, guess codes and ask from other people's pages, all at
// once and as fast as they can, while 20 visitors book, start, wait and join: what the visitors got. The goal: every booking and every
// join succeeds while a place is free, 99 of 100 within a second. The yardstick is the same visitors without the attackers, before.
// Usage: node attack.bench.mjs [SECONDS [NETWORKS [ADDRESSES [VISITORS]]]]

import { Attack, pass, startAttackedSite } from '../system/lib/attack.mjs';
import { ownScope } from '../system/lib/programs.mjs';

const SECONDS = Number(process.argv[2] ?? 600);
const NETWORKS = Number(process.argv[3] ?? 250);
const ADDRESSES = Number(process.argv[4] ?? 4);
const VISITORS = Number(process.argv[5] ?? 20);
const CALM_SECONDS = 10;

/** @param {string} when @param {Attack} attack */
function report(when, attack) {
  for (const [what, outcomes] of attack.visitors) console.log(`${when}, ${what}: ${outcomes}`);
}

const scope = ownScope();
try {
  const site = await startAttackedSite(scope);
  const calm = new Attack(site, scope);
  await calm.run({ networks: 0, addresses: 0, visitors: VISITORS, over: () => pass(1000 * CALM_SECONDS) });
  report('alone', calm);
  const attack = new Attack(site, scope);
  await attack.run({
    networks: NETWORKS,
    addresses: ADDRESSES,
    visitors: VISITORS,
    begun: () => pass(1000 * Math.min(30, SECONDS / 4)),
    over: () => pass(1000 * SECONDS),
  });
  report('under attack', attack);
  for (const [told, count] of [...attack.attackers].sort()) console.log(`attackers: ${count} ${told}`);
} finally {
  await scope.end();
}
