// @ts-check
// Two coordinators on one database whose clocks differ.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cannotMove, MovableClock } from './lib/clock.mjs';
import { hasDatabase, startShared } from './lib/database.mjs';
import { HOUR, MINUTE, planned } from './lib/planning.mjs';

const skip = hasDatabase ? cannotMove : 'there is no mariadbd';

for (const ahead of [60, -60, 86_400])
  test(`a coordinator whose clock is ${ahead} s ahead keeps what the other promised`, { skip }, async t => {
    const clock = new MovableClock(t, ahead);
    /* One that has half a minute left to be come for, and one that has begun long ago by a clock that is a day ahead. */
    const plan = [planned(-MINUTE / 2, HOUR), planned(2 * HOUR, 3 * HOUR)];
    const { sites, streamers, database } = await startShared(t, {
      limits: [3],
      plan,
      settings: { no_show_minutes: 1 },
      env: number => (number === 1 ? clock.env : undefined),
    });
    const [right, wrong] = sites;
    const both = await Promise.all(sites.map(site => site.walkIn({ duration_minutes: 10 })));
    const [here, there] = both.map(({ answer }) => Date.parse(answer.starts_at));
    assert.ok(Math.abs(here - there) <= 10_000, both.map(({ text }) => text).join('\n'));
    for (const { answer } of both)
      for (const site of sites) assert.equal((await site.come(answer.code)).answer.session, answer.session);
    assert.equal((await wrong.come(plan[1].code)).answer.msg, 'SESSION_NOT_STARTED');
    assert.deepEqual(database.query("SELECT id FROM reservations WHERE reason = 'no_show'"), []);
    assert.equal((await right.come(plan[0].code)).answer.msg, 'SESSION_CONNECTION_DATA');
    assert.equal(streamers[0].sessions.size, 3);
    await wrong.coordinator.waitFor(/warning: clocks_differ seconds=[-+]\d+\.\d of=database/);
  });
