// @ts-check
// The waiting line: who is next, what a place is worth, and what it is not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE, planned, startRiver } from './lib/planning.mjs';
import { slowness, until } from './lib/programs.mjs';

/** @typedef {import('./lib/fake_streamer.mjs').FakeStreamer} FakeStreamer */

/**
 * "River" with one place on one server, which is taken.
 * @param {import('node:test').TestContext} t
 * @param {{ settings?: object, plan?: import('./lib/planning.mjs').PlanRecord[], limits?: number[] }} [options]
 */
async function startBusy(t, options = {}) {
  const river = await startRiver(t, options);
  const { client, streamers, walkIn } = river;
  const sessions = await Promise.all(
    streamers.flatMap(({ limit }) => Array.from({ length: limit }, async () => (await walkIn()).answer.session)),
  );
  return {
    ...river,
    streamer: streamers[0],
    sessions,
    /** A place at the end of the line. @returns {Promise<string>} */
    join: async () => (await walkIn({ wait_seconds: 0 })).answer.place,
    /** One who waits, and what becomes of it. @param {object} [fields] */
    wait: (fields = {}) => walkIn({ wait_seconds: 30, ...fields }),
    /** What newcomers are told of River. */
    river: async () => (await client.ask('GET_RCS')).answer.rcs[0],
    /** Waits until so many stand in the line. @param {number} count */
    length: count =>
      until(async () => (await client.ask('GET_RCS')).answer.rcs[0].waiting === count, { what: `${count} in the line` }),
    /** The next word of a place, after the cursor. @param {string} place @param {string} [cursor] */
    hear: async (place, cursor) => {
      for (;;) {
        const { answer } = await client.ask('POLL_EVENTS', { place, cursor, wait_seconds: 10 });
        const told = answer.events.find((/** @type {any} */ event) => event.msg === 'PLACE_IN_LINE');
        if (told) return { ...told, cursor: answer.cursor };
        cursor = answer.cursor;
      }
    },
  };
}

test('who waits gets the next free server, the first who came first', async t => {
  const { wait, streamer, sessions, length } = await startBusy(t);
  const first = wait();
  await length(1);
  const second = wait();
  await length(2);
  streamer.end(sessions[0]);
  const { status, answer } = await first;
  assert.deepEqual([status, answer.msg, answer.role], [200, 'SESSION_CONNECTION_DATA', 'host']);
  await length(1);
  streamer.end(answer.session);
  assert.equal((await second).status, 200);
  await length(0);
});

test('a wait that ends gives the place, the position and an estimate, and the place goes on', async t => {
  const { join, walkIn, streamer, sessions, length } = await startBusy(t, { settings: { session_minutes: 30 } });
  const first = await walkIn({ wait_seconds: 0 });
  assert.deepEqual([first.status, first.answer.msg, first.answer.position], [503, 'SERVERS_BUSY', 1]);
  assert.match(first.answer.place, /^[0-9a-f]{32}$/);
  const estimate = first.answer.estimated_wait_seconds;
  assert.ok(estimate > 29 * 60 && estimate <= 31 * 60, `the running session has half an hour: ${estimate}`);
  assert.ok(Date.parse(first.answer.place_expires_at) > Date.now());
  await join();
  const asked = Date.now();
  const again = await walkIn({ place: first.answer.place, wait_seconds: 1 });
  assert.ok(Date.now() - asked >= 990);
  assert.deepEqual([again.answer.place, again.answer.position], [first.answer.place, 1]);
  await length(2);
  const waiting = walkIn({ place: first.answer.place, wait_seconds: 30 });
  streamer.end(sessions[0]);
  assert.equal((await waiting).status, 200);
});

