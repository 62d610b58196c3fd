// @ts-check
// Acknowledged bookings a second, and how long the slowest hundredth of them took, with 1, 8 and 64 clients: the plan in a
// file, in one MariaDB, and in a Galera cluster of three under three coordinators. All through nginx. Beside each, from
// as many connections, the plain transaction in a tight loop on the same servers (book.c); for the file, a line appended and synced, one at a time.
// Usage: node booking.bench.mjs [SECONDS]

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Client } from '../system/lib/client.mjs';
import { Database, hasDatabase, startShared } from '../system/lib/database.mjs';
import { Galera, noGalera } from '../system/lib/galera.mjs';
import { DAY, roundTime, startRiver, written } from '../system/lib/planning.mjs';
import { built, ownScope, run } from '../system/lib/programs.mjs';
import { append } from './lib/disk.mjs';

const SECONDS = Number(process.argv[2] ?? 4);
const CROWDS = [1, 8, 64];
/* Nobody is refused: what is measured is taking places, not saying no. */
const SETTINGS = { code_digits: 9, log_level: 'notice', access_log: false, status_wait_seconds: 30, slot_minutes: 5 };
const LIMITS = [10_000];

const shown = (/** @type {number} */ value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value)));

/** @typedef {{ rate: number, slow: number }} Figures bookings a second; ms that 99 of 100 took at most */

/** @param {number[]} times in ms @param {number} seconds @returns {Figures} */
function figures(times, seconds) {
  times.sort((a, b) => a - b);
  return { rate: times.length / seconds, slow: times[Math.floor(times.length * 0.99)] };
}

/** Visitors who book one time after another. @param {{ nginx: { httpUrl: string } }[]} sites @param {number} crowd */
async function book(sites, crowd) {
  const clients = Array.from({ length: crowd }, (_, i) => new Client(`${sites[i % sites.length].nginx.httpUrl}api`, { connections: 1 }));
  await Promise.all(clients.map(client => client.ask('GET_RCS'))); /* connected */
  /** @type {number[]} */
  const times = [];
  const begun = performance.now();
  await Promise.all(
    clients.map(async client => {
      while (performance.now() - begun < SECONDS * 1000) {
        const at = written(roundTime(DAY) + Math.floor(Math.random() * 96) * 15 * 60_000);
        const asked = performance.now();
        const fields = { rc_name: 'River', ...at, duration_minutes: 30, request_id: randomBytes(8).toString('hex') };
        const { answer, text } = await client.ask('PLAN_SESSION', fields);
        assert.equal(answer?.msg, 'CONNECTION_CODE', text);
        times.push(performance.now() - asked);
      }
    }),
  );
  const result = figures(times, (performance.now() - begun) / 1000);
  for (const client of clients) client.close();
  return result;
}

/** The plain transaction from so many connections. @param {string[]} sockets @param {number} crowd @returns {Figures} */
function bookPlainly(sockets, crowd) {
  const { status, stdout, stderr } = run(built('book'), [String(crowd), String(SECONDS), ...sockets], { timeout: SECONDS * 1000 + 30_000 });
  assert.equal(status, 0, stderr);
  const [rate, slow] = stdout.trim().split(' ').map(Number);
  return { rate, slow };
}

/** @param {string} what @param {number} crowd @param {Figures} ours @param {Figures} plain */
const tell = (what, crowd, ours, plain) =>
  console.log(
    `${what}, ${crowd} clients: ${shown(ours.rate)} bookings/s, 99 of 100 within ${shown(ours.slow)} ms; plainly ` +
      `${shown(plain.rate)}/s, ${shown(plain.slow)} ms; ratio ${(ours.rate / plain.rate).toFixed(2)}`,
  );

/** @param {(scope: ReturnType<typeof ownScope>) => Promise<void>} measure */
async function inScope(measure) {
  const scope = ownScope();
  try {
    await measure(scope);
  } finally {
    await scope.end();
  }
}

await inScope(async scope => {
  const site = await startRiver(scope, { limits: LIMITS, settings: SETTINGS });
  for (const crowd of CROWDS) tell('a file', crowd, await book([site], crowd), append(site.files.plan, SECONDS));
});

/**
 * @param {ReturnType<typeof ownScope>} scope @param {string} what @param {Database | Galera} database
 * @param {number} coordinators @param {string[]} sockets
 */
async function measureShared(scope, what, database, coordinators, sockets) {
  const { sites } = await startShared(scope, { coordinators, limits: LIMITS, settings: SETTINGS, database });
  for (const crowd of CROWDS) tell(what, crowd, await book(sites, crowd), bookPlainly(sockets, crowd));
}

if (hasDatabase)
  await inScope(async scope => {
    const database = await Database.start(scope);
    await measureShared(scope, 'MariaDB', database, 1, [database.socket]);
  });

const skip = noGalera();
if (skip) console.log(`no cluster: ${skip}`);
else
  await inScope(async scope => {
    const galera = await Galera.start(scope, { durable: true });
    await measureShared(scope, 'Galera x 3', galera, 3, galera.nodes.map(({ socket }) => socket));
  });
