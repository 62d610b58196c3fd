// @ts-check
// Two coordinators on one database behind one web server: either may be killed, and both may be started anew, one after the
// other, while visitors go on.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Database, hasDatabase } from './lib/database.mjs';
import { HOUR, roundTime } from './lib/planning.mjs';
import { until } from './lib/programs.mjs';
import { startSeveral } from './lib/several.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/** @typedef {import('./lib/several.mjs').Several} Several */

const server = hasDatabase ? await Database.start({ after: fn => after(fn) }) : null;
const fresh = () => /** @type {Database} */ (server?.fresh());
const skip = hasDatabase ? false : 'there is no mariadbd on this machine';

for (const web of /** @type {const} */ (['nginx', 'apache']))
  test(`${web}: who was served by one that is killed goes on with the other`, { skip }, async t => {
    const several = await startSeveral(t, { database: fresh(), web, limits: [2] });
    const [one, two] = [await several.visitorOf(0), await several.visitorOf(1)];
    assert.notEqual(one.address, two.address);
    const { answer: booking } = await one.book(roundTime(HOUR));
    const { answer: session } = await one.walkIn();
    const socket = await WebSocketClient.open(t, `${several.web.url}ws`, { ca: several.web.ca, localAddress: one.address });
    assert.equal((await socket.ask('GET_RCS')).msg, 'RCS_FOUND');
    several.coordinators[0].kill();
    await several.coordinators[0].exited;
    await socket.end();

    for (const visitor of [one, two]) {
      const { status, answer } = await visitor.ask('CONNECT_SESSION_WITH_CODE', { code: session.code });
      assert.deepEqual([status, answer.session], [200, session.session]);
    }
    assert.equal((await one.ask('CONNECT_SESSION_WITH_CODE', { code: booking.code })).answer.msg, 'SESSION_NOT_STARTED');
    assert.equal((await one.ask('CANCEL_SESSION', booking)).status, 200);
    assert.equal((await one.ask('EXTEND_SESSION', { ticket: session.ticket, minutes: 5 })).status, 200);
    const again = await WebSocketClient.open(t, `${several.web.url}ws`, { ca: several.web.ca, localAddress: one.address });
    assert.equal((await again.ask('GET_RCS')).msg, 'RCS_FOUND');
    again.close();
    await again.end();

    await several.start(0);
    await until(async () => (await several.visitorOf(0)).address === one.address, { what: 'they come back to the first' });
  });

/** People who go on asking through the web server, and what they were refused. @param {import('node:test').TestContext} t @param {Several} several */
function crowd(t, several) {
  /** @type {string[]} */
  const failures = [];
  /** @type {Record<string, number>} */
  const counts = { asked: 0, booked: 0, polled: 0, sockets: 0 };
  let going = true;
  /** @type {Promise<void>[]} */
  const people = [];
  /** @param {number} address @param {(visitor: ReturnType<Several['visitor']>) => Promise<void>} live */
  const add = (address, live) => {
    const visitor = several.visitor(address);
    const go = async () => {
      while (going) await live(visitor);
    };
    people.push(go().catch(error => void failures.push(`${visitor.address}: ${error.message}`)));
  };
  /** @param {any} reply @param {string} what */
  const expect = ({ status, text }, what) => {
    if (status !== 200) failures.push(`${what}: ${status} ${text}`);
  };
  /* From many addresses, so that each coordinator has some of each kind. */
  for (let i = 0; i < 8; i++) {
    add(100 + i, async ({ ask }) => {
      expect(await ask('GET_RCS', { id: counts.asked++ }), 'GET_RCS');
    });
    add(110 + i, async ({ ask }) => {
      let cursor;
      while (going) {
        const reply = /** @type {import('./lib/client.mjs').Reply} */ (await ask('POLL_EVENTS', { cursor, wait_seconds: 1 }));
        expect(reply, 'POLL_EVENTS');
        cursor = reply.answer?.cursor;
        counts.polled++;
      }
    });
    const at = roundTime(HOUR * (2 + i));
    add(120 + i, async ({ ask, book }) => {
      const reply = await book(at);
      expect(reply, 'PLAN_SESSION');
      if (reply.status === 200) expect(await ask('CANCEL_SESSION', reply.answer), 'CANCEL_SESSION');
      counts.booked++;
    });
    add(130 + i, async ({ address }) => {
      const socket = await WebSocketClient.open(t, `${several.web.url}ws`, { ca: several.web.ca, localAddress: address });
      counts.sockets++;
      while (going && !socket.closed) {
        const answer = socket.ask('GET_RCS');
        answer.catch(() => {});
        await until(() => socket.closed || Promise.race([answer, pass(5)]));
      }
      if (socket.closed && socket.closed.code !== 1001) failures.push(`a WebSocket ended with ${socket.closed.code}`);
      socket.close();
    });
  }
  return {
    failures,
    counts,
    end: () => {
      going = false;
      return Promise.all(people);
    },
  };
}

