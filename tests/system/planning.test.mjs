// @ts-check
// Planning on the wire, through nginx: what can be booked, who gets it, and what is refused in which words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed } from './lib/coordinator.mjs';
import { DAY, HOUR, instant, MINUTE, planned, roundTime, startRiver, written } from './lib/planning.mjs';
import { until } from './lib/programs.mjs';

const CODE = /^\d{4}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const KEY = /^[A-Za-z0-9_-]{16,}$/;

/** @param {import('./lib/client.mjs').Reply} reply @param {number} status @param {string} msg @param {string} [field] */
function assertRefused({ status, answer }, status_, msg, field) {
  assert.deepEqual([status, answer?.msg, answer?.field], [status_, msg, field], JSON.stringify(answer));
  assert.ok(answer.reason.length > 0);
}

test('PLAN_SESSION gives a code, the times and a key, and is on disk by then', async t => {
  const { book, files } = await startRiver(t);
  const at = roundTime(HOUR);
  const { status, answer } = await book(at, { duration_minutes: 30, name: 'Анна' });
  assert.equal(status, 200);
  assert.equal(answer.msg, 'CONNECTION_CODE');
  assert.match(answer.code, CODE);
  assert.match(answer.key, KEY);
  assert.deepEqual([answer.rc_name, answer.starts_at, answer.ends_at], ['River', instant(at), instant(at + 30 * MINUTE)]);
  const [record] = files.readPlan();
  assert.deepEqual([record.code, record.starts_at, record.state], [answer.code, answer.starts_at, 'planned']);
  assert.ok(!JSON.stringify(record).includes(answer.key), 'the key is not in the file');
});

test('PLAN_SESSION without rc_name means the only RC, and is refused where there are two', async t => {
  const { client, files, streamers, health } = await startRiver(t, { limits: [2] });
  const at = written(roundTime(HOUR));
  assert.equal((await client.ask('PLAN_SESSION', at)).answer.rc_name, 'River');
  files.writeServers([listed(streamers[0], 'River'), listed({ name: 'park-1', port: streamers[0].port }, 'Park')]);
  await until(async () => (await health()).servers === 2, { what: 'the new list' });
  assertRefused(await client.ask('PLAN_SESSION', at), 400, 'BAD_REQUEST', 'rc_name');
  assertRefused(await client.ask('PLAN_SESSION', { ...at, rc_name: 'Atlantis' }), 404, 'RC_NOT_FOUND', 'rc_name');
  assertRefused(await client.ask('GET_AVAILABILITY', { date: at.date, rc_name: 'Atlantis' }), 404, 'RC_NOT_FOUND', 'rc_name');
});

test('what is missing, malformed or out of range is a BAD_REQUEST that names the field', async t => {
  const { client, files } = await startRiver(t, { settings: { session_minutes: 60, min_session_minutes: 5, horizon_days: 30 } });
  const good = { rc_name: 'River', ...written(roundTime(DAY)) };
  /** @type {[string, unknown[]][]} */
  const bad = [
    ['rc_name', ['', 7, 'x'.repeat(201)]],
    ['date', [undefined, '', 'tomorrow', '2026-12-01', '31/4/2027', '0/1/2027', '1/13/2027', '1/1/99', '1/1/1969', 20261201,
      written(Date.now() + 31 * DAY).date, '1/1/9999', ' 1/1/2027', '1/1/2027\n', '١/١/٢٠٢٧']],
    ['time', [undefined, '', '9:05', '24:00', '12:60', '12:00:00', '-1:00', 'noon', 1200, '12:00 ']],
    ['duration_minutes', [0, -5, 4, 61, 1e9, 7.5, '30']],
    ['time_zone', ['', 'Europe/Atlantis', '+03:00', '../etc/passwd', 'EST5EDT', 'Europe/Moscow\n', 7, 'A'.repeat(101)]],
    ['name', [7, 'x'.repeat(101)]],
    ['request_id', ['short', '', 12345678, 'x'.repeat(101)]],
  ];
  for (const [field, values] of bad)
    for (const value of values) {
      const reply = await client.ask('PLAN_SESSION', { ...good, [field]: value });
      assertRefused(reply, 400, 'BAD_REQUEST', field);
      if (!['time', 'name', 'request_id'].includes(field) && !(field === 'date' && /9999|\d{4}$/.test(String(value))))
        assertRefused(await client.ask('GET_AVAILABILITY', { ...good, [field]: value }), 400, 'BAD_REQUEST', field);
    }
  const past = { rc_name: 'River', ...written(Date.now() - MINUTE), time_zone: 'UTC' };
  assertRefused(await client.ask('PLAN_SESSION', past), 400, 'BAD_REQUEST', 'time');
  for (const [field, values] of /** @type {[string, unknown[]][]} */ ([
    ['code', [undefined, '', '12', '12a4', '１２３４', '1234567890', null, 1.5, {}]],
    ['key', [undefined, 7, 'x'.repeat(65)]],
  ]))
    for (const value of values)
      assertRefused(await client.ask('CANCEL_SESSION', { code: '1234', key: 'x', [field]: value }), 400, 'BAD_REQUEST', field);
  assert.deepEqual(files.readPlan(), [], 'nothing was written');
});