test('positions are pushed to who has the place, once for each, and to nobody else', async t => {
  const { join, hear, client } = await startBusy(t);
  const [first, second, third] = [await join(), await join(), await join()];
  const told = await hear(third);
  assert.deepEqual([told.place, told.position], [third, 3]);
  assert.ok(told.estimated_wait_seconds > 0);
  const next = hear(third, told.cursor);
  const { answer } = await client.ask('LEAVE_LINE', { place: first });
  assert.equal(answer.msg, 'LINE_LEFT');
  const moved = await next;
  assert.equal(moved.position, 2);
  const { answer: quiet } = await client.ask('POLL_EVENTS', { place: third, cursor: moved.cursor, wait_seconds: 1 });
  assert.deepEqual(quiet.events.filter((/** @type {any} */ event) => event.msg === 'PLACE_IN_LINE'), [], 'not told twice');
  assert.equal((await hear(second)).position, 1);
  for (const place of [undefined, 'f'.repeat(32)]) {
    const { events } = (await client.ask('POLL_EVENTS', { place, cursor: '-' })).answer;
    assert.ok(events.every((/** @type {any} */ event) => event.msg !== 'PLACE_IN_LINE'));
  }
});

test('a free server is held for who has just lost the connection; a newcomer does not get it', async t => {
  const { join, walkIn, hear, streamer, sessions, river } = await startBusy(t, { settings: { offer_seconds: 30 } });
  const place = await join();
  const told = await hear(place);
  streamer.end(sessions[0]);
  const turn = await hear(place, told.cursor);
  assert.equal(turn.position, 0, 'it is their turn');
  const { free, waiting } = await river();
  assert.deepEqual([free, waiting], [0, 1], 'nothing is free for newcomers');
  for (const fields of [{}, { wait_seconds: 0 }]) assert.equal((await walkIn(fields)).status, 503);
  assert.equal((await walkIn({ place })).status, 200);
});

test('who does not come when called is passed over, and is the first again when back', async t => {
  const settings = { offer_seconds: 1, place_seconds: 60 };
  const { join, wait, streamer, sessions, length, walkIn } = await startBusy(t, { settings });
  const absent = await join();
  const present = wait();
  await length(2);
  const freed = Date.now();
  streamer.end(sessions[0]);
  const { status, answer } = await present;
  const took = Date.now() - freed;
  assert.equal(status, 200);
  assert.ok(took >= 990 && took < 3000 * slowness, `held for a second: ${took} ms`);
  const late = wait();
  await length(2);
  const back = walkIn({ place: absent, wait_seconds: 30 });
  assert.equal((await walkIn({ wait_seconds: 0 })).answer.position, 3);
  streamer.end(answer.session);
  const second = await back;
  assert.equal(second.status, 200);
  streamer.end(second.answer.session);
  assert.equal((await late).status, 200);
});

test('the same place from elsewhere takes over; the one before is answered', async t => {
  const { walkIn, join } = await startBusy(t);
  const place = await join();
  const before = walkIn({ place, wait_seconds: 30 });
  /* Whichever comes second stays; the other is answered at once. */
  const after = walkIn({ place, wait_seconds: 30 });
  const { status, answer } = await Promise.race([before, after]);
  assert.deepEqual([status, answer.place, answer.position], [503, place, 1]);
});

test('a place that nobody asks for is lost, and those behind move up', async t => {
  const { join, hear, walkIn } = await startBusy(t, { settings: { place_seconds: 5 } });
  const lost = await join();
  const kept = await join();
  let told = await hear(kept);
  assert.equal(told.position, 2);
  const keep = setInterval(() => void walkIn({ place: kept, wait_seconds: 0 }).catch(() => {}), 1000);
  t.after(() => clearInterval(keep));
  told = await hear(kept, told.cursor);
  assert.equal(told.position, 1);
  clearInterval(keep);
  const { answer } = await walkIn({ place: lost, wait_seconds: 0 });
  assert.notEqual(answer.place, lost);
  assert.equal(answer.position, 2, 'at the end');
});

/**
 * Somebody in the line whose server is starting up, until `go` is called.
 * @param {import('node:test').TestContext} t @param {object} [settings]
 */
async function startStarting(t, settings) {
  const busy = await startBusy(t, { settings });
  const { client, streamer, sessions, join } = busy;
  const place = await join();
  /** @type {() => void} */
  let go = () => {};
  streamer.beforeStart = () => new Promise(settle => (go = () => settle(undefined)));
  const leaving = new AbortController();
  const asked = client.ask('START_SESSION', { rc_name: 'River', place, wait_seconds: 30 }, { signal: leaving.signal });
  streamer.end(sessions[0]);
  await until(() => streamer.count('START_SESSION') === 2, { what: 'the start' });
  return {
    ...busy,
    place,
    asked,
    leave: () => leaving.abort(),
    go: () => {
      streamer.beforeStart = async () => {};
      go();
    },
  };
}

