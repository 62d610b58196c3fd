// @ts-check
// An engine that is killed while somebody holds a key.

import test from 'node:test';
import { startBrowser } from './lib/player.mjs';
import { built } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

test('what was held comes up, and the picture comes back', async t => {
  const streamer = await startStreamer(t, { app: [built('flip')] });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const socket = await person.socket(t);
  const browser = await startBrowser(t);
  const door = {
    async answer(/** @type {string} */ body) {
      const { status, text } = await person.whep({ body });
      return { msg: status === 201 ? 'viewer_answer' : 'viewer_failed', sdp: text, reason: text, viewer: 1 };
    },
  };
  const before = await browser.join(/** @type {any} */ (door), 'p');
  await before.until('p.frames > 0 && p.input.readyState === "open"');
  await before.send({ type: 'keydown', code: 'ShiftLeft' });
  await before.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
  await streamer.program.waitFor(/button 1 down/);
  const from = streamer.program.log.length;
  process.kill(streamer.processes().engine, 'SIGKILL');
  await streamer.program.waitFor(/button 1 up/, { from });
  await streamer.program.waitFor(/key 50 up/, { from });
  await socket.event('PICTURE_RESTARTED');
  const after = await browser.join(/** @type {any} */ (door), 'p');
  await after.until('p.frames > 0');
});
