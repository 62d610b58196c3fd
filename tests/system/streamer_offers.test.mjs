// @ts-check
// Somebody asks for the picture without end: what the others see stays as it was.

import assert from 'node:assert/strict';
import test from 'node:test';
import { startBrowser } from './lib/player.mjs';
import { offer, startStreamer } from './lib/streamer.mjs';

const WINDOW_MS = 2000;
const ROUNDS = 5;
/* As many as once halved everybody's frames. */
const OFFERS_PER_SECOND = 45;
/* What a person may have (vitrina-protocol(7)): six at once, and one in two seconds. Whole rounds take longer than their windows. */
const ANSWERED_MOST = 6 + (ROUNDS * 4 * WINDOW_MS) / 2000;
/* A player hears of nobody's frames before they are decoded: what it counts is what a person sees. */
const LEAST = 0.9;

/* One window may be disturbed by something else. */
const median = (/** @type {number[]} */ counts) => [...counts].sort((a, b) => a - b)[counts.length >> 1];

/** How many frames a player shows meanwhile. @param {import('./lib/player.mjs').Player} player */
async function framesIn(player) {
  const before = await player.get('frames');
  await new Promise(wake => setTimeout(wake, WINDOW_MS));
  return (await player.get('frames')) - before;
}

/** Asks again and again until told to stop. @param {import('./lib/streamer.mjs').Person} person */
function askWithoutEnd(person) {
  /** @type {Promise<{ status: number }>[]} */
  const asked = [];
  const timer = setInterval(() => asked.push(person.whep({ body: offer() })), 1000 / OFFERS_PER_SECOND);
  return async () => {
    clearInterval(timer);
    return (await Promise.all(asked)).filter(({ status }) => status === 201).length;
  };
}

test('a neighbour who asks for the picture without end costs nobody a tenth of their frames', async t => {
  const streamer = await startStreamer(t, { webrtc: { width: 960, height: 540, codecs: ['VP8'] } });
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  const neighbour = streamer.person(session, 'neighbour');
  const browser = await startBrowser(t);
  const player = await browser.join(
    /** @type {any} */ ({
      answer: async (/** @type {string} */ sdp) => {
        const { status, text } = await host.whep({ body: sdp });
        return { msg: status === 201 ? 'viewer_answer' : 'viewer_failed', viewer: 1, sdp: text, reason: text };
      },
    }),
    'host',
  );
  await player.until('p.frames > 25');
  /** @type {number[]} */
  const quiet = [];
  /** @type {number[]} */
  const loud = [];
  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push(await framesIn(player));
    const stop = askWithoutEnd(neighbour);
    loud.push(await framesIn(player));
    answered += await stop();
  }
  const seen = `${loud} frames in windows of ${WINDOW_MS} ms while ${answered} offers were answered, ${quiet} without any`;
  t.diagnostic(seen);
  assert.ok(answered <= ANSWERED_MOST, seen);
  assert.ok(median(loud) >= LEAST * median(quiet), seen);
});
