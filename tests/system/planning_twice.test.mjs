// @ts-check
// Doing it twice is doing it once: who asks again, because no answer came, neither gets it twice nor gets what is somebody
// else's.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { HOUR, instant, MINUTE, planned, roundTime, startRiver } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';

/** @param {import('./lib/client.mjs').Reply} reply */
const told = ({ status, answer }) => [status, answer.msg];

/**
 * A site behind a proxy that tells whose request it is, and clients at any address.
 * @param {import('node:test').TestContext} t
 */
async function startBehindProxy(t) {
  const site = await startRiver(t, { limits: [3], settings: { trusted_proxies: ['127.0.0.0/8'] } });
  return {
    ...site,
    /** @param {string} address */
    at: address => {
      const client = new Client(site.client.url, { ca: site.nginx.ca, headers: { 'X-Forwarded-For': address } });
      onEnd(t, () => client.close());
      return client;
    },
  };
}

/** What is asked to book. @param {number} at @param {object} more */
function wish(at, more) {
  const date = new Date(at);
  return { rc_name: 'River', date: `${date.getUTCDate()}/${date.getUTCMonth() + 1}/${date.getUTCFullYear()}`, time: date.toISOString().slice(11, 16), ...more };
}

test('the same request_id with anything else in the request is refused, and tells nothing', async t => {
  const { client, files } = await startBehindProxy(t);
  const at = roundTime(HOUR);
  const request_id = randomUUID();
  const asked = wish(at, { request_id, name: 'Anna', duration_minutes: 30 });
  const first = await client.ask('PLAN_SESSION', asked);
  assert.equal(first.status, 200);
  for (const other of [{ name: 'Boris' }, { name: undefined }, { duration_minutes: 20 }, wish(at + HOUR, {})]) {
    const reply = await client.ask('PLAN_SESSION', { ...asked, ...other });
    assert.deepEqual([...told(reply), reply.answer.field], [409, 'REQUEST_ID_USED', 'request_id'], JSON.stringify(other));
    assert.ok(!reply.text.includes(first.answer.code) && !reply.text.includes(first.answer.key));
  }
  assert.deepEqual((await client.ask('PLAN_SESSION', asked)).answer, first.answer);
  assert.equal(files.readPlan().length, 1);
});

test('a phone that changes networks finds its booking by a long request_id; a short one is of one network alone', async t => {
  const { at } = await startBehindProxy(t);
  const [home, neighbour, elsewhere] = ['203.0.113.7', '203.0.113.9', '198.51.100.1'].map(at);
  const long = wish(roundTime(HOUR), { request_id: randomUUID() });
  const booked = (await home.ask('PLAN_SESSION', long)).answer;
  assert.deepEqual((await elsewhere.ask('PLAN_SESSION', long)).answer, booked);
  const short = wish(roundTime(HOUR), { request_id: 'click-on-the-button' });
  const shortly = (await home.ask('PLAN_SESSION', short)).answer;
  assert.deepEqual((await neighbour.ask('PLAN_SESSION', short)).answer, shortly);
  assert.deepEqual(told(await elsewhere.ask('PLAN_SESSION', short)), [409, 'REQUEST_ID_USED']);
});

test('a request whose booking is over is told so, also after a restart', async t => {
  const { client, restart } = await startBehindProxy(t);
  const asked = wish(roundTime(HOUR), { request_id: randomUUID() });
  const { code, key } = (await client.ask('PLAN_SESSION', asked)).answer;
  assert.deepEqual(told(await client.ask('CANCEL_SESSION', { code, key })), [200, 'SESSION_CANCELLED']);
  for (const again of [false, true]) {
    if (again) await restart();
    const reply = await client.ask('PLAN_SESSION', asked);
    assert.deepEqual(told(reply), [404, 'SESSION_NOT_EXIST']);
    assert.ok(!reply.text.includes(key));
  }
});

test('an extension to an end that is asked for again, as after a slow streamer, adds nothing', async t => {
  const { client, streamers, walkIn, files } = await startRiver(t, { settings: { call_timeout_seconds: 1 } });
  const { ticket, ends_at, session, code } = (await walkIn({ duration_minutes: 10 })).answer;
  const wanted = instant(Date.parse(ends_at) + 15 * MINUTE);
  streamers[0].extending = 'hangs';
  assert.equal((await client.ask('EXTEND_SESSION', { ticket, until: wanted })).status, 500);
  streamers[0].extending = 'right';
  const again = await client.ask('EXTEND_SESSION', { ticket, until: wanted });
  assert.deepEqual([...told(again), again.answer.ends_at], [200, 'SESSION_EXTENDED', wanted]);
  await until(() => streamers[0].sessions.get(session)?.ends_at === wanted);
  assert.equal(files.find(code)?.ends_at, wanted);
  const all = await Promise.all(Array.from({ length: 8 }, () => client.ask('EXTEND_SESSION', { ticket, until: instant(Date.parse(wanted) + MINUTE) })));
  assert.deepEqual(new Set(all.map(({ answer }) => answer.ends_at)), new Set([instant(Date.parse(wanted) + MINUTE)]));
  const earlier = await client.ask('EXTEND_SESSION', { ticket, until: ends_at });
  assert.equal(earlier.answer.ends_at, instant(Date.parse(wanted) + MINUTE), 'nobody is shortened');
});

test('an end to extend to must be one, alone, and not too far', async t => {
  const { client, walkIn } = await startRiver(t);
  const { ticket, ends_at } = (await walkIn()).answer;
  const far = instant(Date.parse(ends_at) + 25 * HOUR);
  for (const fields of [{ until: 'later' }, { until: 5 }, { until: far }, { until: ends_at, minutes: 5 }]) {
    const { status, answer } = await client.ask('EXTEND_SESSION', { ticket, ...fields });
    assert.deepEqual([status, answer.msg, answer.field], [400, 'BAD_REQUEST', 'until'], JSON.stringify(fields));
  }
});

test('a booking that is started and cancelled at the same moment is one of both', async t => {
  const bookings = Array.from({ length: 12 }, (_, i) => planned(-MINUTE, HOUR, { code: `20${10 + i}` }));
  const { client, files, streamers, come } = await startRiver(t, { limits: [12], plan: bookings });
  const { createHmac } = await import('node:crypto');
  const key = (/** @type {string} */ id) => createHmac('sha256', files.key).update(`cancel:${id}`).digest('hex').slice(0, 32);
  const outcomes = await Promise.all(
    bookings.map(async ({ id, code }, i) => {
      const cancel = () => client.ask('CANCEL_SESSION', { code, key: key(id) });
      const start = () => come(code, { key: key(id) });
      const [first, second] = await Promise.all(i % 2 ? [start(), cancel()] : [cancel(), start()].reverse());
      return { id, replies: [first, second].map(({ answer }) => answer.msg) };
    }),
  );
  for (const { id, replies } of outcomes) {
    const began = replies.includes('SESSION_CONNECTION_DATA');
    const cancelled = replies.includes('SESSION_CANCELLED');
    assert.ok(began !== cancelled, `${id}: ${replies}`);
    assert.equal(streamers[0].sessions.has(id), began, id);
    const record = files.readPlan().find(one => one.id === id);
    assert.equal(record?.state, began ? 'running' : 'ended', id);
  }
});
