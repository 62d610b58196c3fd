// @ts-check
// The page as files: the handles that others rely on, the strict policy it lives under, what is fetched ahead.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'node:test';

const www = new URL('../../www/', import.meta.url);
const modules = readdirSync(www, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.js'));
/** @param {string} path */
const read = path => readFileSync(new URL(path, www), 'utf8');
const html = read('index.html');

test('the page has each handle that others rely on, once', () => {
  const handles = ['start', 'plan', 'join', 'leave', 'control', 'extend'].map(action => `data-action="${action}"`);
  handles.push('name="code"', '<video class="picture__video" data-picture', ' data-code ', ' data-message ');
  for (const handle of handles) assert.equal(html.split(handle).length - 1, 1, handle);
});

test('nothing in the page needs an exception from the strict policy', () => {
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/, 'no inline script');
  assert.doesNotMatch(html, /<style|\sstyle=/, 'no inline style');
  assert.doesNotMatch(html, /\son\w+=/, 'no inline handler');
  for (const path of modules)
    assert.doesNotMatch(read(path), /\beval\(|innerHTML|new Function|setAttribute\('style'/, path);
});

test('everything is fetched relative to the page, so that it works at any path', () => {
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]+)"/g)) assert.doesNotMatch(address, /^\/|:/, address);
  for (const path of modules) assert.doesNotMatch(read(path), /(?:fetch|new URL)\(['"`](?:\/|https?:)/, path);
});

test('the page names every module ahead that it comes to need, so that all are fetched at once', () => {
  const preloaded = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, path]) => path);
  const needed = new Set(['main.js']);
  for (const path of needed)
    for (const [, target] of read(path).matchAll(/^(?:import|export) [^;]*?from '([^']+)';$/gm)) needed.add(join(dirname(path), target));
  needed.delete('main.js');
  assert.deepEqual(preloaded, [...needed].sort());
});

test('the page links every style sheet and names every script that there is, but for the languages that are not spoken', () => {
  const sheets = readdirSync(new URL('styles/', www), { encoding: 'utf8' }).map(name => `styles/${name}`);
  const named = (/** @type {RegExp} */ tag) => [...html.matchAll(tag)].map(([, path]) => path).sort();
  assert.deepEqual(named(/<link rel="stylesheet" href="([^"]+)">/g), sheets.sort());
  const spoken = [...read('i18n/languages.js').matchAll(/import\('\.\/(.*)'\)/g)].map(([, file]) => `i18n/${file}`);
  assert.ok(spoken.length >= 3);
  const fetched = [...named(/<(?:script|link)\b[^>]* (?:src|href)="([^"]+\.js)">/g), ...spoken];
  assert.deepEqual([...new Set(fetched)].sort(), [...modules].sort());
});

test('every module that is imported is there', () => {
  for (const path of modules)
    for (const [, target] of read(path).matchAll(/^import .* from '([^']+)';$/gm))
      assert.ok(modules.includes(normalize(join(dirname(path), target))), `${path}: ${target}`);
});

test('only the views touch the document; whether it is seen, others may ask', () => {
  const others = modules.filter(path => !path.startsWith('views/') && path !== 'load.js');
  assert.ok(others.length > 40);
  for (const path of others) assert.doesNotMatch(read(path), /document\.(?!baseURI|hidden|addEventListener\('(?:visibilitychange|resume)')/, path);
});
