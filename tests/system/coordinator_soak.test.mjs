// @ts-check
// Some seconds of everything at once leave nothing behind. tests/bench/soak.bench.mjs is the same for ten minutes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MixedLoad, SERVERS, startMixedSite } from './lib/mixed_load.mjs';
import { slowness } from './lib/programs.mjs';

/** So many sessions are remembered when they are over (their codes rest, their ends are told), each in so much memory; more are not. */
const REMEMBERED = { sessions: 5000, kibEach: 1.5 };
/** What stays open for later: nginx's connections to us, and beside the one that waits for a server's status two more for calls. */
const KEPT_CONNECTIONS = 70 + 2 * SERVERS;

test('a mixed load leaves no descriptor, no thread and no memory behind, and no fault in the log', async t => {
  const site = await startMixedSite(t);
  const load = new MixedLoad(t, site);
  const idle = load.holding();
  await load.run(10);
  const warm = load.holding();
  const begun = Math.min(load.asked.START_SESSION, REMEMBERED.sessions);
  await load.run(12);
  const after = load.holding();

  assert.deepEqual([...load.wrong], []);
  assert.deepEqual(load.faults(), []);
  for (const verb of ['GET_SERVERS', 'START_SESSION', 'CONNECT_SESSION_WITH_CODE', 'POLL_EVENTS', 'PLAN_SESSION', 'CANCEL_SESSION'])
    assert.ok(load.asked[verb] >= 5, `${load.asked[verb]} times ${verb}`);
  assert.ok(load.abandoned >= 5, `${load.abandoned} given up`);
  assert.equal(after.threads, warm.threads);
  assert.ok(after.descriptors <= idle.descriptors + KEPT_CONNECTIONS, `${idle.descriptors} -> ${after.descriptors} descriptors`);
  /* A sanitizer keeps what was freed for a while. */
  const remembered = (Math.min(load.asked.START_SESSION, REMEMBERED.sessions) - begun) * REMEMBERED.kibEach;
  if (slowness === 1) assert.ok(after.memoryKib < warm.memoryKib * 1.05 + 1024 + remembered, `${warm.memoryKib} -> ${after.memoryKib} KiB`);
  const requests = Object.values(load.asked).reduce((sum, count) => sum + count);
  t.diagnostic(`${requests} requests, ${load.abandoned} given up; idle ${JSON.stringify(idle)}, warm ${JSON.stringify(warm)}, after ${JSON.stringify(after)}`);
});