test('GET_AVAILABILITY lists every start of the day with its free places', async t => {
  const { client, book } = await startRiver(t, { limits: [1, 1], settings: { booking_step_minutes: 30, time_zone: 'Europe/Moscow' } });
  const { date } = written(Date.now() + 3 * DAY);
  const ask = (/** @type {object} */ fields) => client.ask('GET_AVAILABILITY', { rc_name: 'River', date, ...fields });
  const { status, answer } = await ask({});
  assert.deepEqual([status, answer.msg, answer.slots.length], [200, 'AVAILABILITY', 48]);
  assert.deepEqual([answer.time_zone, answer.rc_time_zone, answer.duration_minutes], ['Europe/Moscow', 'Europe/Moscow', 60]);
  assert.deepEqual([answer.slots[0].time, answer.slots[1].time, answer.slots[47].time], ['00:00', '00:30', '23:30']);
  assert.equal(answer.slots[0].starts_at.slice(11), '21:00:00Z', 'Moscow is three hours ahead');
  assert.ok(answer.slots.every((/** @type {any} */ slot) => slot.free === 2));

  const [, , , first] = answer.slots; /* 01:30 to 02:30 */
  await book(Date.parse(first.starts_at), { time_zone: 'UTC' });
  await book(Date.parse(first.starts_at), { time_zone: 'UTC' });
  const free = async (/** @type {object} */ fields) => (await ask(fields)).answer.slots.slice(0, 7).map((/** @type {any} */ s) => s.free);
  assert.deepEqual(await free({}), [2, 2, 0, 0, 0, 2, 2]);
  assert.deepEqual(await free({ duration_minutes: 30 }), [2, 2, 2, 0, 0, 2, 2], 'a shorter one fits before');
  const inUtc = (await ask({ time_zone: 'UTC' })).answer;
  assert.deepEqual([inUtc.time_zone, inUtc.rc_time_zone, inUtc.slots[0].starts_at.slice(11)], ['UTC', 'Europe/Moscow', '00:00:00Z']);

  const today = (await ask({ date: written(Date.now()).date, time_zone: 'UTC' })).answer.slots;
  assert.ok(today.every((/** @type {any} */ slot) => Date.parse(slot.starts_at) >= Date.now() - MINUTE), 'what has passed is left out');
  assert.deepEqual((await ask({ date: written(Date.now() - 3 * DAY).date })).answer.slots, []);
  assert.deepEqual((await ask({ date: written(Date.now() + 90 * DAY).date })).answer.slots, [], 'past the horizon');
});

test('a full time is TIME_NOT_AVAILABLE with the nearest alternatives, which can be booked', async t => {
  const { book, client } = await startRiver(t, { settings: { session_minutes: 30 } });
  const at = roundTime(5 * HOUR, 60);
  assert.equal((await book(at)).status, 200);
  const { status, answer } = await book(at);
  assert.deepEqual([status, answer.msg], [409, 'TIME_NOT_AVAILABLE']);
  assert.deepEqual(answer.alternatives.map((/** @type {any} */ a) => (Date.parse(a.starts_at) - at) / MINUTE), [-30, 30, -45]);
  for (const { date, time, starts_at } of answer.alternatives.slice(0, 2)) {
    const booked = await client.ask('PLAN_SESSION', { rc_name: 'River', date, time });
    assert.deepEqual([booked.status, booked.answer.starts_at], [200, starts_at]);
  }
  assert.equal((await book(at + 29 * MINUTE)).status, 409, 'neighbours do not overlap');
});

/** The last Sunday of that month that is next to come, at midnight UTC. @param {number} month from 0 */
function nextLastSunday(month) {
  for (let year = new Date().getUTCFullYear(); ; year++) {
    const last = new Date(Date.UTC(year, month + 1, 0));
    const sunday = last.getTime() - last.getUTCDay() * DAY;
    if (sunday > Date.now() + DAY) return sunday;
  }
}

