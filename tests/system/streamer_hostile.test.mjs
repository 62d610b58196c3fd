// @ts-check
// Two sessions on one streamer, and the application of one means harm: it gets nowhere, the people in the other notice
// nothing, and nothing of it is left.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { noCells } from './lib/cells.mjs';
import { familyOf, startHostileStreamer, untilNothingIsLeft } from './lib/hostile.mjs';
import { startBrowser } from './lib/player.mjs';

/** @typedef {import('./lib/hostile.mjs').HostileStreamer} HostileStreamer */

const doors = [`GET metrics`, `POST control`, `POST whep/quiet`, `POST session`];

/** @param {HostileStreamer} host */
async function startBoth(host) {
  await host.startQuiet();
  const theirs = { directories: host.streamer.sessionDirectories(), displays: host.streamer.displays() };
  return { hostile: await host.startHostile(), theirs };
}

test('an application reads nothing of the streamer, of its own engine, or of another session', { skip: noCells }, async t => {
  const host = await startHostileStreamer(t);
  const { hostile, theirs } = await startBoth(host);
  const { streamer } = host;
  const files = [join(streamer.directory, 'vitrina.key'), streamer.config, ...theirs.directories.map(path => join(path, 'cookie'))];
  const directories = [streamer.directory, streamer.state, ...theirs.directories];
  const own = familyOf(host.processesOf('hostile').app).map(String);
  const victims = host.victims('quiet', 'hostile').filter(victim => !own.includes(victim.split(' ')[0]));
  const open = await hostile.openOf([
    ...files.map(path => `read ${path}`),
    ...directories.map(path => `list ${path}`),
    ...victims.flatMap(victim => [`spy ${victim}`, `signal ${victim}`, `trace ${victim}`]),
    ...['vitrina-streame', 'vitrina-webrtc', 'Xvfb'].map(name => `find ${name}`),
  ]);
  assert.deepEqual(open, []);
});

for (const network of ['none', 'host'])
  test(`an application reaches no display but its own, and types nowhere else: network ${network}`, { skip: noCells }, async t => {
    const host = await startHostileStreamer(t, { cell: { network } });
    const { hostile, theirs } = await startBoth(host);
    const [directory] = theirs.directories;
    const [number = 0] = theirs.displays;
    const names = [`:${number}`, `unix:${number}`, `${join(directory, 'x11')}/X${number}`];
    /* In the host's network the name may be that of a server which is none of ours. */
    const abstract = network === 'none' || theirs.displays.length ? [`connect @/tmp/.X11-unix/X${number}`] : [];
    const open = await hostile.openOf([
      ...abstract,
      `connect ${join(directory, 'x11')}/X${number}`,
      ...names.map(name => `type ${name} ${join(directory, 'cookie')}`),
    ]);
    assert.deepEqual(open, []);
  });

test('an application without a network reaches nothing of the streamer at all', { skip: noCells }, async t => {
  const host = await startHostileStreamer(t);
  const { hostile } = await startBoth(host);
  for (const door of doors) assert.deepEqual(await hostile.try(`ask ${host.streamer.port} ${door}`), { open: false, seen: -1 }, door);
});

test("an application with the host's network gets no answer from the streamer without a token", { skip: noCells }, async t => {
  const host = await startHostileStreamer(t, { cell: { network: 'host' } });
  const { hostile } = await startBoth(host);
  for (const door of doors) {
    const { open, seen } = await hostile.try(`ask ${host.streamer.port} ${door}`);
    assert.ok(!open && seen >= 400, `${door}: ${seen}`);
  }
});

/**
 * Frames a second that a player shows while something is done.
 * @param {import('./lib/player.mjs').Player} player @param {() => Promise<any>} act
 */
async function rateDuring(player, act) {
  const [frames, began] = [await player.get('frames'), performance.now()];
  await act();
  return ((await player.get('frames')) - frames) / ((performance.now() - began) / 1000);
}

const PROCESSES = 150;
const DISK_MB = 64;
const SECONDS = 4;
const rest = () => new Promise(wake => setTimeout(wake, SECONDS * 1000));

