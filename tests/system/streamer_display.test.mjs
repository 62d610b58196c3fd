// @ts-check
// The display of a session is its processes' alone.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { find, programs, script } from './lib/stand_ins.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { displayAnswers } from './lib/x_display.mjs';

test('nobody else sees a display, however the configuration was named', async t => {
  const streamer = await startStreamer(t, {}, { fromItsDirectory: true });
  await streamer.startSession();
  const [number] = streamer.displays();
  assert.equal(await displayAnswers(number), 'refused');
  if (process.getuid?.() === 0) assert.equal(await displayAnswers(number, { uid: 65534 }), 'refused');
});

test('a display that lets in whoever comes is not used', async t => {
  const path = programs(t, ['Xvfb']);
  /* Its cookie is gone before it is read. */
  script(join(path, 'Xvfb'), `exec ${find('Xvfb')} "$@" -auth /nowhere/cookie`);
  const streamer = await startStreamer(t, {}, { env: { PATH: path } });
  const { answer } = await streamer.control('START_SESSION');
  assert.equal(answer.msg, 'SESSION_START_FAILED');
  assert.match(answer.reason, /the X server lets in whoever comes/);
  assert.doesNotMatch(streamer.program.log, /process=app/);
});
