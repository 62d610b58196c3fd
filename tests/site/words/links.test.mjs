// @ts-check
// Addresses in what people write.

import assert from 'node:assert/strict';
import test from 'node:test';
import { splitLinks } from '../../../www/words/links.js';

test('an address becomes a link, and the text around it stays', () => {
  assert.deepEqual(splitLinks('See https://flats.example/plan?x=1, please.'), [
    { text: 'See ' },
    { text: 'https://flats.example/plan?x=1', href: 'https://flats.example/plan?x=1' },
    { text: ', please.' },
  ]);
  assert.deepEqual(splitLinks('(http://a.example:8080/b)'), [
    { text: '(' },
    { text: 'http://a.example:8080/b', href: 'http://a.example:8080/b' },
    { text: ')' },
  ]);
  assert.deepEqual(splitLinks('Плита 60×60'), [{ text: 'Плита 60×60' }]);
});

test('what does not lead where it seems to, or is no address of the web, is plain text', () => {
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'https://bank.example@evil.example/',
    'https://user:pass@evil.example/',
    'https://bаnk.example/',
    'https://0x7f.1/',
    'https://xn--bnk-5cd.example/',
    'https://',
    `https://a.example/${'x'.repeat(600)}`,
    'ftp://a.example/',
    'file:///etc/passwd',
    'https:\\\\evil.example',
  ])
    assert.deepEqual(splitLinks(text), [{ text }], text);
});

test('links never add or lose a letter', () => {
  for (const text of ['https://a.example/ https://a.example', 'x https://a@b https://c.example!', 'https://a.example"onclick="x'])
    assert.equal(splitLinks(text).map(part => part.text).join(''), text);
});
