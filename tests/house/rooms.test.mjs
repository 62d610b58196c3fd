// @ts-check
// The house is in order: every file has a room, and includes point one way (ARCHITECTURE.md). Then the same of small houses that
// are wrong in one way each, so that the check is known to see it.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from './rooms.mjs';

const source = fileURLToPath(new URL('../..', import.meta.url));

test('every include of the house is one that its table allows', () => {
  assert.deepEqual(inspect(source).map(({ text }) => text), []);
});

const TABLE = `| room | what lives there | may include |
|---|---|---|
| \`common\` | the ground | |
| \`fcgi/base\` | tools | \`common\` |
| \`fcgi/door\` | the door | \`base\` |
`;
const SOUND = {
  'ARCHITECTURE.md': TABLE,
  'common/log.h': '',
  'fcgi/base/timers.c': '#include "fcgi/base/timers.h"\n#include "common/log.h"\n',
  'fcgi/base/timers.h': '',
  'fcgi/door/door.c': '\n#include "fcgi/base/timers.h"\n',
  'tests/unit/fcgi/base/test_timers.c': '',
};

/** What is found in a house of these files. */
function found(files) {
  const root = mkdtempSync(join(tmpdir(), 'vitrina-house-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return inspect(root).map(({ text }) => text);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a small house in order', () => {
  assert.deepEqual(found(SOUND), []);
});

test('an include that points up is told with its file and line, and the circle that it closes', () => {
  assert.deepEqual(found({ ...SOUND, 'fcgi/base/timers.h': '#pragma once\n#include "fcgi/door/door.h"\n', 'fcgi/door/door.h': '' }), [
    'fcgi/base/timers.h:2: fcgi/base includes fcgi/door/door.h, which stands on it',
    'fcgi/base/timers.h:2: a circle: fcgi/base, fcgi/door',
    'fcgi/base/timers.h:2: a circle: fcgi/base/timers, fcgi/door/door',
  ]);
});

test('an include that points down, but not where the row says', () => {
  assert.deepEqual(found({ ...SOUND, 'fcgi/door/door.c': '#include "fcgi/base/timers.h"\n#include "common/log.h"\n' }), [
    'fcgi/door/door.c:2: fcgi/door may not include common/log.h',
  ]);
});

test('modules of one room that include each other', () => {
  const files = { 'fcgi/base/a.h': '#include "fcgi/base/b.h"\n', 'fcgi/base/b.c': '\n#include "fcgi/base/a.h"\n', 'fcgi/base/b.h': '' };
  assert.deepEqual(found({ ...SOUND, ...files }), ['fcgi/base/a.h:1: a circle: fcgi/base/a, fcgi/base/b']);
});

test('a file in no room, and tests of no room', () => {
  assert.deepEqual(found({ ...SOUND, 'fcgi/stray.c': '', 'tests/unit/fcgi/cellar/test_stray.c': '' }), [
    'fcgi/stray.c:1: is in no room',
    'tests/unit/fcgi/cellar: tests of no room',
  ]);
});

test('a row that nobody needs, a row without files, a row that names what stands on it', () => {
  assert.deepEqual(found({ ...SOUND, 'fcgi/base/timers.c': '' }), ['ARCHITECTURE.md:4: fcgi/base may include common, and nothing in it does']);
  assert.deepEqual(found({ ...SOUND, 'ARCHITECTURE.md': `${TABLE}| \`fcgi/attic\` | | |\n` }), ['ARCHITECTURE.md:6: fcgi/attic has no files']);
  assert.deepEqual(found({ ...SOUND, 'ARCHITECTURE.md': TABLE.replace('| the ground | |', '| the ground | `fcgi/door` |') }), [
    'ARCHITECTURE.md:3: common names fcgi/door, which is no room above it',
  ]);
});

test('modules of the site, however they are imported', () => {
  const site = {
    'ARCHITECTURE.md': `${TABLE}| \`www/net\` | | |\n| \`www/views\` | | |\n`,
    'www/net/ask.js': '/** @param {import(\'../views/page.js\').Page} page */\n',
    'www/views/page.js': "import { ask } from '../net/ask.js';\n",
  };
  assert.deepEqual(found({ ...SOUND, ...site }), [
    'www/net/ask.js:1: www/net includes www/views/page.js, which stands on it',
    'www/views/page.js:1: www/views may not include www/net/ask.js',
    'www/net/ask.js:1: a circle: www/net, www/views',
    'www/net/ask.js:1: a circle: www/net/ask, www/views/page',
  ]);
});
