// @ts-check
// The players of one person: of two offers the newer one wins, whichever is answered first.

import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeEngine } from './lib/fake_engine.mjs';
import { until } from './lib/programs.mjs';
import { offer, startStreamer } from './lib/streamer.mjs';

/** Two offers of one person, whose answers the test gives. @param {import('./lib/programs.mjs').Scope} t */
async function twoOffers(t) {
  const engine = await fakeEngine(t);
  const streamer = await startStreamer(t, { webrtc_program: engine.path });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const added = () => engine.messages.filter(({ msg }) => msg === 'viewer_add').map(({ viewer }) => viewer);
  const removed = () => engine.messages.filter(({ msg }) => msg === 'viewer_remove').map(({ viewer }) => viewer);
  const make = async (/** @type {number} */ count) => {
    const reply = person.whep({ body: offer() });
    await until(() => added().length === count, { what: `offer ${count} at the engine` });
    return { reply, viewer: added()[count - 1] };
  };
  const [older, newer] = [await make(1), await make(2)];
  const answer = (/** @type {number} */ viewer) => engine.say({ msg: 'viewer_answer', viewer, sdp: 'v=0\r\n' });
  const ends = async (/** @type {string} */ path) => (await person.whep({ method: 'DELETE', type: '', path })).status;
  return { engine, older, newer, answer, removed, ends };
}

test('the older one is answered first, and goes when the newer one is answered', async t => {
  const { older, newer, answer, removed, ends } = await twoOffers(t);
  answer(older.viewer);
  const first = await older.reply;
  assert.equal(first.status, 201, first.text);
  assert.deepEqual(removed(), [], 'nothing has come of the newer one yet');
  answer(newer.viewer);
  const second = await newer.reply;
  assert.equal(second.status, 201, second.text);
  await until(() => removed().includes(older.viewer), { what: 'the end of the older one' });
  assert.equal(await ends(String(first.headers.location)), 404);
  assert.equal(await ends(String(second.headers.location)), 200);
});

test('the newer one is answered first: the older one is refused, and its answer changes nothing', async t => {
  const { older, newer, answer, removed, ends } = await twoOffers(t);
  answer(newer.viewer);
  const second = await newer.reply;
  assert.equal(second.status, 201, second.text);
  const first = await older.reply;
  assert.equal(first.status, 503);
  assert.match(first.answer.reason, /newer/);
  await until(() => removed().includes(older.viewer), { what: 'the end of the older one' });
  answer(older.viewer);
  assert.equal(await ends(String(second.headers.location)), 200, 'it was there until now');
});

test('a newer one that cannot be answered leaves the older one alone', async t => {
  const { engine, older, newer, answer, removed, ends } = await twoOffers(t);
  answer(older.viewer);
  const first = await older.reply;
  engine.say({ msg: 'viewer_failed', viewer: newer.viewer, reason: 'no' });
  assert.equal((await newer.reply).status, 400);
  assert.deepEqual(removed(), []);
  assert.equal(await ends(String(first.headers.location)), 200);
});
