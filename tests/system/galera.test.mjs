// @ts-check
// Three coordinators on a cluster of three nodes, under 64 people who book and cancel the same times: a node is killed and
// comes back, another is cut off from the rest, and all three from each other. Nothing is overbooked, nothing that was
// acknowledged is lost, no code is given twice. Two coordinators know all nodes, the third one knows HAProxy. VITRINA_GALERA_SECONDS (0: one round) makes it longer, with the time-outs
// that Galera has by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { startShared } from './lib/database.mjs';
import { Galera, noGalera } from './lib/galera.mjs';
import { noHaproxy, startAgent, startHaproxy } from './lib/haproxy.mjs';
import { DAY, HOUR, roundTime } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { assertKept, promisedTo, sumOf, Visitor } from './lib/visitors.mjs';

const SECONDS = Number(process.env.VITRINA_GALERA_SECONDS ?? 0);
const CLIENTS = 64;
const PLACES = 3;
const STARTS = 48;
/* What sanitizers find in the coordinator they find with one server, too (mysql.test.mjs). */
const skip = process.env.SANITIZERS ? 'the nodes take most of the time' : (noGalera() || noHaproxy);
const AGENT_PORT = 9200; /* in networks of their own it is free */
/* A node that is gone is noticed after one second instead of five. */
const QUICK =
  'evs.suspect_timeout=PT1S;evs.inactive_timeout=PT3S;evs.install_timeout=PT3S;evs.keepalive_period=PT0.2S;' +
  'evs.inactive_check_period=PT0.2S;evs.join_retrans_period=PT0.2S;gmcast.peer_timeout=PT1S;gmcast.time_wait=PT0.5S';

/** @typedef {import('./lib/planning.mjs').PlanRecord & { rc: number, slot_first: number, slot_end: number }} Row */

/** What a node holds, read by nothing of ours. @param {Galera['nodes'][0]} node @returns {Promise<Row[]>} */
async function readPlan(node) {
  const at = (/** @type {string} */ column) => `'${column}', DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%sZ')`;
  const same = (/** @type {string} */ column) => `'${column}', ${column}`;
  const columns = [...['id', 'code', 'request_id', 'state', 'reason', 'rc', 'slot_first', 'slot_end'].map(same), at('starts_at'), at('ends_at')];
  const rows = await node.query(`SET wsrep_sync_wait = 1; SELECT JSON_OBJECT(${columns.join()}) FROM vitrina.reservations ORDER BY id`);
  return rows.map(([text]) => JSON.parse(text));
}

/** The slots' counters that are not 0, as "RC SLOT USED", in order. @param {Galera['nodes'][0]} node */
async function readSlots(node) {
  const rows = await node.query('SET wsrep_sync_wait = 1; SELECT rc, slot, used FROM vitrina.slots WHERE used > 0');
  return rows.map(row => row.join(' ')).sort();
}

/** What they have to be. @param {Row[]} plan */
function countSlots(plan) {
  /** @type {Map<string, number>} */
  const used = new Map();
  for (const { rc, slot_first, slot_end } of plan)
    for (let slot = slot_first; slot < slot_end; slot++) used.set(`${rc} ${slot}`, (used.get(`${rc} ${slot}`) ?? 0) + 1);
  return [...used].map(([slot, count]) => `${slot} ${count}`).sort();
}

/** @param {Galera} galera @param {import('./lib/visitors.mjs').Promised[]} promised */
async function assertKeptEverywhere(galera, promised) {
  const plans = await Promise.all(galera.nodes.map(readPlan));
  for (const plan of plans) assert.deepEqual(plan, plans[0], 'all nodes hold the same');
  assertKept(plans[0], promised, PLACES);
  for (const node of galera.nodes) assert.deepEqual(await readSlots(node), countSlots(plans[0]), 'the slots say what the reservations say');
  const acknowledged = new Set(promised.map(({ request_id }) => request_id));
  assert.deepEqual(plans[0].filter(({ request_id }) => !acknowledged.has(request_id)), [], 'nothing is there that nobody was told of');
}