/** @param {HostileStreamer} host @param {import('node:test').TestContext} t */
async function watchQuiet(host, t) {
  const browser = await startBrowser(t);
  const person = host.streamer.person('quiet', 'visitor', { role: 'host' });
  const player = await browser.join(/** @type {any} */ (person.door), 'visitor');
  await player.until('p.frames > 20', 40_000);
  return player;
}

test('what an application takes too much of is bounded, the other session notices nothing, and nothing is left', { skip: noCells }, async t => {
  const host = await startHostileStreamer(t, { cell: { processes: PROCESSES, disk_mb: DISK_MB, memory_mb: 1500 } });
  const { hostile } = await startBoth(host);
  const player = await watchQuiet(host, t);
  const places = ['HOME', 'TMPDIR', '/tmp', '/var/tmp', '/dev/shm'];
  /** @type {Record<string, number>} */
  const taken = {};
  const attack = async () => {
    for (const order of ['fork 400', ...places.map(place => `disk ${place} ${host.mark} 200`)]) taken[order] ??= (await hostile.try(order)).seen;
    /* These are its own affair: what is looked at is the neighbour. */
    for (const order of ['flood 2', 'windows 300', 'mode 128 96', 'grab', `segment ${host.segment.toString(16)}`]) await hostile.try(order);
  };
  /* Others use this machine, too: it is looked at again before it is the neighbour's fault. */
  let ratio = 0;
  for (let round = 0; round < 3 && ratio < 0.9; round++) {
    const before = await rateDuring(player, rest);
    const during = await rateDuring(player, attack);
    const after = await rateDuring(player, rest);
    ratio = during / ((before + after) / 2);
    t.diagnostic(`frames a second: ${before.toFixed(1)} beside a quiet neighbour, ${during.toFixed(1)} beside a hostile one, ${after.toFixed(1)} after`);
  }
  for (const [order, seen] of Object.entries(taken)) assert.ok(seen <= (order.startsWith('fork') ? PROCESSES : DISK_MB), `${order}: ${seen}`);
  assert.ok(taken['fork 400'] > PROCESSES / 2 && taken[`disk HOME ${host.mark} 200`] > DISK_MB / 2, `what it may have it has: ${JSON.stringify(taken)}`);
  assert.ok(ratio >= 0.9, `${ratio} of the frames a second`);
  assert.equal((await host.streamer.status()).sessions.length, 2);
  assert.equal((await host.streamer.control('END_SESSION', { session: 'hostile' })).answer.msg, 'SESSION_ENDED');
  await host.streamer.control('END_SESSION', { session: 'quiet' });
  await untilNothingIsLeft(host);
  assert.deepEqual(host.streamer.sessionDirectories(), []);
});

test('an application that takes memory without end ends its session alone', { skip: noCells }, async t => {
  const host = await startHostileStreamer(t, { cell: { memory_mb: 400 } });
  const { hostile } = await startBoth(host);
  const player = await watchQuiet(host, t);
  const socket = await host.streamer.person('hostile', 'p').socket(t);
  hostile.try('memory 3000').catch(() => {});
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'app_failed');
  await host.streamer.program.waitFor(/ memory_exceeded session=hostile taken_mb=\d+ bound_mb=400 /);
  await host.streamer.program.waitFor(/ stage_failed session=hostile reason="the session took more than 400 MiB of memory"/);
  const shown = await player.get('frames');
  await player.until(`p.frames > ${shown + 20}`);
  assert.doesNotMatch(host.streamer.program.log, /hostile \d+ open/);
  assert.deepEqual((await host.streamer.status()).sessions.map((/** @type {any} */ { session }) => session), ['quiet']);
});

test('when the streamer is killed nothing of an application that means harm is left', { skip: noCells }, async t => {
  const host = await startHostileStreamer(t, { cell: { processes: PROCESSES } });
  const { hostile } = await startBoth(host);
  await hostile.try('fork 20');
  await hostile.try(`segment ${host.segment.toString(16)}`);
  await hostile.try('grab');
  host.streamer.program.kill();
  await untilNothingIsLeft(host);
});
