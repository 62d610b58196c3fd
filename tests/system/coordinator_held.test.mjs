// @ts-check
// What one client can take: nobody has all bookings, codes, servers or places in line, whoever comes then gets theirs, and
// operators end at once what somebody holds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Client, request } from './lib/client.mjs';
import { Database, hasDatabase, startShared } from './lib/database.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { DAY, HOUR, instant, MINUTE, roundTime, startRiver, written } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { operatorTicket } from './lib/staff.mjs';

/** @typedef {import('./lib/client.mjs').Reply} Reply */

const limits = { exempt: [], plan_burst: 100_000, start_burst: 100_000 };

/** @param {Reply} reply */
const told = ({ status, answer }) => [status, answer.msg];
/** @param {Reply} reply */
const refusal = ({ status, answer }) => [status, answer.msg, answer.field];

/**
 * Somebody who comes from that address.
 * @param {import('./lib/programs.mjs').Scope} scope @param {import('./lib/nginx.mjs').Nginx} nginx @param {string} localAddress
 */
function person(scope, nginx, localAddress) {
  const client = new Client(`${nginx.url}api`, { ca: nginx.ca, localAddress });
  onEnd(scope, () => client.close());
  return {
    /** @param {string} verb @param {object} [fields] */
    ask: (verb, fields = {}) => client.ask(verb, { ...fields }),
    /** @param {number} at @param {object} [fields] */
    book: (at, fields = {}) => client.ask('PLAN_SESSION', { rc_name: 'River', ...written(at), duration_minutes: 5, ...fields }),
    /** @param {object} [fields] */
    start: (fields = {}) => client.ask('START_SESSION', { rc_name: 'River', ...fields }),
  };
}

/** @typedef {ReturnType<typeof person>} Person */

/**
 * River with people of any address.
 * @param {import('node:test').TestContext} t
 * @param {Omit<NonNullable<Parameters<typeof startRiver>[1]>, 'settings'> & { limits?: number[], held?: object, settings?: object }} [options]
 */
async function startHeld(t, { held = {}, settings = {}, ...options } = {}) {
  const river = await startRiver(t, { ...options, settings: { limits: { ...limits, ...held }, ...settings } });
  return { ...river, person: (/** @type {string} */ address) => person(t, river.nginx, address) };
}

/** Does it until it is refused; returns what was got, and the refusal. @param {(i: number) => Promise<Reply>} what */
async function untilRefused(what, most = 20_000) {
  /** @type {any[]} */
  const got = [];
  for (let i = 0; i < most; i++) {
    const reply = await what(i);
    if (reply.status !== 200) return { got, refused: reply };
    got.push(reply.answer);
  }
  throw new Error(`${most} times, and never refused`);
}

test('one address that books all it can leaves codes for everybody', async t => {
  const { person: come } = await startHeld(t, { settings: { slot_minutes: 5, booking_step_minutes: 5 } });
  const greedy = come('127.1.0.1');
  const first = roundTime(2 * HOUR, 5);
  const { got, refused } = await untilRefused(i => greedy.book(first + i * 5 * MINUTE), 6000);
  assert.deepEqual(refusal(refused), [429, 'LIMIT_REACHED', 'bookings']);
  assert.match(refused.answer.reason, /^[A-Z].*\.$/);
  assert.ok(got.length >= 50, `a family's ${got.length} bookings are no trouble`);
  const stranger = come('127.2.0.1');
  assert.deepEqual(told(await stranger.book(first + 40 * DAY)), [200, 'CONNECTION_CODE']);
  assert.deepEqual(told(await stranger.start()), [200, 'SESSION_CONNECTION_DATA']);
});

test('bookings are counted by client and by network, and a cancelled one no more', async t => {
  const { person: come } = await startHeld(t, { held: { bookings: 3, neighbours: 2 } });
  const first = roundTime(2 * HOUR);
  let hour = 0;
  const book = (/** @type {string} */ address, fields = {}) => come(address).book(first + hour++ * HOUR, fields);
  const { got } = await untilRefused(() => book('127.1.0.1'));
  assert.equal(got.length, 3);
  assert.equal((await untilRefused(() => book('127.1.0.2'))).got.length, 3);
  assert.deepEqual(refusal(await book('127.1.0.3')), [429, 'LIMIT_REACHED', 'bookings']);
  assert.equal((await book('127.1.1.3')).status, 200, 'another network');
  assert.equal((await come('127.9.9.9').ask('CANCEL_SESSION', { code: got[0].code, key: got[0].key })).status, 200);
  assert.equal((await book('127.1.0.1')).status, 200);
  assert.deepEqual(told(await book('127.1.0.1')), [429, 'LIMIT_REACHED']);
});

