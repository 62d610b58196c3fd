// @ts-check
// An engine that is killed or hangs is started again: people stay in, and are told.

import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeEngine } from './lib/fake_engine.mjs';
import { until } from './lib/programs.mjs';
import { offer, startStreamer } from './lib/streamer.mjs';

/** Kills its engine as a crash does. @param {import('./lib/streamer.mjs').Streamer} streamer */
const killEngine = streamer => process.kill(streamer.processes().engine, 'SIGKILL');

test('people stay in, their pages are told, their viewings are over and they may watch again', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const socket = await person.socket(t);
  const first = await person.whep({ body: offer() });
  assert.equal(first.status, 201, first.text);
  const { app } = streamer.processes();
  killEngine(streamer);
  await socket.event('PICTURE_RESTARTED');
  assert.equal((await person.whep({ method: 'DELETE', type: '', path: String(first.headers.location) })).status, 404);
  const second = await person.whep({ body: offer() });
  assert.equal(second.status, 201, second.text);
  assert.equal(streamer.processes().app, app, 'the application went on');
  const status = await streamer.status();
  assert.deepEqual([status.state, status.sessions[0].users], ['busy', 1]);
  const metrics = await (await fetch(streamer.base + 'metrics')).text();
  assert.match(metrics, /^vitrina_streamer_engine_restarts_total 1$/m);
});

test('one that hangs is started again as one that has died', async t => {
  const streamer = await startStreamer(t, { engine_timeout_seconds: 10 });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const socket = await person.socket(t);
  const { engine } = streamer.processes();
  const metrics = async () => (await fetch(streamer.base + 'metrics')).text();
  await until(async () => /^vitrina_streamer_frames_captured_total [1-9]/m.test(await metrics()), { what: 'what the engine tells of itself', every: 100 });
  process.kill(engine, 'SIGSTOP');
  await socket.event('PICTURE_RESTARTED', { timeout: 30_000 });
  await streamer.program.waitFor(/warning: engine_silent session=/);
  assert.equal((await person.whep({ body: offer() })).status, 201);
});

test('an offer that waits is refused, and the new engine knows who steers', async t => {
  const engine = await fakeEngine(t);
  const streamer = await startStreamer(t, { webrtc_program: engine.path });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const socket = await person.socket(t);
  await engine.controlledBy('p');
  const waiting = person.whep({ body: offer() });
  await until(() => engine.messages.some(({ msg }) => msg === 'viewer_add'), { what: 'the offer at the engine' });
  const told = engine.messages.length;
  killEngine(streamer);
  await socket.event('PICTURE_RESTARTED');
  assert.equal((await waiting).status, 503);
  await until(() => engine.messages.slice(told).some(({ msg, user }) => msg === 'control' && user === 'p'), { what: 'control' });
});

test('it is started again so often as max_restarts says, whatever the application needed', async t => {
  const streamer = await startStreamer(t, { max_restarts: 1 });
  const { session } = await streamer.startSession();
  const socket = await streamer.person(session, 'p', { role: 'host' }).socket(t);
  process.kill(streamer.processes().app, 'SIGKILL');
  await socket.event('APP_RESTARTED');
  killEngine(streamer);
  await socket.event('PICTURE_RESTARTED');
  killEngine(streamer);
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'app_failed');
  await streamer.program.waitFor(/stage_failed .*the engine/);
});
