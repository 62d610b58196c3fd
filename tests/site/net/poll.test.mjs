// @ts-check
// Events by long polling: on from the last cursor, and never in a busy loop.

import assert from 'node:assert/strict';
import test from 'node:test';
import { pollEvents } from '../../../www/net/poll.js';

/**
 * Polls a server that gives these answers in turn.
 * @param {object[]} answers
 * @param {{ cursor?: string, tookMs?: number }} [options]
 */
async function poll(answers, { cursor, tookMs = 5_000 } = {}) {
  /** @type {any[]} */
  const requests = [];
  /** @type {any[]} */
  const events = [];
  /** @type {number[]} */
  const pauses = [];
  let nowMs = 0;
  const refusal = await pollEvents({
    ask: async (verb, fields) => {
      requests.push({ verb, ...fields });
      nowMs += tookMs;
      return /** @type {any} */ (answers[requests.length - 1]);
    },
    cursor,
    fields: { ticket: 'T' },
    onEvent: event => events.push(event),
    pause: async durationMs => void pauses.push(durationMs),
    nowMs: () => nowMs,
  });
  return { requests, events, pauses, refusal };
}

test('who may not wait asks again without waiting, when the refusal says', async () => {
  const { requests, events, pauses, refusal } = await poll([
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 15 },
    { msg: 'EVENTS', cursor: 'c1', events: [{ msg: 'SERVERS_CHANGED', rcs: [] }] },
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 3600 },
    { msg: 'EVENTS', cursor: 'c1', events: [] },
    { msg: 'EVENTS', cursor: 'c2', events: [{ msg: 'A' }] },
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 5 },
    { msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 7 },
  ]);
  assert.deepEqual(
    requests.map(request => request.wait_seconds),
    [25, 0, 25, 0, 25, 25, 0],
  );
  assert.deepEqual(pauses, [15_000, 60_000, 5_000], 'a minute at most');
  assert.deepEqual(
    events.map(({ msg }) => msg),
    ['SERVERS_CHANGED', 'A'],
  );
  assert.equal(refusal.retry_after_seconds, 7, 'refused without waiting, it is the caller who thinks of something else');
});

test('polling goes on from the cursor of the last answer, and a refusal ends it', async () => {
  const { requests, events, refusal } = await poll(
    [
      { msg: 'EVENTS', cursor: 'c1', events: [{ msg: 'SERVERS_CHANGED', rcs: [] }] },
      { msg: 'EVENTS', cursor: 'c1', events: [] },
      { msg: 'EVENTS', cursor: 'c2', events: [{ msg: 'A' }, { msg: 'B' }] },
      { msg: 'NOT_AUTHORIZED' },
    ],
    { cursor: 'c0' },
  );
  assert.deepEqual(
    requests.map(request => request.cursor),
    ['c0', 'c1', 'c1', 'c2'],
  );
  for (const { verb, ticket, wait_seconds } of requests)
    assert.deepEqual({ verb, ticket, wait_seconds }, { verb: 'POLL_EVENTS', ticket: 'T', wait_seconds: 25 });
  assert.deepEqual(
    events.map(({ msg }) => msg),
    ['SERVERS_CHANGED', 'A', 'B'],
  );
  assert.equal(refusal.msg, 'NOT_AUTHORIZED');
});

test('without a cursor none is sent', async () => {
  const { requests } = await poll([{ msg: 'INTERNAL_ERROR' }]);
  assert.ok(!('cursor' in requests[0]));
});

test('what is no event is passed over', async () => {
  const { events } = await poll([
    { msg: 'EVENTS', cursor: 1, events: [null, 5, {}, { msg: 7 }, { msg: 'A' }] },
    { msg: 'EVENTS' },
    { msg: 'X' },
  ]);
  assert.deepEqual(events, [{ msg: 'A' }]);
});

test('a server that does not wait is not asked in a busy loop', async () => {
  const { pauses } = await poll(
    [
      { msg: 'EVENTS', cursor: 1, events: [] },
      { msg: 'EVENTS', cursor: 1, events: [] },
      { msg: 'EVENTS', cursor: 2, events: [{ msg: 'A' }] },
      { msg: 'X' },
    ],
    { tookMs: 10 },
  );
  // The first and the third moved the cursor on: there may be more at once.
  assert.deepEqual(pauses, [990]);
});
