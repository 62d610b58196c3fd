// @ts-check
// People whose network dies without a word: noticed in time, waited for, and whole again when they are back.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { canMakeNetworks, startNetwork } from './lib/network.mjs';
import { source, start, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

const skip = canMakeNetworks() ? false : 'needs root and network namespaces';
const data = (/** @type {string} */ log) => [...log.matchAll(/"data":"(\w+)"/g)].map(([, text]) => text);

/** A session with somebody here, and two over a link: one on a WebSocket, one who polls. @param {Scope} t @param {object} settings */
async function farCompany(t, settings) {
  const network = startNetwork(t);
  const streamer = await startStreamer(t, { ip: '0.0.0.0', log_level: 'debug', ...settings });
  const { session } = await streamer.startSession();
  const here = await streamer.person(session, 'here', { role: 'host' }).socket(t);
  const base = `http://${network.here}:${streamer.port}/`;
  const send = (/** @type {string} */ user) =>
    start(t, network.within[0], [
      ...network.within.slice(1),
      process.execPath,
      join(source, 'tests/system/lib/far_person.mjs'),
      base,
      streamer.ticket(session, user),
      user,
    ]);
  const far = [await send('socket'), await send('poll')];
  await until(() => here.messages.filter(({ msg }) => msg === 'USER_JOINED').length === 2);
  await here.ask('SEND_DATA', { data: 'before' });
  for (const person of far) await person.waitFor(/before/);
  return { network, streamer, here, far };
}

test('a network that dies is noticed within 15 s; who is back within the grace has missed nothing', { skip }, async t => {
  const { network, streamer, here, far } = await farCompany(t, { reconnect_grace_seconds: 60 });
  network.connect(false);
  const begun = Date.now();
  for (const user of ['socket', 'poll']) {
    await streamer.program.waitFor(new RegExp(`user_away .*user=${user}`), { timeout: 20_000 });
    t.diagnostic(`${user}: noticed after ${Date.now() - begun} ms`);
    assert.ok(Date.now() - begun < 15_000);
  }
  assert.equal((await here.ask('SEND_DATA', { data: 'meanwhile' })).msg, 'DATA_SENT');
  network.connect(true);
  for (const person of far) await person.waitFor(/meanwhile/, { timeout: 45_000 });
  await here.ask('SEND_DATA', { data: 'after' });
  for (const person of far) await person.waitFor(/after/);
  for (const person of far) assert.deepEqual(data(person.log), ['before', 'meanwhile', 'after']);
  assert.ok(!here.messages.some(({ msg }) => msg === 'USER_LEFT'));
});

test('who is not back within the grace is gone, and gives control back', { skip }, async t => {
  const { network, here } = await farCompany(t, { reconnect_grace_seconds: 2 });
  await here.ask('GRANT_CONTROL', { user: 'socket' });
  network.connect(false);
  const begun = Date.now();
  await until(() => here.messages.filter(({ msg }) => msg === 'USER_LEFT').length === 2, { timeout: 20_000 });
  assert.ok(Date.now() - begun < 17_000 + 500, `${Date.now() - begun} ms`);
  assert.deepEqual(here.messages.filter(({ msg }) => msg === 'USER_LEFT').map(({ reason }) => reason), ['lost', 'lost']); // prettier-ignore
  const last = here.messages.findLast(({ msg }) => msg === 'CONTROL_CHANGED');
  assert.deepEqual([last.controller, last.reason], ['here', 'left']);
});