test('nothing is lost or taken twice while nodes die and networks break', { skip, timeout: 600_000 }, async t => {
  const galera = await Galera.start(t, { provider: SECONDS ? '' : QUICK });
  const settings = { horizon_days: 2, code_digits: 6, log_level: 'notice', access_log: false };
  const [one, two, three] = galera.nodes;
  await Promise.all(galera.nodes.map(node => startAgent(t, node, AGENT_PORT)));
  const door = await startHaproxy(t, [three, one, two].map(({ address }) => `${address}:3306`), AGENT_PORT);
  const storeOf = (/** @type {number} */ number) => (number === 2 ? { type: 'mysql', port: door, tls: false } : galera.storeOf(number));
  const { sites } = await startShared(t, { coordinators: 3, limits: Array(PLACES).fill(1), settings, database: { storeOf } });
  const first = roundTime(2 * HOUR);
  const isAnswer = (/** @type {import('./lib/client.mjs').Reply} */ { status, answer }) => status !== 502 && status !== 504 && answer && answer.msg !== 'STORE_UNAVAILABLE';
  const clients = sites.map(({ nginx }) => new Client(`${nginx.httpUrl}api`, { connections: CLIENTS }));
  const visitors = Array.from({ length: CLIENTS }, (_, number) => new Visitor({ clients, number, first, starts: STARTS, isAnswer }));
  onEnd(t, () => {
    for (const visitor of visitors) visitor.hasGone = true;
    for (const client of clients) client.close();
  });

  let goesOn = true;
  const all = Promise.all(visitors.map(visitor => visitor.run(() => goesOn)));
  all.catch(() => {}); /* told below */
  const timed = async (/** @type {string} */ what, /** @type {() => any} */ act) => {
    const begun = performance.now();
    await Promise.race([all, act()]);
    t.diagnostic(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  };
  /* Each coordinator goes on booking, also the one whose node is gone. */
  const goesOnBooking = (/** @type {string} */ when) => {
    const booked = () => clients.map((_, at) => sumOf(visitors, visitor => visitor.booked[at]));
    const before = booked();
    const isSo = () => booked().every((count, at) => count >= before[at] + 20);
    return timed(`20 bookings at each coordinator ${when}`, () => until(isSo, { what: `bookings ${when}`, timeout: 60_000 }));
  };
  const begun = performance.now();
  try {
    for (let round = 0; round === 0 || performance.now() < begun + SECONDS * 1000; round++) {
      const [dying, cut] = [galera.nodes[(round + 2) % 3], galera.nodes[(round + 1) % 3]];
      await goesOnBooking('with all nodes');
      await dying.kill();
      await goesOnBooking(`with ${dying.name} killed`);
      await timed(`${dying.name} is back`, () => dying.comeBack());
      await goesOnBooking(`with ${dying.name} back`);
      cut.cable.connect(false);
      await goesOnBooking(`with ${cut.name} cut off`);
      cut.cable.connect(true);
      await timed(`${cut.name} is with the others again`, () => galera.whole());
      for (const { cable } of galera.nodes) cable.connect(false);
      await timed('all have noticed that they are alone', () => Promise.all(galera.nodes.map(node => node.alone())));
      const replies = await Promise.all(sites.map(site => site.book(roundTime(DAY))));
      assert.deepEqual(replies.map(({ answer }) => answer.msg), Array(3).fill('STORE_UNAVAILABLE'), 'no node alone promises anything');
      for (const { cable } of galera.nodes) cable.connect(true);
      await timed('all are together again', () => galera.whole());
    }
    await goesOnBooking('at the end');
  } finally {
    goesOn = false;
  }
  await all;
  const seconds = (performance.now() - begun) / 1000;
  const promised = promisedTo(visitors);
  await assertKeptEverywhere(galera, promised);
  for (const { coordinator } of sites) assert.doesNotMatch(coordinator.log, /library_message/);
  const sum = (/** @type {'tried' | 'refused' | 'repeated'} */ what) => sumOf(visitors, visitor => visitor[what]);
  const cancelled = promised.filter(({ cancelled }) => cancelled === 'yes').length;
  const longest = Math.max(...visitors.map(visitor => visitor.longest));
  t.diagnostic(
    `${seconds.toFixed(0)} s: ${sum('tried')} bookings tried, ${promised.length} acknowledged (${cancelled} cancelled later), ` +
      `${sum('refused')} refused, ${sum('repeated')} requests sent again; the longest wait was ${(longest / 1000).toFixed(1)} s`,
  );
});