test('who is lost while a server starts up for them comes back to the same start', async t => {
  const { asked, leave, go, place, walkIn, streamer, health } = await startStarting(t);
  leave();
  await assert.rejects(asked);
  await until(async () => (await health()).waiting === 0, { what: 'the request is dropped' });
  const back = walkIn({ place });
  await until(async () => (await health()).waiting === 1, { what: 'the visitor is back' });
  go();
  const { status, answer } = await back;
  assert.equal(status, 200);
  assert.deepEqual([...streamer.sessions.keys()], [answer.session]);
  assert.equal(streamer.count('START_SESSION'), 2, 'the first visitor\'s, and one for the line');
  const again = await walkIn({ place });
  assert.deepEqual([again.status, again.answer.session, again.answer.role], [200, answer.session, 'host'],
    'who lost the answer gets the same session');
});

test('a session that nobody comes for is ended, and the next in the line gets a server', async t => {
  const { asked, leave, go, wait, streamer, length, health } = await startStarting(t, { offer_seconds: 1 });
  const next = wait();
  await length(1);
  leave();
  await assert.rejects(asked);
  await until(async () => (await health()).waiting === 1, { what: 'the request is dropped' });
  go();
  const { status, answer } = await next;
  assert.equal(status, 200);
  assert.ok(streamer.count('END_SESSION') >= 1);
  assert.deepEqual([...streamer.sessions.keys()], [answer.session]);
});

test('who leaves the line while a server starts up leaves no session behind', async t => {
  const { asked, go, client, place, streamer, length } = await startStarting(t);
  await client.ask('LEAVE_LINE', { place });
  assert.equal((await asked).status, 503);
  go();
  await until(() => streamer.count('END_SESSION') >= 1 && streamer.sessions.size === 0, { what: 'no session' });
  await length(0);
});

test('when a start fails the visitor stays the first, and gets the server that works again', async t => {
  const { wait, streamer, sessions, length } = await startBusy(t);
  streamer.starting = 'fails';
  const first = wait();
  await length(1);
  const second = wait();
  await length(2);
  streamer.end(sessions[0]);
  await until(() => streamer.count('START_SESSION') >= 3, { what: 'more than one try' });
  streamer.starting = 'right';
  const { status, answer } = await first;
  assert.equal(status, 200);
  streamer.end(answer.session);
  assert.equal((await second).status, 200);
});

/** What the streamer was last told of who waits for it, in seconds; undefined: nobody does. @param {FakeStreamer} streamer */
const wanted = streamer => streamer.requests.findLast(({ verb }) => verb === 'GET_STATUS').wanted_seconds;

test('a busy server is told that somebody waits for it, as long as somebody does', async t => {
  const { join, client, streamer, length } = await startBusy(t, { settings: { status_wait_seconds: 1 } });
  assert.ok(streamer.requests.every(({ wanted_seconds }) => wanted_seconds === undefined), 'nobody waits');
  const place = await join();
  await until(() => wanted(streamer) > 1, { what: 'the streamer is told, for longer than until the next time' });
  assert.ok(wanted(streamer) <= 120);
  await client.ask('LEAVE_LINE', { place });
  await length(0);
  await until(() => wanted(streamer) === undefined, { what: 'nobody waits any more' });
});

test('one that keeps a session of people who are away is told at once', async t => {
  const { wait, streamer, sessions } = await startBusy(t, { limits: [2] });
  streamer.keep(sessions[0]);
  const asked = streamer.count('GET_STATUS');
  await until(() => streamer.count('GET_STATUS') > asked, { what: 'its next status is asked for' });
  assert.equal(wanted(streamer), undefined);
  const waiting = wait();
  await until(() => wanted(streamer) > 0, { what: 'the streamer is told, though its status is not due' });
  streamer.end(sessions[0]);
  assert.equal((await waiting).status, 200);
});

