// @ts-check
// kill -9 at random moments under a stream of bookings and cancellations, and while an orderly end folds the journal into
// the plan's file: what was promised is there, once, and no more than there are places. A request that gets no answer is
// sent again with the same request_id. KILLS in the environment: how often.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { startCoordinator } from './lib/coordinator.mjs';
import { HOUR, roundTime, startRiver } from './lib/planning.mjs';
import { onEnd } from './lib/programs.mjs';
import { assertKept, promisedTo, random, sumOf, Visitor } from './lib/visitors.mjs';

const KILLS = Number(process.env.KILLS ?? (process.env.SANITIZERS ? 20 : 200));
const CLIENTS = 4;
const PLACES = 3;
/* Few enough that they fill up: most times are fought for. */
const STARTS = 24;

/** Whoever is refused because the coordinator ends asks the next one. @param {import('./lib/client.mjs').Reply} reply */
const isAnswer = ({ status, answer }) => status !== 502 && answer && answer.msg !== 'STORE_UNAVAILABLE';

test(`${KILLS} times kill -9 under bookings and cancellations: every promise is kept, none twice`, async t => {
  /* A server that was not seen yet counts as one place: there are as many from the start. */
  const { client, files, nginx, coordinator } = await startRiver(t, { limits: Array(PLACES).fill(1), settings: { log_level: 'notice' } });
  const first = roundTime(2 * HOUR);
  const visitors = Array.from({ length: CLIENTS }, (_, number) => {
    const own = new Client(client.url, { ca: nginx.ca, connections: 1 });
    onEnd(t, () => own.close());
    return new Visitor({ clients: [own], number, first, starts: STARTS, isAnswer });
  });
  let goesOn = true;
  const all = Promise.all(visitors.map(visitor => visitor.run(() => goesOn)));
  all.catch(() => {}); /* told below */
  let running = coordinator;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.race([all, new Promise(wake => setTimeout(wake, random(80)))]);
      if (kill % 3 === 0) {
        running.signal('SIGTERM');
        await Promise.race([all, new Promise(wake => setTimeout(wake, random(30)))]);
      }
      const before = promisedTo(visitors);
      running.kill();
      await running.exited;
      assertKept(files.readPlan(), before, PLACES);
      running = await startCoordinator(t, files);
    }
  } finally {
    goesOn = false;
  }
  await all;
  const bookings = promisedTo(visitors);
  await running.stop();
  assertKept(files.readPlan(), bookings, PLACES);

  await startCoordinator(t, files);
  for (const { code, key, cancelled } of bookings.filter(({ cancelled }) => cancelled === 'no').slice(0, 20)) {
    const { answer } = await client.ask('CONNECT_SESSION_WITH_CODE', { code, key });
    assert.equal(answer.msg, 'SESSION_NOT_STARTED', cancelled);
  }
  const cancellations = bookings.filter(({ cancelled }) => cancelled === 'yes').length;
  t.diagnostic(`${bookings.length} bookings, ${cancellations} cancelled, ${sumOf(visitors, v => v.refused)} refused, ${sumOf(visitors, v => v.repeated)} requests sent again`);
  assert.ok(bookings.length >= KILLS && cancellations > KILLS / 4 && sumOf(visitors, v => v.repeated) > 0, 'the stream went on all the while');
});