/** @param {number} ms */
const pass = ms => new Promise(settle => setTimeout(settle, ms));

for (const web of /** @type {const} */ (['nginx', 'apache']))
  test(`${web}: both are started anew, one after the other: no session is lost and no request refused`, { skip }, async t => {
    const several = await startSeveral(t, { database: fresh(), web, limits: [1, 3, 8] });
    const visitors = [await several.visitorOf(0), await several.visitorOf(1)];
    const sessions = [];
    for (const visitor of visitors) sessions.push((await visitor.walkIn()).answer);
    const people = crowd(t, several);
    for (const i of [0, 1]) {
      const { coordinators, streamers } = several;
      const before = coordinators[i];
      /* One whose server starts up while the end comes. */
      /** @type {() => void} */
      let go = () => {};
      const held = new Promise(settle => (go = () => settle(undefined)));
      for (const streamer of streamers) streamer.beforeStart = () => held;
      const asked = streamers.reduce((sum, streamer) => sum + streamer.count('START_SESSION'), 0);
      const late = visitors[i].walkIn();
      await until(() => streamers.reduce((sum, streamer) => sum + streamer.count('START_SESSION'), 0) > asked, { what: 'the start' });
      before.signal('SIGTERM');
      await before.waitFor(/ stopping /);
      go();
      const { status, answer } = await late;
      assert.equal(status, 200, JSON.stringify(answer));
      sessions.push(answer);
      assert.deepEqual(await before.waitForExit(), { code: 0, signal: null });
      await several.start(i);
      await coordinators[i].waitFor(/verb=PLAN_SESSION/);
    }
    await people.end();
    assert.deepEqual(people.failures, []);
    t.diagnostic(JSON.stringify(people.counts));
    for (const { session, code } of sessions)
      for (const visitor of visitors) {
        const { status, answer } = await visitor.ask('CONNECT_SESSION_WITH_CODE', { code });
        assert.deepEqual([status, answer.session], [200, session]);
      }
  });

/**
 * "River" with one place, which is taken; visitors of both coordinators, and what they see of the line.
 * @param {import('node:test').TestContext} t @param {object} [settings]
 */
async function startBusy(t, settings = {}) {
  const several = await startSeveral(t, { database: fresh(), settings });
  const visitors = [await several.visitorOf(0), await several.visitorOf(1)];
  const { answer } = await visitors[0].walkIn();
  const { streamers: [streamer] } = several;
  return {
    several,
    visitors,
    streamer,
    session: answer.session,
    /** @param {number} i at which coordinator @returns {Promise<any>} a place at the end of the line */
    join: async i => (await visitors[i].walkIn({ wait_seconds: 0 })).answer,
    /** Waits until all that run see so many in the line. @param {number} count @param {number[]} [seeing] */
    length: async (count, seeing = [0, 1]) => {
      for (const i of seeing) {
        const waiting = async () => (await visitors[i].ask('GET_RCS', { id: Math.random() })).answer.rcs[0].waiting;
        await until(async () => (await waiting()) === count, { what: `${count} in the line of coordinator ${i}` });
      }
    },
  };
}

