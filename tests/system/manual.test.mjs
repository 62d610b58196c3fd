// @ts-check
// The manual is whole: every word of the wire, every verb and every setting that the programs know stands in it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './lib/programs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8');

/** The manual's pages: every file; the pictures for README.md have a folder beside them. */
const allPages = () => readdirSync(join(root, 'man'), { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);

/** A manual page as plain words. @param {string} page */
const manual = (page) => new Set(read(`man/${page}`).replace(/\\-/g, '-').replace(/\\f[A-Z]/g, ' ').match(/[A-Za-z][\w-]*/g));

/** @param {string} source @param {RegExp} row its first group is the word */
function words(source, row) {
  const found = [...read(source).matchAll(row)].map((match) => match[1]);
  assert.ok(found.length > 3, `${source} has no such table any more`);
  return found;
}

/** @param {string} page @param {string[]} expected */
function knows(page, expected) {
  const page_words = manual(page);
  assert.deepEqual(expected.filter((word) => !page_words.has(word)), [], `${page} does not mention them`);
}

test('every message, refusal, event and reason is in vitrina-protocol(7)', () => {
  knows('vitrina-protocol.7', words('common/wire.c', /^\s*\[WIRE_\w+\] = \{"(\w+)"/gm));
  knows('vitrina-protocol.7', words('common/wire.c', /\[WIRE_END_\w+\] = "(\w+)"/g));
});

test('every verb is in vitrina-protocol(7)', () => {
  for (const part of ['fcgi', 'streamer']) {
    const sources = /** @type {string[]} */ (readdirSync(join(root, part), { recursive: true })).filter((name) => name.endsWith('.c'));
    const verbs = sources.flatMap((name) => [...read(`${part}/${name}`).matchAll(/^\s*\{"([A-Z_]+)", (?:\w+_fields|NULL),/gm)]);
    assert.ok(verbs.length > 8, `${part} has no table of verbs any more`);
    knows('vitrina-protocol.7', verbs.map((match) => match[1]));
  }
});

test('every setting is in a manual page', () => {
  const setting = /^\s*\{"(\w+)", SETTING_/gm;
  knows('vitrina-coordinator.8', words('fcgi/settings/configuration.c', setting));
  knows('vitrina-config.json.5', words('streamer/settings/settings.c', setting));
  knows('vitrina-config.json.5', words('streamer/shared/media_settings.c', setting));
});

const noMan = run('sh', ['-c', 'command -v man']).status === 0 ? false : 'there is no man on this machine';

test('every page has its date, and renders without a warning', { skip: noMan }, () => {
  const pages = allPages();
  assert.ok(pages.length > 8, 'the manual has moved');
  for (const page of pages) {
    assert.match(read(`man/${page}`), /^\.TH \S+ \d "20\d\d-\d\d-\d\d" "Vitrina" "[\w ]+"$/m, page);
    // Its own locale, so that Cyrillic is looked at as well.
    const { status, stdout, stderr } = run('man', ['--warnings', '-E', 'UTF-8', '-l', join(root, 'man', page)], { env: { LC_ALL: 'C.UTF-8' } });
    assert.deepEqual([status, stderr], [0, ''], page);
    const cyrillic = (/** @type {string} */ text) => (text.match(/\p{Script=Cyrillic}/gu) ?? []).length;
    assert.equal(cyrillic(stdout), cyrillic(read(`man/${page}`)), page);
  }
});

test('a page that one sends readers to is there', () => {
  const pages = new Set(allPages());
  for (const page of pages)
    for (const [, name, section] of read(`man/${page}`).replace(/\\-/g, '-').matchAll(/^\.BR (vitrina-\S+) \((\d)\)/gm))
      assert.ok(pages.has(`${name}.${section}`), `${page} names ${name}(${section})`);
});
