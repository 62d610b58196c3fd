// @ts-check
// What the page's address says, and what is written into it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { invitationLink, readAddress, readCode, withLanguage, withoutFragment } from '../../../www/app/address.js';

test('the address chooses, joins and sets the language', () => {
  const address = new URL('https://flats.example/show/?lang=ru#rc=River%20Quarter');
  assert.deepEqual(readAddress(address), { code: null, rcName: 'River Quarter', language: 'ru' });
  assert.equal(readAddress(new URL('https://flats.example/#code=0427')).code, '0427');
  assert.equal(readAddress(new URL('https://flats.example/#code=42')).code, null);
});

test('a code is four digits, however they are set apart', () => {
  for (const text of ['0427', ' 0427 ', '04 27', '04-27', '04\u00a027'])
    assert.equal(readCode(text), '0427', JSON.stringify(text));
  for (const text of ['', '427', '0427042704', '04a7', '٠٤٢٧']) assert.equal(readCode(text), null, JSON.stringify(text));
});

test('an invitation keeps the site’s path and nothing else of the address', () => {
  const link = invitationLink(new URL('https://flats.example/show/?lang=ru#rc=X'), '0427');
  assert.equal(link, 'https://flats.example/show/#code=0427');
});

test('a change of language keeps the rest of the address', () => {
  const changed = withLanguage(new URL('https://a.example/?x=1&lang=en#rc=Y'), 'ru');
  assert.equal(changed, 'https://a.example/?x=1&lang=ru#rc=Y');
  assert.equal(withoutFragment(new URL('https://a.example/?x=1#code=1')), 'https://a.example/?x=1');
});
