// @ts-check
// A session whose people see nothing gives its place back; what comes to a player is judged by its RTCP, and by nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeEngine } from './lib/fake_engine.mjs';
import { startBrowser } from './lib/player.mjs';
import { built, slowness, until } from './lib/programs.mjs';
import { offer, startStreamer } from './lib/streamer.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/** A host of a session whose engine says what the test has it say. @param {Scope} t @param {object} settings */
async function hostOfFake(t, settings) {
  const engine = await fakeEngine(t);
  const streamer = await startStreamer(t, { webrtc_program: engine.path, ...settings });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const socket = await host.socket(t);
  /** A player that the engine is connected with. @returns {Promise<number>} its viewer */
  const watch = async () => {
    const answered = host.whep({ body: offer() });
    const { viewer } = await until(() => engine.messages.find(({ msg }) => msg === 'viewer_add'), { what: 'the offer at the engine' });
    engine.say({ msg: 'viewer_answer', viewer, sdp: 'v=0\r\n' });
    assert.equal((await answered).status, 201);
    engine.say({ msg: 'viewer_connected', viewer });
    return viewer;
  };
  return { engine, streamer, session, host, socket, watch };
}

/** @param {Awaited<ReturnType<typeof hostOfFake>>} visit */
async function endsForNoPicture({ streamer, session, socket }) {
  assert.equal((await socket.event('SESSION_ENDED')).reason, 'no_picture');
  await streamer.program.waitFor(new RegExp(`session_ended session=${session} reason=no_picture users=1`));
  const { ended } = await until(async () => {
    const status = await streamer.status();
    return status.state === 'free' && status;
  }, { what: 'the free place' });
  assert.deepEqual(ended, [{ session, reason: 'no_picture' }]);
}

test('a host who makes no offer, whatever else they do', async t => {
  const visit = await hostOfFake(t, { no_picture_seconds: 2 });
  await visit.host.ask('SEND_DATA', { data: { chat: 'is anybody there?' } });
  await endsForNoPicture(visit);
});

test('a player that is connected and to which nothing comes', async t => {
  const visit = await hostOfFake(t, { no_picture_seconds: 2 });
  await visit.watch();
  await endsForNoPicture(visit);
});

test('a picture that came once is enough, though its player goes', async t => {
  const visit = await hostOfFake(t, { no_picture_seconds: 2, inactivity_seconds: 5, inactivity_warning_seconds: 1 });
  const viewer = await visit.watch();
  visit.engine.say({ msg: 'viewer_receives', viewer });
  visit.engine.say({ msg: 'viewer_gone', viewer, reason: 'closed' });
  assert.equal((await visit.socket.event('SESSION_ENDED')).reason, 'inactive');
});

test('a player of anybody that tells nobody anything keeps its session, whichever feedback it has agreed on', async t => {
  const streamer = await startStreamer(t, {
    app: [built('flip')],
    session_limit: 2,
    no_picture_seconds: 4 * slowness,
    inactivity_seconds: 12 * slowness,
    inactivity_warning_seconds: 1,
    webrtc: { width: 320, height: 240 },
  });
  const browser = await startBrowser(t);
  const reports = [(/** @type {string} */ sdp) => sdp, (/** @type {string} */ sdp) => sdp.replace(/a=.*transport-(cc|wide).*\r\n/g, '')];
  const sockets = [];
  for (const [at, agreed] of reports.entries()) {
    const { session } = await streamer.startSession();
    const host = streamer.person(session, `host${at}`, { role: 'host' });
    sockets.push(await host.socket(t));
    const door = { answer: (/** @type {string} */ sdp) => host.door.answer(agreed(sdp)) };
    await (await browser.join(/** @type {any} */ (door), 'host')).until('p.frames > 0', 15_000);
  }
  // The picture stands still from here on.
  for (const socket of sockets) assert.equal((await socket.event('SESSION_ENDED', { timeout: 30_000 })).reason, 'inactive');
});