test('a busy server is told of somebody whose booking has begun, too', async t => {
  const { come, client, streamers } = await startRiver(t, { plan: [planned(0, 10 * MINUTE, { code: '1234' })] });
  const [streamer] = streamers;
  const rest = { code: '4321', rc_name: 'River', starts_at: '2026-01-01T00:00:00Z', ends_at: '2037-01-01T00:00:00Z' };
  streamer.sessions.set('anybodys', { session: 'anybodys', ...rest });
  streamer.keep('anybodys');
  await until(async () => (await client.ask('GET_RCS')).answer.rcs[0].free === 0, { what: 'the place is taken' });
  const coming = come('1234');
  await until(() => wanted(streamer) > 0, { what: 'the streamer is told' });
  streamer.end('anybodys');
  assert.equal((await coming).status, 200);
});

test('bookings come before the line, and the line before newcomers', async t => {
  const plan = [planned(3_000, 10 * MINUTE, { code: '1234' })];
  const { walkIn, come, streamers, client } = await startRiver(t, { plan, settings: { min_session_minutes: 5 } });
  const first = walkIn({ wait_seconds: 30 });
  await until(async () => (await client.ask('GET_RCS')).answer.rcs[0].waiting === 1, { what: 'one in the line' });
  assert.equal(streamers[0].count('START_SESSION'), 0, 'the only server is free, and needed in a moment');
  const booked = await until(
    async () => {
      const reply = await come('1234');
      return reply.status === 200 && reply;
    },
    { what: 'the booking begins' },
  );
  assert.equal(booked.answer.role, 'host');
  streamers[0].end(booked.answer.session);
  /* The one in the line, and not this one, gets the rest of the booking's time. */
  assert.equal((await walkIn()).status, 503);
  assert.equal((await first).status, 200);
});

test('the line has an end, and says so', async t => {
  const { join, walkIn, river } = await startBusy(t, { settings: { line_limit: 2 } });
  const places = [await join(), await join()];
  const { status, answer } = await walkIn({ wait_seconds: 0 });
  assert.deepEqual([status, answer.msg, answer.place], [503, 'SERVERS_BUSY', undefined]);
  assert.match(answer.reason, /line is full/);
  assert.equal((await river()).waiting, 2);
  assert.equal((await walkIn({ place: places[1], wait_seconds: 0 })).answer.position, 2, 'whoever is in it stays');
});

test('a stop answers everybody in the line', async t => {
  const { wait, length, coordinator } = await startBusy(t);
  const waiting = [wait(), wait(), wait()];
  await length(3);
  await coordinator.stop();
  for (const { status } of await Promise.all(waiting)) assert.equal(status, 503);
});

test('without wait_seconds nobody is put into the line', async t => {
  const { walkIn, river } = await startBusy(t);
  const { status, answer } = await walkIn();
  assert.deepEqual([status, answer.place, answer.position], [503, undefined, undefined]);
  assert.equal((await river()).waiting, 0);
});

test('the application is told what its visitor reads: of a newcomer, of who waited, of who begins a booking', async t => {
  const plan = [planned(-MINUTE, 10 * MINUTE, { code: '0815' })];
  const { client, streamers, walkIn, come } = await startRiver(t, { limits: [2], plan });
  const languages = () => streamers[0].requests.filter(({ verb }) => verb === 'START_SESSION').map(({ language }) => language);
  const { answer: first } = await walkIn({ language: 'ru' });
  await come('0815', { language: 'pt-BR' });
  const { answer: busy } = await walkIn({ language: 'ru', wait_seconds: 0 });
  const waiting = walkIn({ language: 'de', wait_seconds: 30, place: busy.place });
  await until(async () => (await client.ask('GET_RCS')).answer.rcs[0].waiting === 1);
  streamers[0].end(first.session);
  assert.equal((await waiting).status, 200);
  assert.deepEqual(languages(), ['ru', 'pt-BR', 'de'], 'as they said it last');
});

test('who says no language is asked none, and what is none is refused', async t => {
  const { walkIn, come, streamers } = await startRiver(t);
  for (const ask of [() => walkIn({ language: '--night' }), () => come('0000', { language: 'ru_RU' })]) {
    const { status, answer } = await ask();
    assert.deepEqual([status, answer.msg, answer.field], [400, 'BAD_REQUEST', 'language']);
  }
  assert.equal((await walkIn()).status, 200);
  assert.deepEqual(streamers[0].requests.filter(({ verb }) => verb === 'START_SESSION').map(request => 'language' in request), [false]);
});
