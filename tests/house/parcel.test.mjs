// @ts-check
// What a source package needs to be tested and packed is in it: each file of these folders is named in a makefile.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { source } from '../system/lib/programs.mjs';

const FOLDERS = ['tests/system', 'tests/system/lib', 'tests/browser', 'tests/browser/lib', 'tests/bench', 'tests/bench/lib', 'tests/house', 'tests/package', 'tests/package/lib', 'conf', 'debian', 'man', 'tools'];

/** @param {string} folder @returns {string[]} */
function makefilesIn(folder) {
  const entries = readdirSync(join(source, folder), { withFileTypes: true });
  const inner = entries.filter(entry => entry.isDirectory() && !/^(\.|build|node_modules)/.test(entry.name));
  return [
    ...entries.filter(entry => entry.name.endsWith('.am')).map(entry => join(folder, entry.name)),
    ...inner.flatMap(entry => makefilesIn(join(folder, entry.name))),
  ];
}

test('every file is in the source package', () => {
  const named = new Set(makefilesIn('.').flatMap(file => readFileSync(join(source, file), 'utf8').split(/[\s=]+/)));
  const files = FOLDERS.flatMap(folder => readdirSync(join(source, folder)).map(name => join(folder, name)));
  /* A program named alone has a source of its name; what building here leaves is none. */
  const isNamed = (/** @type {string} */ file) => named.has(file) || named.has(file.replace(/\.c$/, ''));
  const isOurs = (/** @type {string} */ file) => statSync(join(source, file)).isFile() && !/\.(am|o|log|trs)$/.test(file);
  const missing = files.filter(file => isOurs(file) && !isNamed(file));
  assert.deepEqual(missing, []);
});
