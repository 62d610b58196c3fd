// @ts-check
// The page's texts: complete in every language, right in number, none missing and none left over.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { chooseLanguage, I18n } from '../../../www/i18n/i18n.js';
import { lookUp } from '../../../www/i18n/tags.js';
import { TABLES, tags } from '../lib/languages.mjs';

const source = new URL('../../../', import.meta.url);
/** @param {string} path */
const read = path => readFileSync(new URL(path, source), 'utf8');

/** The page and its modules, but for the texts themselves. */
const sources = readdirSync(new URL('www/', source), { recursive: true, encoding: 'utf8' })
  .filter(path => /\.(html|js)$/.test(path) && !tags.includes(path.slice('i18n/'.length, -'.js'.length)));

/** @param {import('../../../www/i18n/text.js').Text} text @returns {string[]} */
const forms = text => (typeof text === 'string' ? [text] : Object.values(text));

/** @param {import('../../../www/i18n/text.js').Text} text @returns {string[]} names of what is put in */
const placeholders = text => [...new Set(forms(text).flatMap(form => form.match(/\{\w+\}/g) ?? []))].sort();

test('every text that a language has is one of the page, with the same things put in; what it lacks is said in English', t => {
  const keys = Object.keys(TABLES.en);
  for (const language of tags) {
    const lacking = keys.filter(key => !(key in TABLES[language]));
    t.diagnostic(`${language} lacks ${lacking.length} of ${keys.length} texts${lacking.map(key => ` ${key}`).join('')}`);
    for (const [key, text] of Object.entries(TABLES[language])) {
      assert.ok(key in TABLES.en, `${language} ${key}`);
      assert.deepEqual(placeholders(text), placeholders(TABLES.en[key]), `${language} ${key}`);
      for (const form of forms(text)) assert.notEqual(form.trim(), '', `${language} ${key}`);
    }
    for (const key of lacking) assert.equal(new I18n(language).t(key, { count: 2 }), new I18n('en').t(key, { count: 2 }));
  }
});

test('every form by number that a language needs is there', () => {
  for (const language of tags) {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const [key, text] of Object.entries(TABLES[language]))
      if (typeof text !== 'string') assert.deepEqual(Object.keys(text).sort(), needed, `${language} ${key}`);
  }
});

test('every text that the page and its modules name exists', () => {
  const modules = sources.filter(path => path.endsWith('.js'));
  assert.ok(modules.length > 20);
  const key = /'((?:page|hero|rcs?|ways|session|notice|ended|duration|plan|offers|booked|bookings|early|extend|people|control|chat|pointer|line|stats|knock|door|photo)\.[\w.-]+)'/g;
  const named = modules
    .flatMap(path => [...read(`www/${path}`).matchAll(key)])
    .concat([...read('www/index.html').matchAll(/data-i18n(?:-label|-placeholder)?="([^"]+)"/g)])
    .map(match => match[1]);
  assert.ok(named.length > 40);
  for (const name of named) assert.ok(name in TABLES.en, name);
});

test('no text is left over', () => {
  const all = sources.map(path => read(`www/${path}`)).join('\n');
  // These are put together from a word of the wire, of the state, or of the day.
  const composed = /^(refusal|ended\.reason|trouble\.reason|rc|plan\.part)\./;
  for (const key of Object.keys(TABLES.en))
    if (!composed.test(key)) assert.match(all, new RegExp(`['"]${key.replaceAll('.', '\\.')}['"]`), key);
});

test('Russian counts as Russians do', () => {
  const ru = new I18n('ru');
  assert.deepEqual(
    [1, 2, 5, 11, 21, 22, 25].map(count => ru.t('rc.free', { count, capacity: 30 })),
    [
      'Свободно 1 место из 30',
      'Свободно 2 места из 30',
      'Свободно 5 мест из 30',
      'Свободно 11 мест из 30',
      'Свободно 21 место из 30',
      'Свободно 22 места из 30',
      'Свободно 25 мест из 30',
    ],
  );
});

test('English counts as the English do', () => {
  const en = new I18n('en');
  assert.equal(en.t('duration.minutes', { count: 1 }), '1 minute');
  assert.equal(en.t('duration.minutes', { count: 2 }), '2 minutes');
});

test('the language is the one asked for, else the first that the browser knows, else English', () => {
  assert.equal(chooseLanguage('ru', ['en-GB']), 'ru');
  assert.equal(chooseLanguage('fr', ['it', 'ru-RU', 'en']), 'ru');
  assert.equal(chooseLanguage(null, ['de-CH-1996', 'en']), 'de');
  assert.equal(chooseLanguage(null, ['kk-KZ', 'RU', 'en']), 'ru');
  assert.equal(chooseLanguage(null, ['it-IT']), 'en');
});

test('a text in several languages is taken in the visitor’s, and anything else is borne', () => {
  const ru = new I18n('ru');
  assert.equal(ru.pick([{ en: 'Park' }, { ru: 'Парк' }]), 'Парк');
  assert.equal(ru.pick({ en: 'Park', ru: 'Парк' }), 'Парк');
  assert.equal(ru.pick([{ en: 'Park' }]), 'Park');
  assert.equal(ru.pick([{ it: 'Parco' }]), 'Parco');
  assert.equal(ru.pick('Park'), 'Park');
  for (const odd of [undefined, null, 5, [], {}, [null], [{ ru: 7 }], [[]]]) assert.equal(ru.pick(odd), '');
});

test('languages of such a text are named as browsers name them, and may be ones that the page does not speak', () => {
  assert.equal(new I18n('ru').pick({ 'en-US': 'Park', 'ru-RU': 'Парк' }), 'Парк');
  assert.equal(new I18n('ru').pick({ EN: 'Park', RU: 'Парк' }), 'Парк');
  const info = [{ en: 'Park' }, { kk: 'Саябақ' }, { ru: 'Парк' }];
  const kazakh = ['kk-KZ', 'ru-RU', 'ru', 'en'];
  assert.equal(new I18n('ru', kazakh).pick(info), 'Саябақ', 'what the browser has first');
  assert.equal(new I18n('ru', kazakh).pick([{ en: 'Park' }, { ru: 'Парк' }]), 'Парк', 'then the next');
  assert.equal(new I18n('ru', kazakh, true).pick(info), 'Парк', 'but for what was asked for on the page');
  const spoken = new I18n('ru', kazakh);
  spoken.language = 'en';
  assert.equal(spoken.pick(info), 'Park', 'and what is asked for later');
});

test('a look-up takes the nearest tag, as RFC 4647 has it', () => {
  assert.equal(lookUp(['zh', 'zh-Hant', 'zh-Hant-CN'], ['zh-Hant-CN-x-private1']), 'zh-Hant-CN');
  assert.equal(lookUp(['zh', 'zh-Hant'], ['zh-Hant-CN-x-private1']), 'zh-Hant');
  assert.equal(lookUp(['pt-BR', 'pt'], ['pt']), 'pt');
  assert.equal(lookUp(['pt-BR'], ['pt']), 'pt-BR');
  assert.equal(lookUp(['', 'en'], ['', 'fr']), undefined);
});
