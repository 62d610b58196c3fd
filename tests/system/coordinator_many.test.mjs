// @ts-check
// Two thousand servers in the list: all are known soon, a new list disturbs nobody, and those that flap take nothing from the rest.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoordinatorFiles, startSite } from './lib/coordinator.mjs';
import { startFakeFleet } from './lib/fake_fleet.mjs';
import { slowness, until } from './lib/programs.mjs';

const SERVERS = 2000;
const TICK_MS = 10; /* of /proc: USER_HZ is 100 */

/** @param {number} pid @returns {number} the CPU time of a process so far, in milliseconds */
function cpuMs(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * TICK_MS;
}

/** @param {import('node:test').TestContext} t @param {object} [settings] */
async function startMany(t, settings = {}) {
  const files = new CoordinatorFiles(t);
  const fleet = await startFakeFleet(t, { count: SERVERS, keyFile: join(files.directory, 'vitrina.key'), limit: 2, rcs: 10 });
  const site = await startSite(t, { files, servers: fleet.servers, settings: { log_level: 'notice', ...settings } });
  return { ...site, files, fleet };
}

test('two thousand servers are known within ten seconds, and a new list keeps their watches', async t => {
  const begun = Date.now();
  const { online, files, fleet, client, coordinator } = await startMany(t);
  await online(SERVERS, 30_000 * slowness);
  const took = Date.now() - begun;
  assert.ok(took < 10_000 * slowness, `all were known after ${took} ms`);
  const before = await fleet.counts();
  /* Where the program is slow, first statuses come too late, and their servers' turns go to others until they are asked again. */
  const most = slowness === 1 ? SERVERS : SERVERS * slowness;
  assert.ok(before.accepted <= most, `a connection each: ${before.accepted} of ${most}`);
  /* What follows a first status waits for the others' first ones, for 2 to 4 s; not after the last, of which 256 are asked at once. */
  const followed = SERVERS * Math.min(1, Math.max(0, (Date.now() - begun - 2000) / 2000));
  assert.ok(before.asked.GET_STATUS < most + 512 + followed, `${before.asked.GET_STATUS} statuses were asked of ${SERVERS}`);

  /* The last is new, the first has gone, one has moved into another complex; all others stay. */
  const [, ...rest] = fleet.servers;
  rest[0] = { ...rest[0], rc_info: { ...rest[0].rc_info, rc_name: 'RC 9' } };
  files.writeServers(rest);
  coordinator.signal('SIGHUP');
  const total = async () => (await client.ask('GET_SERVERS', { range: '0-0' })).answer.total;
  await until(async () => (await total()) === SERVERS - 1, { what: 'the new list' });
  await online(SERVERS - 1);
  const after = await fleet.counts();
  if (slowness === 1) assert.equal(after.accepted, SERVERS, 'no server was connected to again');
  const { answer } = await client.ask('GET_RCS');
  assert.equal(answer.rcs.reduce((/** @type {number} */ sum, /** @type {any} */ rc) => sum + rc.free, 0), 2 * (SERVERS - 1));
});

test('servers that flap cost little, and the others are given all the while', async t => {
  const { online, fleet, client, coordinator } = await startMany(t);
  await online(SERVERS, 30_000 * slowness);
  const quiet = { cpu: cpuMs(coordinator.pid), at: Date.now() };
  await until(() => Date.now() - quiet.at > 2000);
  const usual = (cpuMs(coordinator.pid) - quiet.cpu) / (Date.now() - quiet.at);

  const some = Array.from({ length: 50 }, (_, i) => i);
  await fleet.misbehave(some, 'changing');
  await fleet.misbehave(some.map(i => i + 50), 'breaking');
  await until(async () => (await client.ask('GET_SERVERS', { range: '50-99' })).answer.servers.every((/** @type {any} */ s) => s.state === 'offline'),
    { what: 'the breaking ones are known' });
  const counted = await fleet.counts();
  const from = { cpu: cpuMs(coordinator.pid), at: Date.now() };
  let started = 0;
  while (Date.now() - from.at < 3000) {
    const { status } = await client.ask('START_SESSION', { rc_name: `RC ${started % 10}` });
    assert.equal(status, 200);
    started++;
  }
  const seconds = (Date.now() - from.at) / 1000;
  const busy = (cpuMs(coordinator.pid) - from.cpu) / (Date.now() - from.at);
  const { asked } = await fleet.counts();
  const polls = (asked.GET_STATUS - counted.asked.GET_STATUS - 2 * started) / seconds;
  /* 50 that change are asked 20 times a second at most, 50 that break at most every second, the others every 3 s. */
  assert.ok(polls < 50 * 20 + 50 * 3 + SERVERS / 3 + 500, `${Math.round(polls)} polls a second`);
  assert.ok(busy - usual < 0.9 * slowness, `${busy.toFixed(2)} of a processor instead of ${usual.toFixed(2)}`);
  assert.equal(asked.START_SESSION - (counted.asked.START_SESSION ?? 0), started, 'each start asked one server');
  t.diagnostic(`${started} starts, ${Math.round(polls)} polls a second, ${usual.toFixed(2)} -> ${busy.toFixed(2)} of a processor`);
});

test('a stop while most servers are still to be asked is orderly', async t => {
  const { coordinator, health } = await startMany(t);
  assert.ok((await health()).online < SERVERS);
  await coordinator.stop();
});