test('the same request is the same booking, at the limit too', async t => {
  const { person: come } = await startHeld(t, { held: { bookings: 1 } });
  const one = come('127.1.0.1');
  const at = roundTime(2 * HOUR);
  const fields = { request_id: 'd7f3a2c0-0000-4000-8000-5d0c3f1e9a7b' };
  const booked = await one.book(at, fields);
  assert.equal((await one.book(at + HOUR)).answer.msg, 'LIMIT_REACHED');
  assert.deepEqual((await one.book(at, fields)).answer, booked.answer);
});

test('networks that are exempt hold what they like', async t => {
  const { person: come } = await startHeld(t, { held: { bookings: 1, exempt: ['127.1.0.0/16'] } });
  for (let i = 0; i < 4; i++) assert.equal((await come('127.1.0.1').book(roundTime((2 + i) * HOUR))).status, 200);
});

test('a restart forgets nothing of what is held, and no address is on the disk', async t => {
  const { person: come, restart, files } = await startHeld(t, { held: { bookings: 2 }, limits: [1, 1, 1] });
  const one = come('127.1.77.201');
  for (const hours of [2, 3]) assert.equal((await one.book(roundTime(hours * HOUR))).status, 200);
  assert.equal((await one.start()).status, 200);
  await restart();
  assert.deepEqual(refusal(await one.book(roundTime(4 * HOUR))), [429, 'LIMIT_REACHED', 'bookings']);
  assert.equal((await come('127.2.0.1').book(roundTime(4 * HOUR))).status, 200);
  const text = readFileSync(files.plan, 'utf8');
  assert.ok(!text.includes('127.1.77'), 'no address');
  const records = files.readPlan().filter(({ client }) => client);
  assert.equal(new Set(records.map(({ client }) => client)).size, 2);
  assert.equal(records.length, 4);
});

test('one address cannot keep all servers', async t => {
  const { person: come, streamers } = await startHeld(t, { limits: [1, 1, 1, 1] });
  const greedy = come('127.1.0.1');
  const { got, refused } = await untilRefused(() => greedy.start());
  assert.deepEqual(refusal(refused), [429, 'LIMIT_REACHED', 'sessions']);
  assert.equal(got.length, 2, 'half of them');
  assert.equal(streamers.reduce((sum, { sessions }) => sum + sessions.size, 0), 2, 'no more was begun');
  for (const address of ['127.2.0.1', '127.3.0.1']) assert.equal((await come(address).start()).status, 200);
  assert.deepEqual(told(await come('127.4.0.1').start()), [503, 'SERVERS_BUSY']);
});

test('the only server of a complex is for whoever comes', async t => {
  const { person: come } = await startHeld(t);
  assert.equal((await come('127.1.0.1').start()).status, 200);
});

test('three cannot fill the line', async t => {
  const { person: come } = await startHeld(t, { held: { start_per_minute: 0 } });
  assert.equal((await come('127.9.0.1').start()).status, 200);
  let places = 0;
  for (const address of ['127.1.0.1', '127.2.0.1', '127.3.0.1']) {
    const greedy = come(address);
    for (let reply; places < 600; places++) {
      reply = await greedy.start({ wait_seconds: 0 });
      if (reply.answer.msg === 'SERVERS_BUSY') continue;
      assert.deepEqual(refusal(reply), [429, 'LIMIT_REACHED', 'places']);
      break;
    }
  }
  assert.ok(places > 60 && places < 300, `${places} of 500`);
  const stranger = await come('127.4.0.1').start({ wait_seconds: 0 });
  assert.equal(stranger.answer.msg, 'SERVERS_BUSY');
  assert.ok(stranger.answer.place);
});

