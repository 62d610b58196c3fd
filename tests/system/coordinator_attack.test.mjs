// @ts-check
// Attackers from many addresses take all they can get, by every way at once; visitors who want one thing each get it all the same.
// tests/bench/attack.bench.mjs is the same for ten minutes, with more of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attack, startAttackedSite } from './lib/attack.mjs';
import { until } from './lib/programs.mjs';

/* Enough to spend the day's wrong codes and to take all servers. */
const FEW = { networks: 60, addresses: 4, visitors: 6 };
const WANTED = [
  'book',
  'come early, with the key',
  'come early, by the link',
  'cancel',
  'start, waiting in line',
  'join by the link',
  "join by a knock, from the host's yes",
];

test('visitors book, start and join while others take all they can', async t => {
  const site = await startAttackedSite(t, { limits: { exempt: [], bookings: 3 }, knock_seconds: 5, offer_seconds: 1, place_seconds: 5 });
  const attack = new Attack(site, t);
  /** @param {string} told @param {number} [often] */
  const areTold = (told, often = 1) => (attack.attackers.get(told) ?? 0) >= often;
  const haveTaken = () =>
    areTold('CONNECT_SESSION_WITH_CODE SESSION_NOT_EXIST', 30) && areTold('START_SESSION SERVERS_BUSY') && areTold('PLAN_SESSION LIMIT_REACHED bookings');
  const haveGot = () => WANTED.every(what => (attack.visitors.get(what)?.took.length ?? 0) >= 3);
  await attack.run({
    ...FEW,
    held: 1,
    begun: () => until(haveTaken, { what: 'the attackers have all they can get', timeout: 60_000, every: 100 }),
    over: () => until(haveGot, { what: 'the visitors have got what they want', timeout: 60_000, every: 100 }),
  });

  for (const [what, outcomes] of attack.visitors) t.diagnostic(`${what}: ${outcomes}`);
  for (const [what, { refused }] of attack.visitors) assert.deepEqual([...refused], [], what);
  const fromOthers = [...attack.attackers.keys()].filter(key => key.startsWith('from another page'));
  assert.deepEqual(fromOthers, ['from another page FORBIDDEN']);
});
