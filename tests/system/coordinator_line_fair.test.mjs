// @ts-check
// Two hundred visitors with bad connections in one line: nobody is overtaken who was there, no server idles, and none is
// given twice.

import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { startRiver } from './lib/planning.mjs';
import { slowness, until } from './lib/programs.mjs';

const PEOPLE = 200;
const SERVERS = 5;
const OFFER_MS = 1000;

/** Random numbers that can be had again. @param {number} seed @returns {(below: number) => number} */
function dice(seed) {
  let state = seed >>> 0;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** @param {number} ms */
const pass = ms => new Promise(settle => setTimeout(settle, ms));

/**
 * @typedef {object} Visitor
 * @property {string} place
 * @property {{ from: number, to: number }[]} away  when no request of theirs waited
 * @property {string} session  that they got
 */

test('two hundred visitors with bad connections are served in the order in which they came', async t => {
  const seed = Number(process.env.VITRINA_SEED ?? Date.now() % 1e9);
  t.diagnostic(`VITRINA_SEED=${seed}`);
  const random = dice(seed);
  /* This process is the visitors and the streamers; what it does and sees is as late as it is busy. */
  const lag = monitorEventLoopDelay({ resolution: 10 });
  const limits = Array.from({ length: SERVERS }, () => 1);
  const { client, streamers, walkIn } = await startRiver(t, {
    limits,
    settings: { offer_seconds: OFFER_MS / 1000, place_seconds: 120, log_level: 'notice' },
  });
  /** When each session was asked of a streamer. @type {Map<string, { at: number, server: number }>} */
  const started = new Map();
  /** When the server's last session was over. */
  const freed = limits.map(() => 0);
  /** @type {{ server: number, from: number, to: number }[]} */
  const idle = [];
  streamers.forEach((streamer, server) => {
    streamer.beforeStart = async () => {
      const at = Date.now();
      const asked = streamer.requests.findLast(({ verb }) => verb === 'START_SESSION');
      assert.ok(!started.has(asked.session), 'asked for once');
      started.set(asked.session, { at, server });
      if (freed[server]) idle.push({ server, from: freed[server], to: at });
    };
  });
  const first = await Promise.all(limits.map(async () => (await walkIn()).answer.session));
  started.clear();

  /** @type {Visitor[]} */
  const visitors = [];
  for (let i = 0; i < PEOPLE; i++) {
    const { answer } = await walkIn({ wait_seconds: 0 });
    assert.equal(answer.position, i + 1);
    visitors.push({ place: answer.place, away: [{ from: Date.now(), to: Infinity }], session: '' });
  }

  /** A server's session is over. @param {string} session */
  const end = session => {
    const server = streamers.findIndex(({ sessions }) => sessions.has(session));
    assert.ok(server >= 0, 'the session runs');
    freed[server] = Date.now();
    streamers[server].end(session);
  };

  /** Waits, with interruptions, until let in; stays a little; leaves. @param {Visitor} visitor */
  const visit = async visitor => {
    for (let patience = 2; ; patience *= 1.5) {
      const absence = visitor.away.at(-1);
      if (absence) absence.to = Date.now();
      const connection = new AbortController();
      /* Connections last the longer the more often they broke, so that this comes to an end. */
      const cut = random(4) ? setTimeout(() => connection.abort(), random(400 * patience)) : undefined;
      const reply = await client
        .ask('START_SESSION', { rc_name: 'River', place: visitor.place, wait_seconds: 60 }, { signal: connection.signal })
        .catch(() => null);
      clearTimeout(cut);
      if (reply?.status === 200) {
        visitor.session = reply.answer.session;
        break;
      }
      if (reply) assert.deepEqual([reply.status, reply.answer.place], [503, visitor.place]);
      visitor.away.push({ from: Date.now(), to: Infinity });
      await pass(random(10) ? random(300) : OFFER_MS * 1.5 + random(1000));
    }
    await pass(50 + random(100));
    end(visitor.session);
  };

  lag.enable();
  const visits = visitors.map(visit);
  await until(async () => (await client.ask('GET_RCS')).answer.rcs[0].waiting === PEOPLE, { what: 'all in the line' });
  for (const session of first) end(session);
  await Promise.all(visits);
  lag.disable();
  const slackMs = 300 * slowness + (4 * lag.max) / 1e6;

  assert.equal(new Set(visitors.map(({ session }) => session)).size, PEOPLE, 'no session was given twice');
  const starts = streamers.reduce((sum, streamer) => sum + streamer.count('START_SESSION'), 0);
  const unclaimed = streamers.reduce((sum, streamer) => sum + streamer.count('END_SESSION'), 0);
  assert.equal(starts, first.length + PEOPLE + unclaimed, 'no start was tried in vain');

  const began = visitors.map(({ session }) => started.get(session)?.at ?? NaN);
  for (let one = 0; one < PEOPLE; one++)
    for (let other = one + 1; other < PEOPLE; other++) {
      if (began[one] <= began[other] + slackMs) continue;
      /* Who was called, or had a session, and did not come for so long, has let others pass until being back. */
      const excused = visitors[one].away.some(
        ({ from, to }) => to - from >= OFFER_MS - slackMs && to >= began[other] - slackMs && from <= began[one],
      );
      const away = visitors[one].away.map(({ from, to }) => `${from - began[other]}..${to - began[other]}`).join(' ');
      assert.ok(excused, `visitor ${one} was overtaken by ${other}, by ${began[one] - began[other]} ms; away: ${away}`);
    }

  /* A server is held for who was called for as long as OFFER_MS, and only for them it may stay free longer. */
  const last = Math.max(...began);
  for (const { server, from, to } of idle) {
    if (to > last) continue;
    const called = visitors.some(({ away }) => away.some(gone => gone.from < to && Math.min(gone.to, to) - gone.from > 500));
    const most = 1000 + (called ? OFFER_MS : 0) + slackMs;
    assert.ok(to - from <= most, `server ${server} was idle for ${to - from} ms`);
  }
  const longest = Math.max(...idle.map(({ from, to }) => to - from));
  const quick = idle.filter(({ from, to }) => to - from < 250).length;
  t.diagnostic(`slack ${Math.round(slackMs)} ms, ${unclaimed} unclaimed, longest pause ${longest} ms, ${quick} of ${idle.length} shorter than 250 ms`);
});
