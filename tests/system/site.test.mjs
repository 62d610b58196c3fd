// @ts-check
// The page as others see it who run no script: search engines, messengers that show what a link leads to, a browser before the first
// script has come. It is there in each language, behind either web server, and what it needs comes in few requests.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LANGUAGES } from '../../www/i18n/languages.js';
import { startApache } from './lib/apache.mjs';
import { request } from './lib/client.mjs';
import { startNginx } from './lib/nginx.mjs';
import { run, source, temporaryDirectory } from './lib/programs.mjs';
import { builtSite } from './lib/site.mjs';

/** @type {Record<string, Record<string, import('../../www/i18n/text.js').Text>>} */
const texts = {};
for (const { tag, load } of LANGUAGES) texts[tag] = (await load()).texts;

/** What HTML makes of a text. @param {string} text */
const inHtml = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** No coordinator is there: the page is all the same. @param {import('./lib/programs.mjs').Scope} t */
function noCoordinator(t) {
  const path = join(temporaryDirectory(t, 'vitrina-site'), 'nobody.sock');
  writeFileSync(path, '');
  return path;
}

const servers = [
  { name: 'nginx', start: startNginx },
  { name: 'Apache', start: startApache },
];

/** @param {string} html @param {RegExp} what */
const named = (html, what) => [...html.matchAll(what)].map(([, value]) => value);
/** Scripts and style sheets that a page asks for at once. @param {string} html */
const fetched = html => named(html, /<(?:script|link rel="(?:stylesheet|modulepreload)")[^>]* (?:src|href)="([^"]+)"/g);

test('each language has its page, and its words stand in it', () => {
  for (const { tag } of LANGUAGES) {
    const html = readFileSync(join(builtSite(), `index.${tag}.html`), 'utf8');
    assert.ok(html.includes(`<html lang="${tag}">`), tag);
    const own = (/** @type {string} */ key) => inHtml(String(texts[tag][key] ?? texts.en[key]));
    assert.ok(html.includes(`<title data-i18n="page.title">${own('page.title')}</title>`), tag);
    for (const name of ['name="description"', 'property="og:description"'])
      assert.ok(html.includes(`<meta ${name} data-i18n-content="page.description" content="${own('page.description')}">`), `${tag} ${name}`);
    const shown = [...html.matchAll(/data-i18n="([a-z.]+)">([^<]*)</g)];
    assert.ok(shown.length > 40);
    for (const [, key, text] of shown) assert.equal(text, own(key), `${tag} ${key}`);
    assert.match(html, /<noscript>\s*<p[^>]*>[^<]+<\/p>\s*<\/noscript>/);
  }
  assert.equal(readFileSync(join(builtSite(), 'index.html'), 'utf8'), readFileSync(join(builtSite(), 'index.en.html'), 'utf8'));
});

test('a page needs few files, each of which is there, and so are the pictures for those who keep it', t => {
  if (!existsSync(join(builtSite(), 'assets'))) return t.skip('this build has no bundler');
  for (const { tag } of LANGUAGES) {
    const needed = fetched(readFileSync(join(builtSite(), `index.${tag}.html`), 'utf8'));
    assert.ok(needed.length >= 3 && needed.length <= 8, needed.join(' '));
    assert.ok(needed.some(path => path.startsWith(`assets/${tag}-`)), `the words of ${tag} are fetched at once`);
    for (const path of needed) assert.ok(existsSync(join(builtSite(), path)), path);
  }
  const { icons } = JSON.parse(readFileSync(join(builtSite(), 'manifest.webmanifest'), 'utf8'));
  for (const { src, sizes, type } of icons) {
    const picture = readFileSync(join(builtSite(), src));
    if (type === 'image/png') assert.equal(`${picture.readUInt32BE(16)}x${picture.readUInt32BE(20)}`, sizes, src);
  }
});

test('without a bundler the site is the same page of many files', t => {
  const directory = join(temporaryDirectory(t, 'vitrina-site'), 'site');
  const made = run('sh', [join(source, 'tools/site.sh'), join(source, 'www'), directory]);
  assert.equal(made.status, 0, made.stderr);
  for (const { tag } of LANGUAGES) {
    const html = readFileSync(join(directory, `index.${tag}.html`), 'utf8');
    assert.ok(html.includes(String(texts[tag]['hero.title'])), tag);
    for (const path of fetched(html)) assert.ok(existsSync(join(directory, path)), path);
  }
});

for (const { name, start } of servers) {
  test(`${name} shows the page in the visitor's language, and tells others its whole address`, async t => {
    const site = await start(t, { coordinatorSocket: noCoordinator(t), path: '/tours/' });
    const { host } = new URL(site.url);
    /** @type {[string, string, string][]} */
    const rows = [
      ['', '', 'en'],
      ['', 'ru', 'ru'],
      ['', 'de-AT,de;q=0.9,en;q=0.8', 'de'],
      ['', 'kk-KZ,kk;q=0.9,ru;q=0.8,en;q=0.7', 'ru'],
      ['', 'fr', 'en'],
      ['', '../../etc/passwd', 'en'],
      ['?lang=de', 'ru', 'de'],
      ['?lang=tlh', 'ru', 'ru'],
    ];
    for (const [query, accepted, expected] of rows) {
      const { status, headers, text: body } = await request(site.url + query, { ca: site.ca, headers: accepted ? { 'Accept-Language': accepted } : {} });
      assert.equal(status, 200, query + accepted);
      assert.ok(body.includes(`<html lang="${expected}">`), `"${accepted}" ${query}: ${expected}`);
      assert.match(String(headers.vary), /Accept-Language/);
      assert.equal(headers['cache-control'], 'no-cache');
      assert.deepEqual(named(body, /og:image" content='([^']*)'/g), [`https://${host}/tours/icons/preview.jpg`]);
    }
    assert.equal((await request(`${site.url}icons/preview.jpg`, { ca: site.ca })).headers['content-type'], 'image/jpeg');
  });

  test(`${name} lets browsers keep what cannot change`, async t => {
    if (!existsSync(join(builtSite(), 'assets'))) return t.skip('this build has no bundler');
    const site = await start(t, { coordinatorSocket: noCoordinator(t) });
    const [script] = fetched(readFileSync(join(builtSite(), 'index.html'), 'utf8')).filter(path => path.includes('main-'));
    const { status, headers } = await request(site.url + script, { ca: site.ca });
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['content-type']), /^text\/javascript/);
  });
}
