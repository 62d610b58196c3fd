// @ts-check
// Planning with 100, 1,000, 10,000 and 100,000 reservations: acknowledged bookings a second with 1, 8 and 64 clients and what
// each costs the coordinator's processor, beside what the disk itself does, one time after the other (a line appended and
// synced; the plan's file written anew, whole); how long GET_AVAILABILITY and a decision (a booking that is refused: no disk) take, beside GET_RCS, which looks at
// no plan; how long the program takes to start. All through nginx with TLS. Usage: node planning.bench.mjs [SECONDS]

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Client } from '../system/lib/client.mjs';
import { listed, startCoordinator, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { DAY, HOUR, MINUTE, planned, PlanningFiles, roundTime, written } from '../system/lib/planning.mjs';
import { ownScope } from '../system/lib/programs.mjs';
import { append, rewrite } from './lib/disk.mjs';

const SECONDS = Number(process.argv[2] ?? 2);
const SIZES = [100, 1_000, 10_000, 100_000];
const CROWDS = [1, 8, 64];
const ASKS = 300;

/** @param {number[]} values @param {number} part */
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(values.length * part)];
const median = (/** @type {number[]} */ values) => quantile(values, 0.5);
const shown = (/** @type {number} */ value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value)));

/** Milliseconds that the process has computed. @param {number} pid */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);
  return (fields[11] + fields[12]) * 10;
}

/** Reservations of River over the next weeks, and one of Park, which has one place. @param {number} count @param {number} taken */
function reservations(count, taken) {
  const all = Array.from({ length: count }, (_, i) => {
    const at = roundTime(HOUR + ((i * 7919) % 5000) * 15 * MINUTE) - Date.now();
    return planned(at, at + 30 * MINUTE, { code: String(100_000_000 + i) });
  });
  return [...all, planned(taken - Date.now(), taken - Date.now() + HOUR, { code: '999999999', rc_name: 'Park' })];
}

/** Acknowledged bookings a second, and the coordinator's microseconds for each. @param {string} url @param {string} ca @param {number} count @param {number} pid */
async function bookingRate(url, ca, count, pid) {
  const clients = Array.from({ length: count }, () => new Client(url, { ca, connections: 1 }));
  await Promise.all(clients.map(client => client.ask('GET_RCS'))); /* connected */
  const [begun, computed] = [performance.now(), cpu(pid)];
  let booked = 0;
  await Promise.all(
    clients.map(async client => {
      while (performance.now() - begun < SECONDS * 1000) {
        const at = written(roundTime(DAY + Math.floor(Math.random() * 50) * DAY));
        const fields = { rc_name: 'River', ...at, duration_minutes: 30, request_id: randomBytes(8).toString('hex') };
        const { answer, text } = await client.ask('PLAN_SESSION', fields);
        assert.equal(answer?.msg, 'CONNECTION_CODE', text);
        booked++;
      }
    }),
  );
  const rate = (booked * 1000) / (performance.now() - begun);
  for (const client of clients) client.close();
  return { rate, cost: ((cpu(pid) - computed) * 1000) / booked };
}

/** How long each of these takes, in turns: medians in ms. @param {(() => Promise<any>)[]} asks */
async function latencies(asks) {
  /** @type {number[][]} */
  const times = asks.map(() => []);
  for (let i = 0; i < ASKS; i++)
    for (const [which, ask] of asks.entries()) {
      const begun = performance.now();
      await ask();
      times[which].push(performance.now() - begun);
    }
  return times.map(median);
}

/** @param {number} count */
async function measure(count) {
  const scope = ownScope();
  try {
    const files = new PlanningFiles(scope);
    const [river, park] = await Promise.all([
      FakeStreamer.start(scope, { name: 'river-1', key: files.key, limit: 10_000 }),
      FakeStreamer.start(scope, { name: 'park-1', key: files.key, limit: 1 }),
    ]);
    const taken = roundTime(10 * DAY, 60);
    files.writePlan(reservations(count, taken));
    const servers = [listed(river, 'River'), listed(park, 'Park')];
    const settings = { code_digits: 9, log_level: 'notice', access_log: false, status_wait_seconds: 30 };
    const site = await startSite(scope, { files, servers, settings });
    await site.online(2);
    const { client, nginx } = site;

    const { date } = written(taken);
    const [plain, availability, decision] = await latencies([
      () => client.ask('GET_RCS'),
      () => client.ask('GET_AVAILABILITY', { rc_name: 'River', date }),
      async () => assert.equal((await client.ask('PLAN_SESSION', { rc_name: 'Park', ...written(taken) })).status, 409),
    ]);
    console.log(
      `${count} reservations: GET_RCS ${plain.toFixed(2)} ms, GET_AVAILABILITY ${availability.toFixed(2)} ms ` +
        `(${(availability / plain).toFixed(2)}), a decision ${decision.toFixed(2)} ms (${(decision / plain).toFixed(2)})`,
    );
    for (const crowd of CROWDS) {
      const { rate, cost } = await bookingRate(client.url, nginx.ca, crowd, site.coordinator.pid);
      const [line, file] = [append(files.plan, SECONDS / 2).rate, rewrite(files.plan, SECONDS / 2).rate];
      console.log(
        `  ${crowd} clients: ${shown(rate)} bookings/s, ${shown(cost)} us each; the disk ${shown(line)} lines/s ` +
          `(ratio ${(rate / line).toFixed(2)}), ${shown(file)} files/s of ${(statSync(files.plan).size / 1e6).toFixed(1)} MB`,
      );
    }

    await site.coordinator.stop({ timeout: 60_000 });
    const begun = performance.now();
    const again = await startCoordinator(scope, files);
    console.log(`  started in ${Math.round(performance.now() - begun)} ms, ${cpu(again.pid)} ms of them on the processor`);
    await again.stop({ timeout: 60_000 });
    return { availability: availability / plain, decision: decision / plain };
  } finally {
    await scope.end();
  }
}

const results = [];
for (const size of SIZES) results.push(await measure(size));
const growth = (/** @type {'availability' | 'decision'} */ what) => (results[results.length - 1][what] / results[0][what]).toFixed(2);
console.log(
  `from ${SIZES[0]} to ${SIZES[SIZES.length - 1]} reservations, by GET_RCS: GET_AVAILABILITY x ${growth('availability')}, ` +
    `a decision x ${growth('decision')} (goal: flat)`,
);
