// @ts-check
// Attackers from many addresses take all they can get, by every way at once; visitors who want one thing each get it all the same.
// tests/bench/attack.bench.mjs is the same for ten minutes, with more of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attack, startAttackedSite } from './lib/attack.mjs';
import { slowness } from './lib/programs.mjs';

/* Enough to spend the day's wrong codes and to take all servers. */
const FEW = { networks: 60, addresses: 4, visitors: 6 };

test('visitors book, start and join while others take all they can', async t => {
  const site = await startAttackedSite(t, { limits: { exempt: [], bookings: 3 }, knock_seconds: 5, offer_seconds: 1, place_seconds: 5 });
  const attack = new Attack(site, t);
  await attack.run({ ...FEW, seconds: 8 * slowness, before: 4, held: 1 });

  for (const [what, outcomes] of attack.visitors) t.diagnostic(`${what}: ${outcomes}`);
  for (const what of ['book', 'come early, with the key', 'come early, by the link', 'cancel', 'start, waiting in line', 'join by the link'])
    assert.ok(attack.visitors.get(what)?.took.length, what);
  assert.ok(attack.visitors.get("join by a knock, from the host's yes")?.took.length, 'the attackers have spent what may be wrong in a day');
  for (const [what, { refused }] of attack.visitors) assert.deepEqual([...refused], [], what);

  const told = [...attack.attackers.keys()];
  assert.ok(told.includes('PLAN_SESSION LIMIT_REACHED bookings'));
  assert.deepEqual(told.filter(key => key.startsWith('from another page')), ['from another page FORBIDDEN']);
});