test('on the days of clock changes a time is refused that is skipped, and the first is meant of two', async t => {
  const { client } = await startRiver(t, { settings: { time_zone: 'Europe/Berlin', horizon_days: 366, booking_step_minutes: 30 } });
  const [spring, autumn] = [nextLastSunday(2), nextLastSunday(9)];
  const book = (/** @type {number} */ day, /** @type {string} */ time) =>
    client.ask('PLAN_SESSION', { rc_name: 'River', date: written(day).date, time, duration_minutes: 30 });
  const times = async (/** @type {number} */ day) =>
    (await client.ask('GET_AVAILABILITY', { rc_name: 'River', date: written(day).date })).answer.slots.map((/** @type {any} */ s) => s.time);

  const skipped = await book(spring, '02:30');
  assertRefused(skipped, 400, 'BAD_REQUEST', 'time');
  assert.match(skipped.answer.reason, /03:00/, 'it names the next time that exists');
  assert.equal((await book(spring, '03:00')).answer.starts_at, instant(spring + HOUR));
  assert.equal((await times(spring)).length, 46);
  assert.ok(!(await times(spring)).includes('02:30'));

  assert.equal((await book(autumn, '02:30')).answer.starts_at, instant(autumn + 30 * MINUTE), 'summer time');
  assert.equal((await book(autumn, '03:00')).answer.starts_at, instant(autumn + 2 * HOUR));
  const offered = await times(autumn);
  assert.equal(new Set(offered).size, offered.length, 'no time is offered that could be two');
  assert.equal(offered.length, 48);
  const { answer } = await book(autumn, '02:30');
  assert.equal(answer.msg, 'TIME_NOT_AVAILABLE');
  for (const { date, time, starts_at } of answer.alternatives)
    assert.equal((await client.ask('PLAN_SESSION', { rc_name: 'River', date, time, duration_minutes: 30 })).answer.starts_at, starts_at);
});

test('one RC may have rules of its own', async t => {
  const rcs = { River: { session_minutes: 20, min_session_minutes: 10, booking_step_minutes: 20, time_zone: 'Asia/Vladivostok' } };
  const { client, files, streamers, health } = await startRiver(t, { settings: { rcs, time_zone: 'UTC' } });
  files.writeServers([listed(streamers[0], 'River'), listed({ name: 'park-1', port: streamers[0].port }, 'Park')]);
  await until(async () => (await health()).servers === 2, { what: 'the new list' });
  const { date } = written(Date.now() + 3 * DAY);
  const slots = async (/** @type {string} */ rc_name) => (await client.ask('GET_AVAILABILITY', { rc_name, date })).answer;
  const [river, park] = [await slots('River'), await slots('Park')];
  assert.deepEqual([river.slots.length, river.duration_minutes, river.rc_time_zone], [72, 20, 'Asia/Vladivostok']);
  assert.equal(river.slots[0].starts_at.slice(11), '14:00:00Z');
  assert.deepEqual([park.slots.length, park.duration_minutes, park.rc_time_zone], [96, 60, 'UTC']);
  const book = (/** @type {string} */ rc_name, /** @type {object} */ fields) =>
    client.ask('PLAN_SESSION', { rc_name, date, time: '10:00', ...fields });
  assert.equal((await book('River', {})).answer.starts_at.slice(11), '00:00:00Z');
  assertRefused(await book('River', { duration_minutes: 21 }), 400, 'BAD_REQUEST', 'duration_minutes');
  assertRefused(await book('River', { duration_minutes: 9 }), 400, 'BAD_REQUEST', 'duration_minutes');
  assert.equal((await book('Park', { duration_minutes: 21 })).status, 200);
});

test('a repeated request_id gives the same code and key, and makes no second booking', async t => {
  const { book, restart, files } = await startRiver(t, { limits: [3] });
  const at = roundTime(HOUR);
  const request_id = 'a-click-on-the-button';
  const replies = await Promise.all(Array.from({ length: 8 }, () => book(at, { request_id })));
  const [{ answer }] = replies;
  for (const reply of replies) assert.deepEqual([reply.status, reply.answer], [200, answer]);
  await restart();
  assert.deepEqual((await book(at, { request_id })).answer, answer);
  assert.equal(files.readPlan().length, 1);
  assert.notEqual((await book(at, { request_id: 'another-click' })).answer.code, answer.code);
});

