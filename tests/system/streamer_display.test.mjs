// @ts-check
// The display of a session is its processes' alone.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { isolation } from './lib/cells.mjs';
import { find, programs, script } from './lib/stand_ins.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { displayAnswers } from './lib/x_display.mjs';

for (const how of new Set([isolation, 'none']))
  test(`nobody else sees a display, however the configuration was named (isolation "${how}")`, async t => {
    const streamer = await startStreamer(t, { isolation: how }, { fromItsDirectory: true });
    await streamer.startSession();
    const [socket] = streamer.displays();
    assert.equal(displayAnswers(socket), 'refused');
    if (process.getuid?.() === 0) assert.match(displayAnswers(socket, { uid: 65534 }), /^(refused|EACCES)$/);
  });

test('a display that lets in whoever comes is not used', async t => {
  const path = programs(t, ['Xvfb']);
  /* Its cookie is gone before it is read. */
  script(join(path, 'Xvfb'), `exec ${find('Xvfb')} "$@" -auth /nowhere/cookie`);
  const streamer = await startStreamer(t, { isolation: 'none' }, { env: { PATH: path } });
  const { answer } = await streamer.control('START_SESSION');
  assert.equal(answer.msg, 'SESSION_START_FAILED');
  assert.match(answer.reason, /the X server lets in whoever comes/);
  assert.doesNotMatch(streamer.program.log, /process=app/);
});
