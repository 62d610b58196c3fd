// @ts-check
// The page and the streamer's engine mean the same by a key.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { isSceneKey } from '../../../www/player/scene-keys.js';

const table = readFileSync(new URL('../../../streamer/webrtc/input/keys.c', import.meta.url), 'utf8');
const engines = [...table.matchAll(/\{"(\w+)", \d+\}/g)].map(([, code]) => code);
const source = readFileSync(new URL('../../../www/player/scene-keys.js', import.meta.url), 'utf8');

test('every key that the engine has is one for the page, and no other', () => {
  assert.ok(engines.length > 150);
  for (const code of engines) assert.ok(isSceneKey(code), code);
  const named = [...source.matchAll(/'([A-Z]\w+)'/g)].map(([, code]) => code);
  assert.deepEqual(named.filter(code => !engines.includes(code)), []);
  for (const code of ['', 'n', 'KeyÄ', 'Key', 'F0', 'F25', 'Digit10', 'Fn', 'toString', 7, null, undefined, ['KeyN']])
    assert.ok(!isSceneKey(code), String(code));
});