test('CANCEL_SESSION wants the key, frees the time, and ends the code', async t => {
  const { book, come, client, files } = await startRiver(t);
  const at = roundTime(HOUR);
  const { code, key } = (await book(at)).answer;
  assert.equal((await book(at)).status, 409);
  assertRefused(await client.ask('CANCEL_SESSION', { code, key: 'wrong' }), 403, 'FORBIDDEN', 'key');
  assert.equal((await book(at)).status, 409, 'nothing was freed');
  const { status, answer } = await client.ask('CANCEL_SESSION', { code, key });
  assert.deepEqual([status, answer.msg], [200, 'SESSION_CANCELLED']);
  assert.deepEqual(files.readPlan().map(({ state, reason }) => [state, reason]), [['ended', 'cancelled']]);
  assertRefused(await come(code), 404, 'SESSION_NOT_EXIST');
  assertRefused(await client.ask('CANCEL_SESSION', { code, key }), 404, 'SESSION_NOT_EXIST');
  assert.equal((await book(at)).status, 200, 'the time is free again');
});

test('a code that is early says when; it goes on from its time: the first is host, the others guests', async t => {
  const plan = [planned(2500, 30 * MINUTE)];
  const [{ code, id, starts_at, ends_at }] = plan;
  const { come, client, streamers, files } = await startRiver(t, { plan });
  const early = await come(code);
  assert.deepEqual([early.status, early.answer.msg, early.answer.starts_at], [409, 'SESSION_NOT_STARTED', starts_at]);
  assert.equal(early.headers['retry-after'], String(early.answer.retry_after_seconds));
  assert.equal(streamers[0].count('START_SESSION'), 0);
  const host = await until(async () => {
    const reply = await come(code, { name: 'Анна' });
    return reply.status === 200 && reply;
  });
  assert.ok(Date.now() >= Date.parse(starts_at));
  assert.deepEqual([host.answer.role, host.answer.session, host.answer.code, host.answer.ends_at], ['host', id, code, ends_at]);
  const guest = await come(code);
  assert.deepEqual([guest.answer.role, guest.answer.session], ['guest', id]);
  assert.equal(streamers[0].count('START_SESSION'), 1);
  const [asked] = streamers[0].requests.filter(({ verb }) => verb === 'START_SESSION');
  assert.deepEqual([asked.session, asked.code, asked.ends_at], [id, code, ends_at]);
  await until(() => files.readPlan()[0].server_name === 'river-1', { what: 'the plan knows where it runs' });
  assert.equal(files.readPlan()[0].state, 'running');
  assertRefused(await client.ask('CANCEL_SESSION', { code, key: 'x' }), 403, 'FORBIDDEN', 'key');
  streamers[0].end(id);
  await until(async () => (await come(code)).answer.msg === 'SESSION_NOT_EXIST', { what: 'the code ends with its session' });
});

test('those who come at once start one session; one of them is host', async t => {
  const plan = [planned(-1000, 30 * MINUTE)];
  const { come, streamers } = await startRiver(t, { plan, limits: [2, 2] });
  const replies = await Promise.all(Array.from({ length: 12 }, () => come(plan[0].code)));
  assert.ok(replies.every(({ status, answer }) => status === 200 && answer.session === plan[0].id));
  assert.deepEqual(replies.map(({ answer }) => answer.role).sort(), ['guest', 'guest', 'guest', 'guest', 'guest', 'guest',
    'guest', 'guest', 'guest', 'guest', 'guest', 'host']);
  assert.equal(streamers[0].sessions.size + streamers[1].sessions.size, 1);
  assert.equal(streamers[0].count('START_SESSION') + streamers[1].count('START_SESSION'), 1);
});

test('when no server can start a booked session it is not lost: its code works later', async t => {
  const plan = [planned(-1000, 30 * MINUTE)];
  const { come, streamers, walkIn } = await startRiver(t, { plan });
  streamers[0].starting = 'fails';
  const { status, answer } = await come(plan[0].code);
  assert.deepEqual([status, answer.msg], [503, 'SERVERS_UNREACHABLE']);
  assert.equal((await walkIn()).status, 503, 'its place stays its own');
  streamers[0].starting = 'right';
  assert.equal((await come(plan[0].code)).answer.role, 'host');
});

test('a booking whose place is still used by the session before waits for it', async t => {
  const plan = [planned(-1000, 30 * MINUTE)];
  const { come, client, streamers } = await startRiver(t, { plan });
  streamers[0].sessions.set('before', { session: 'before', code: '0000', rc_name: 'River', starts_at: instant(Date.now()),
    ends_at: instant(Date.now() + MINUTE) });
  streamers[0].change();
  await until(async () => (await client.ask('GET_SERVERS', { range: '0-0' })).answer.servers[0].state === 'busy');
  const coming = come(plan[0].code);
  await until(async () => (await client.ask('CONNECT_SESSION_WITH_CODE', { code: 'x' })).status === 400);
  assert.equal(streamers[0].count('START_SESSION'), 0);
  streamers[0].end('before');
  const { status, answer } = await coming;
  assert.deepEqual([status, answer.role, answer.session], [200, 'host', plan[0].id]);
});