test('who holds nothing comes before who holds some, in the line too', async t => {
  const { person: come, streamers } = await startHeld(t);
  const [greedy, stranger] = [come('127.1.0.1'), come('127.2.0.1')];
  const running = (await greedy.start()).answer;
  const waiting = [greedy.start({ wait_seconds: 60 }), greedy.start({ wait_seconds: 60 })];
  await until(async () => (await stranger.ask('GET_RCS')).answer.rcs[0].waiting === 2);
  const served = stranger.start({ wait_seconds: 60 });
  await until(async () => (await stranger.ask('GET_RCS')).answer.rcs[0].waiting === 3);
  streamers[0].end(running.session);
  const { status, answer } = await served;
  assert.equal(status, 200);
  streamers[0].end(answer.session);
  assert.equal((await Promise.race(waiting)).status, 200, 'then it is their turn');
});

test('who holds some waits when the last server becomes free, and strangers are let in', async t => {
  const { person: come, streamers } = await startHeld(t, { limits: [1, 1] });
  const [greedy, other, stranger] = [come('127.1.0.1'), come('127.2.0.1'), come('127.3.0.1')];
  await greedy.start();
  const session = (await other.start()).answer;
  const { place } = (await greedy.start({ wait_seconds: 0 })).answer;
  streamers.find(({ sessions }) => sessions.has(session.session))?.end(session.session);
  await until(async () => (await stranger.ask('GET_RCS')).answer.rcs[0].free === 1);
  const still = await greedy.start({ wait_seconds: 0, place });
  assert.deepEqual(told(still), [503, 'SERVERS_BUSY']);
  assert.match(still.answer.reason, /fewer sessions/);
  assert.equal((await stranger.start()).status, 200);
});

test('operators see who holds much, and end it at once', async t => {
  const { person: come, coordinator, files, nginx, streamers } = await startHeld(t, {
    held: { bookings: 4, sessions: 4, places: 4 },
    limits: [1, 1],
  });
  const [greedy, neighbour, stranger] = [come('127.1.0.1'), come('127.1.0.2'), come('127.2.0.1')];
  const mine = (await stranger.book(roundTime(9 * HOUR))).answer;
  for (const hours of [2, 3, 4, 5]) assert.equal((await greedy.book(roundTime(hours * HOUR))).status, 200);
  assert.equal((await greedy.book(roundTime(6 * HOUR))).status, 429);
  const theirs = (await neighbour.book(roundTime(6 * HOUR))).answer;
  const running = (await greedy.start()).answer;
  const other = (await stranger.start()).answer;
  const waiting = greedy.start({ wait_seconds: 60 });
  await until(async () => (await stranger.ask('GET_RCS')).answer.rcs[0].waiting === 1);

  const { text } = await request(`${nginx.url}metrics`, { ca: nginx.ca });
  const metrics = readMetrics(text);
  for (const [kind, most] of [['bookings', 4], ['sessions', 1], ['places', 1]])
    assert.equal(metrics.get(`vitrina_coordinator_held_most{kind="${kind}"}`), most, String(kind));
  assert.equal(metrics.get('vitrina_coordinator_held_refusals{kind="bookings"}'), 1);
  const lines = coordinator.log.match(/ much_is_held .*/g) ?? [];
  assert.equal(lines.length, 1, 'once while it lasts');
  const session = /kind=bookings by=client count=2 session=(\w+)/.exec(lines[0])?.[1];
  assert.ok(session && !lines[0].includes('127.1.0'), lines[0]);

  const { ticket: staff } = operatorTicket(files);
  assert.deepEqual(told(await stranger.ask('CANCEL_HELD', { session })), [401, 'NOT_AUTHORIZED']);
  assert.deepEqual(refusal(await stranger.ask('CANCEL_HELD', { staff })), [400, 'BAD_REQUEST', 'session']);
  const ended = await stranger.ask('CANCEL_HELD', { staff, session });
  assert.deepEqual(ended.answer, { msg: 'HELD_CANCELLED', bookings: 4, sessions: 1, places: 1, remaining: 0 });
  assert.equal((await waiting).answer.msg, 'SERVERS_BUSY');
  await coordinator.waitFor(/ staff_did .*verb=CANCEL_HELD session=\w+ bookings=4 sessions=1 places=1/);
  const runs = (/** @type {string} */ id) => streamers.some(({ sessions }) => sessions.has(id));
  assert.deepEqual([runs(running.session), runs(other.session)], [false, true]);
  assert.deepEqual(told(await stranger.ask('CANCEL_HELD', { staff, session })), [404, 'SESSION_NOT_EXIST']);
  assert.equal((await greedy.book(roundTime(2 * HOUR))).status, 200);

  const all = await stranger.ask('CANCEL_HELD', { staff, code: theirs.code, network: true });
  assert.deepEqual(all.answer, { msg: 'HELD_CANCELLED', bookings: 2, sessions: 0, places: 0, remaining: 0 });
  const left = files.readPlan().filter(({ state }) => state !== 'ended');
  assert.deepEqual(left.map(({ code }) => code).sort(), [mine.code, other.code].sort());
});

