// @ts-check
// The page as files: the handles that others rely on, the strict policy it lives under, the drawings.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'node:test';
import { I18n } from '../../www/i18n/i18n.js';
import { drawComplex, hash, HEIGHT, seededRandom, WIDTH } from '../../www/views/rc-drawing.js';
import { rcDescription, rcPlaces, rcPlacesInWords, rcTitle } from '../../www/words/rc.js';

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

test('every module that is imported is there', () => {
  for (const path of modules)
    for (const [, target] of read(path).matchAll(/^import .* from '([^']+)';$/gm))
      assert.ok(modules.includes(normalize(join(dirname(path), target))), `${path}: ${target}`);
});

test('only the views touch the document', () => {
  const others = modules.filter(path => !path.startsWith('views/') && path !== 'load.js');
  assert.ok(others.length > 40);
  for (const path of others) assert.doesNotMatch(read(path), /document\.(?!baseURI)/, path);
});

test('a complex is drawn the same for everyone, and unlike another', () => {
  const drawing = JSON.stringify(drawComplex('River Quarter', 'a'));
  assert.equal(JSON.stringify(drawComplex('River Quarter', 'a')), drawing);
  assert.notEqual(JSON.stringify(drawComplex('Park Side', 'a')), drawing);
});

test('any name gives a whole drawing of bounded size', () => {
  for (const name of ['', 'Ж', 'Северное сияние', 'x'.repeat(500), '🏠', 'River Quarter', 'Park Side', '__proto__']) {
    const text = JSON.stringify(drawComplex(name, 'a'));
    assert.doesNotMatch(text, /NaN|Infinity|undefined|null/, name);
    assert.ok(text.length < 60_000, `${name}: ${text.length} characters`);
  }
  assert.ok(WIDTH > HEIGHT);
});

test('the random numbers are the same everywhere', () => {
  assert.equal(hash(''), 0x811c9dc5);
  assert.equal(hash('a'), 0xe40c292c);
  const random = seededRandom(1);
  const drawn = Array.from({ length: 1000 }, () => random());
  assert.ok(drawn.every(value => value >= 0 && value < 1));
  assert.ok(new Set(drawn).size > 990);
});

test('a complex may lack everything but its name', () => {
  const en = new I18n('en');
  const bare = { rc_name: 'Bare' };
  assert.equal(rcTitle(bare, en), 'Bare');
  assert.equal(rcDescription(bare, en), '');
  assert.equal(rcPlaces(bare).state, 'closed');
  assert.equal(rcTitle({ rc_name: 'Bare', info: { title: 7 } }, en), 'Bare');
});

test('both spellings of the description are read', () => {
  const en = new I18n('en');
  assert.equal(rcDescription({ rc_name: 'X', info: { deskription: [{ en: 'A' }, { ru: 'Б' }] } }, en), 'A');
  assert.equal(rcDescription({ rc_name: 'X', info: { description: [{ en: 'A' }] } }, en), 'A');
});

test('places are told in plain words', () => {
  const languages = [new I18n('en'), new I18n('ru')];
  /** @param {number} free @param {number} capacity */
  const words = (free, capacity) => languages.map(i18n => rcPlacesInWords({ rc_name: 'X', free, capacity }, i18n));
  assert.deepEqual(words(2, 3), ['2 places of 3 free now', 'Свободно 2 места из 3']);
  assert.deepEqual(words(1, 1), ['Free now', 'Сейчас свободно']);
  assert.deepEqual(words(0, 3), ['Everything is taken right now', 'Сейчас всё занято']);
  assert.deepEqual(words(0, 0), ['Not available at the moment', 'Сейчас недоступно']);
  assert.deepEqual(words(5, 3), ['3 places of 3 free now', 'Свободно 3 места из 3'], 'never more than there are');
});
