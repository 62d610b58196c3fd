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

test('both are started anew, one after the other: no session is lost and no request refused', { skip }, async t => {
  const several = await startSeveral(t, { database: fresh(), limits: [1, 3, 8] });
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
