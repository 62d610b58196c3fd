// @ts-check
// What the page's address says, and what is written into it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { invitationLink, readAddress, readCode, withInvitation, withLanguage, withoutFragment } from '../../../www/app/address.js';

test('the address chooses, joins and sets the language', () => {
  const address = new URL('https://flats.example/show/?lang=ru#rc=River%20Quarter');
  assert.deepEqual(readAddress(address), { invitation: null, rcName: 'River Quarter', language: 'ru' });
  /** @param {string} hash */
  const invitation = hash => readAddress(new URL(`https://flats.example/${hash}`)).invitation;
  assert.deepEqual(invitation('#code=0427'), { code: '0427' });
  assert.deepEqual(invitation('#code=0427&invite=aZ09-_'), { code: '0427', invite: 'aZ09-_' });
  assert.deepEqual(invitation('#invite=aZ09-_&code=0427'), { code: '0427', invite: 'aZ09-_' });
  assert.equal(invitation('#code=42'), null);
  assert.equal(invitation('#invite=aZ09-_'), null, 'it opens no door by itself');
});

test('what can be no invitation is left out, and the code is tried alone', () => {
  for (const invite of ['', 'a b', 'a%00', '%D1%84', 'x'.repeat(65), '"'])
    assert.deepEqual(readAddress(new URL(`https://flats.example/#code=0427&invite=${invite}`)).invitation, { code: '0427' }, invite);
});

test('a code is four digits, however they are set apart', () => {
  for (const text of ['0427', ' 0427 ', '04 27', '04-27', '04\u00a027'])
    assert.equal(readCode(text), '0427', JSON.stringify(text));
  for (const text of ['', '427', '0427042704', '04a7', '٠٤٢٧']) assert.equal(readCode(text), null, JSON.stringify(text));
});

test('an invitation keeps the site’s path and nothing else of the address', () => {
  const address = new URL('https://flats.example/show/?lang=ru#rc=X');
  assert.equal(invitationLink(address, { code: '0427' }), 'https://flats.example/show/#code=0427');
  const link = invitationLink(address, { code: '0427', invite: 'aZ09-_' });
  assert.equal(link, 'https://flats.example/show/#code=0427&invite=aZ09-_');
  assert.deepEqual(readAddress(new URL(link)).invitation, { code: '0427', invite: 'aZ09-_' });
});

test('no link has more of a booking than its invitation', () => {
  const booking = { code: '0427', invite: 'aZ09-_', key: 'SECRET', request_id: 'SECRET' };
  for (const make of [invitationLink, withInvitation])
    assert.equal(make(new URL('https://flats.example/'), booking), 'https://flats.example/#code=0427&invite=aZ09-_');
});

test('a change of language keeps the rest of the address', () => {
  const changed = withLanguage(new URL('https://a.example/?x=1&lang=en#rc=Y'), 'ru');
  assert.equal(changed, 'https://a.example/?x=1&lang=ru#rc=Y');
  assert.equal(withoutFragment(new URL('https://a.example/?x=1#code=1')), 'https://a.example/?x=1');
});