/* ---- two coordinators ---- */

const server = hasDatabase ? await Database.start({ after: fn => after(fn) }) : null;
const skip = hasDatabase ? false : 'there is no mariadbd on this machine';

test('two coordinators of one database count together, bookings and places in line', { skip }, async t => {
  const { sites, streamers } = await startShared(t, {
    database: /** @type {Database} */ (server).fresh(),
    settings: { limits: { ...limits, bookings: 3, places: 2 } },
  });
  const [here, there] = sites.map(({ nginx }) => person(t, nginx, '127.1.0.1'));
  const strangers = sites.map(({ nginx }) => person(t, nginx, '127.2.0.1'));
  assert.equal((await untilRefused(i => here.book(roundTime((2 + i) * HOUR)))).got.length, 3);
  await until(async () => (await there.book(roundTime(9 * HOUR))).answer.msg === 'LIMIT_REACHED', { what: 'the other knows' });
  assert.equal((await strangers[1].book(roundTime(9 * HOUR) + 30 * MINUTE)).status, 200);

  const running = (await strangers[0].start()).answer;
  const waiting = [here.start({ wait_seconds: 60 }), here.start({ wait_seconds: 60 })];
  await until(async () => (await there.ask('GET_RCS')).answer.rcs[0].waiting === 2, { what: 'the other knows of the line' });
  assert.deepEqual(refusal(await there.start({ wait_seconds: 0 })), [429, 'LIMIT_REACHED', 'places']);
  const last = person(t, sites[1].nginx, '127.3.0.1').start({ wait_seconds: 60 });
  await until(async () => (await here.ask('GET_RCS')).answer.rcs[0].waiting === 3);
  streamers[0].end(running.session);
  const first = (await Promise.race(waiting)).answer;
  assert.ok(first.session, 'who came first, and has nothing yet');
  await until(() => streamers[0].sessions.has(first.session));
  streamers[0].end(first.session);
  assert.equal((await last).status, 200, 'then the stranger, before the second of the same client');
});

test('what is held at another coordinator is ended with the rest', { skip }, async t => {
  const { sites } = await startShared(t, {
    database: /** @type {Database} */ (server).fresh(),
    settings: { limits },
  });
  const [here, there] = sites.map(({ nginx }) => person(t, nginx, '127.1.0.1'));
  const booked = (await here.book(roundTime(2 * HOUR))).answer;
  assert.equal((await there.book(roundTime(3 * HOUR))).status, 200);
  assert.equal((await there.start()).status, 200);
  const waiting = there.start({ wait_seconds: 60 });
  await until(async () => (await here.ask('GET_RCS')).answer.rcs[0].waiting === 1);
  const { ticket: staff } = operatorTicket(sites[0].files);
  const [from, to] = [instant(Date.now()), instant(Date.now() + DAY)];
  await until(async () => (await here.ask('LIST_BOOKINGS', { staff, from, to })).answer.bookings.length === 2);
  await until(async () => (await here.ask('LIST_SESSIONS', { staff })).answer.sessions[0]?.server_name);
  const ended = await here.ask('CANCEL_HELD', { staff, code: booked.code });
  assert.deepEqual(ended.answer, { msg: 'HELD_CANCELLED', bookings: 2, sessions: 1, places: 1, remaining: 0 });
  assert.equal((await waiting).answer.msg, 'SERVERS_BUSY');
});