test('a walk-in never takes what a booking needs: it is shorter, or refused when that is too short', async t => {
  const booking = Math.ceil((Date.now() + 20 * MINUTE) / MINUTE) * MINUTE;
  const { book, walkIn, streamers, come } = await startRiver(t, { settings: { min_session_minutes: 10 } });
  const { code, starts_at } = (await book(booking)).answer;
  const { status, answer } = await walkIn();
  assert.deepEqual([status, answer.ends_at], [200, starts_at], 'told in ends_at');
  assert.equal(streamers[0].requests.find(({ verb }) => verb === 'START_SESSION').ends_at, starts_at, 'and enforced by the streamer');
  assert.equal((await come(code)).answer.msg, 'SESSION_NOT_STARTED');
  streamers[0].end(answer.session);
  await until(async () => (await walkIn({ duration_minutes: 15 })).status === 200, { what: 'what asks for less gets all of it' });
  streamers[0].end([...streamers[0].sessions.keys()][0]);
  const sooner = Math.ceil((Date.now() + 7 * MINUTE) / MINUTE) * MINUTE;
  await until(async () => (await book(sooner, { duration_minutes: 10 })).status === 200, { what: 'the time before is free again' });
  const refused = await walkIn();
  assert.deepEqual([refused.status, refused.answer.msg], [503, 'SERVERS_BUSY']);
  assert.equal(refused.headers['retry-after'], String(refused.answer.retry_after_seconds));
});

test('a booking that nobody comes for is given up, and its time is free', async t => {
  const plan = [planned(-MINUTE + 2500, 30 * MINUTE)];
  const { come, walkIn, files } = await startRiver(t, { plan, settings: { no_show_minutes: 1 } });
  assert.equal((await walkIn()).status, 503, 'until then the place is kept');
  await until(async () => (await walkIn()).status === 200, { what: 'the no-show is given up' });
  assert.deepEqual(files.readPlan()[0].reason, 'no_show');
  assertRefused(await come(plan[0].code), 404, 'SESSION_NOT_EXIST');
});

test('a session that ends early frees the rest of its time', async t => {
  const { walkIn, book, streamers, files } = await startRiver(t);
  const { session } = (await walkIn()).answer;
  const at = roundTime(30 * MINUTE, 1);
  assertRefused(await book(at), 409, 'TIME_NOT_AVAILABLE');
  streamers[0].end(session);
  await until(async () => (await book(at)).status === 200, { what: 'the rest is free' });
  /* It may be written after the booking, if its beginning was still on its way to disk. */
  const record = await until(() => files.readPlan().find(({ id, state }) => id === session && state === 'ended'));
  assert.equal(record.reason, 'users_left');
});

test('the plan says why a session ended: in the words of the contract alone', async t => {
  const { walkIn, streamers, files } = await startRiver(t);
  for (const [said, written] of [
    ['inactive', 'inactive'],
    ['app_failed', 'app_failed'],
    ['<boredom>', 'ended'],
  ]) {
    const { session } = (await walkIn()).answer;
    streamers[0].end(session, said);
    const record = await until(() => files.readPlan().find(({ id, state }) => id === session && state === 'ended'));
    assert.equal(record.reason, written);
  }
});

test('when capacity falls below what is booked the log says so, and nobody is dropped', async t => {
  const { book, come, client, files, streamers, coordinator } = await startRiver(t, { limits: [1, 1] });
  const at = roundTime(HOUR);
  const bookings = [(await book(at)).answer, (await book(at)).answer];
  files.writeServers([listed(streamers[0], 'River')]);
  await coordinator.waitFor(/ overbooked rc=River capacity=1 /);
  for (const { code } of bookings) assert.equal((await come(code)).answer.msg, 'SESSION_NOT_STARTED');
  await client.ask('CANCEL_SESSION', bookings[0]);
  assertRefused(await book(at), 409, 'TIME_NOT_AVAILABLE');
  const from = coordinator.log.length;
  files.writeServers([listed(streamers[0], 'Park')]);
  await coordinator.waitFor(/ overbooked rc=River capacity=0 /, { from });
  assert.equal((await come(bookings[1].code)).answer.msg, 'SESSION_NOT_STARTED');
  files.writeServers([listed(streamers[0], 'River'), listed(streamers[1], 'River')]);
  await until(async () => (await book(at)).status === 200, { what: 'the second place is back' });
});
