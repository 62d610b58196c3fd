// @ts-check
// Staying longer: what is offered stands until it is taken or declined, however often it is told.

import assert from 'node:assert/strict';
import test from 'node:test';

// What the page's modules ask of it when they are loaded.
Object.assign(globalThis, { document: { baseURI: 'https://site.example/' } });
const { Extension } = await import('../../../www/session/extension.js');

/**
 * An extension, and how the coordinator tells an event to it and answers.
 * @param {...string} answers one after another, the last for good
 */
function listening(...answers) {
  let changes = 0;
  /** @type {string[]} */ const asked = [];
  const entry = /** @type {any} */ ({ ticket: 'T' });
  const extension = new Extension(
    entry,
    () => changes++,
    async (_ticket, until) => ({ msg: answers[Math.min(asked.push(until), answers.length) - 1] }),
  );
  /** @param {string} ends_at @param {number} available_minutes */
  const offer = (ends_at, available_minutes) => extension.hear({ msg: 'EXTENSION_OFFERED', ends_at, available_minutes });
  return { extension, offer, asked, changes: () => changes };
}

test('an offer that was declined is not made again by being told again, as after a lost connection', () => {
  const { extension, offer, changes } = listening();
  offer('2030-01-01T10:00:00Z', 30);
  assert.equal(extension.minutes, 30);
  extension.withdraw();
  offer('2030-01-01T10:00:00Z', 30);
  assert.deepEqual([extension.minutes, changes()], [0, 2]);
});

test('the offer before the next end is another one', () => {
  const { extension, offer } = listening();
  offer('2030-01-01T10:00:00Z', 30);
  extension.withdraw();
  offer('2030-01-01T10:30:00Z', 10);
  assert.equal(extension.minutes, 10);
});

test('an offer that has become shorter is as it is now', () => {
  const { extension, offer } = listening();
  offer('2030-01-01T10:00:00Z', 30);
  offer('2030-01-01T10:00:00Z', 15);
  assert.equal(extension.minutes, 15);
});

test('who asks again, because nobody answered, asks for the same end', async () => {
  const { extension, offer, asked } = listening('UNREACHABLE', 'SESSION_EXTENDED');
  offer('2030-01-01T10:00:00Z', 15);
  assert.equal((await extension.extend())?.msg, 'UNREACHABLE');
  assert.equal((await extension.extend())?.msg, 'SESSION_EXTENDED');
  assert.deepEqual(asked, ['2030-01-01T10:15:00.000Z', '2030-01-01T10:15:00.000Z']);
  assert.equal(extension.minutes, 0);
});

test('who may not extend, or no more, is not offered it on', async () => {
  for (const refusal of ['FORBIDDEN', 'NOT_AUTHORIZED']) {
    const { extension, offer } = listening(refusal);
    offer('2030-01-01T10:00:00Z', 15);
    assert.equal((await extension.extend())?.msg, refusal);
    offer('2030-01-01T10:00:00Z', 15);
    assert.equal(extension.minutes, 0, refusal);
  }
});

test('after the session nothing is offered', () => {
  const { extension, offer } = listening();
  extension.close();
  offer('2030-01-01T10:00:00Z', 15);
  assert.equal(extension.minutes, 0);
});