test('the line is one for both, in the order in which people came', { skip }, async t => {
  const { visitors, streamer, session, join, length } = await startBusy(t);
  /** @type {any[]} */
  const places = [];
  for (const i of [0, 1, 1, 0]) {
    places.push(await join(i));
    assert.equal(places.at(-1).position, places.length, 'whoever they asked');
    await length(places.length);
  }
  const waiting = [0, 1, 1, 0].map((i, n) => visitors[i].walkIn({ place: places[n].place, wait_seconds: 50 }));
  /** @type {number[]} */
  const served = [];
  waiting.forEach((reply, n) => void reply.then(({ status }) => status === 200 && served.push(n), () => {}));
  assert.equal((await visitors[1].walkIn()).answer.msg, 'SERVERS_BUSY');
  let running = session;
  for (const [n, reply] of waiting.entries()) {
    streamer.end(running);
    const { status, answer } = await reply;
    assert.equal(status, 200);
    running = answer.session;
    assert.deepEqual(served, [0, 1, 2, 3].slice(0, n + 1));
  }
  await length(0);
});

test('a place is kept when its coordinator is killed, and its visitor is served before who came later', { skip }, async t => {
  const { several, visitors, streamer, session, join, length } = await startBusy(t);
  const first = await join(0);
  await length(1);
  await join(1);
  await length(2);
  const later = visitors[1].walkIn({ place: (await join(1)).place, wait_seconds: 50 });
  await length(3);
  several.coordinators[0].kill();
  await several.coordinators[0].exited;
  const again = await visitors[0].walkIn({ place: first.place, wait_seconds: 0 });
  assert.deepEqual([again.answer.place, again.answer.position], [first.place, 1]);
  const waiting = visitors[0].walkIn({ place: first.place, wait_seconds: 50 });
  streamer.end(session);
  assert.equal((await waiting).status, 200);
  assert.equal((await visitors[0].walkIn({ place: first.place })).answer.session, (await waiting).answer.session);
  await several.start(0);
  await until(() => several.visitorOf(0), { what: 'they come back to the first' });
  const back = await visitors[0].walkIn({ place: first.place });
  assert.deepEqual([back.status, back.answer.session], [200, (await waiting).answer.session], 'the same session, should the answer be lost');
  streamer.end(back.answer.session);
  assert.equal((await later).status, 200);
});

test('whoever leaves the line at one leaves it at all', { skip }, async t => {
  const { visitors, join, length } = await startBusy(t);
  const { place } = await join(0);
  await length(1);
  assert.equal((await visitors[1].ask('LEAVE_LINE', { place })).answer.msg, 'LINE_LEFT');
  await length(0);
});

test('places of a coordinator that is gone for good hold the line up for offer_seconds at most, and are lost', { skip }, async t => {
  const { several, visitors, streamer, session, join, length } = await startBusy(t, { offer_seconds: 1, place_seconds: 5 });
  await join(0);
  await join(0);
  await length(2);
  const waiting = visitors[1].walkIn({ wait_seconds: 50 });
  await length(3);
  several.coordinators[0].kill();
  streamer.end(session);
  assert.equal((await waiting).status, 200);
  await length(0, [1]);
});

test('together they let no more be guessed than one alone', { skip }, async t => {
  const several = await startSeveral(t, { database: fresh(), settings: { coordinators: 64 } });
  const { answer: session } = await several.visitor(200).walkIn();
  for (const i of [0, 1]) {
    const { ask } = await several.visitorOf(i);
    /* None of them is the one that there is. */
    const wrong = [1, 2, 3, 4].map(n => String((Number(session.code) + n) % 10_000).padStart(4, '0'));
    const words = [];
    for (const code of wrong) words.push((await ask('CANCEL_SESSION', { code, key: 'guessed' })).answer.msg);
    assert.deepEqual(words, [...Array(3).fill('SESSION_NOT_EXIST'), 'TOO_MANY_ATTEMPTS'], 'the fewest that there may be');
  }
});
