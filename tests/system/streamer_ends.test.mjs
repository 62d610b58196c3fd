// @ts-check
// How sessions end: each reason, the word for it in event, log and status, and what people are told before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

const words = (/** @type {any[]} */ events) => events.map(({ msg }) => msg);

test('a session in which nobody does anything: a countdown, stopped by a touch, then the end', async t => {
  const streamer = await startStreamer(t, { inactivity_seconds: 4, inactivity_warning_seconds: 2 });
  const { session } = await streamer.startSession();
  const host = await streamer.person(session, 'host', { role: 'host' }).socket(t);
  const warned = await host.event('INACTIVITY_WARNING');
  assert.ok(warned.seconds_left >= 1 && warned.seconds_left <= 2, JSON.stringify(warned));
  const guest = await streamer.person(session, 'guest').socket(t); /* somebody new is a sign of life */
  await host.event('INACTIVITY_ENDED');
  await guest.event('INACTIVITY_WARNING');
  assert.equal((await guest.event('SESSION_ENDED')).reason, 'inactive');
  await streamer.program.waitFor(/session_ended .*reason=inactive users=2/);
  assert.deepEqual(words(host.messages).slice(-5), [
    'INACTIVITY_WARNING',
    'USER_JOINED',
    'INACTIVITY_ENDED',
    'INACTIVITY_WARNING',
    'SESSION_ENDED',
  ]);
  await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
});
