// @ts-check
// Asking to be let in: at once where the door opens, patiently where somebody has to open it.

import assert from 'node:assert/strict';
import test from 'node:test';

// What the page's modules ask of it when they are loaded.
Object.assign(globalThis, { document: { baseURI: 'https://site.example/' } });
const { Unreachable } = await import('../../../www/net/ask.js');
const { Knocker } = await import('../../../www/app/knocker.js');

const turn = () => new Promise(done => setImmediate(done));
const data = { msg: 'SESSION_CONNECTION_DATA' };
const none = { msg: 'SESSION_NOT_EXIST' };

/** Somebody at a door that answers when the test says so, at a time of the test's own. */
function atTheDoor() {
  /** @type {boolean[]} whether the page says that somebody inside is asked */
  const told = [];
  /** @type {{ answer: (answer: any) => void, fail: (error: unknown) => void, signal: AbortSignal, asked: any }[]} */
  const questions = [];
  /** @type {any} */
  const join = (/** @type {any} */ invitation, /** @type {any} */ who, /** @type {AbortSignal} */ signal) =>
    new Promise((answer, fail) => {
      questions.push({ answer, fail, signal, asked: { ...invitation, ...who } });
      signal.addEventListener('abort', () => fail(signal.reason));
    });
  /** @type {{ leftMs: number, wake: () => void }[]} */
  const alarms = [];
  /** @param {number} durationMs @param {AbortSignal} [signal] @returns {Promise<void>} */
  const pause = (durationMs, signal) =>
    new Promise((wake, fail) => {
      alarms.push({ leftMs: durationMs, wake });
      signal?.addEventListener('abort', () => fail(signal.reason));
    });
  const knocker = new Knocker(() => told.push(knocker.knocking), { join, pause });
  /** @param {number} durationMs */
  const after = async durationMs => {
    for (const alarm of alarms) if ((alarm.leftMs -= durationMs) <= 0) alarm.wake();
    await turn();
  };
  return { knocker, told, questions, after };
}

test('who is let in at once is told nothing of knocking, and neither is who is refused at once', async () => {
  const { knocker, told, questions, after } = atTheDoor();
  for (const answer of [data, none]) {
    const asked = knocker.ask({ code: '0427', invite: 'i' }, { name: 'Anna' });
    await after(1_000);
    questions.at(-1)?.answer(answer);
    assert.equal(await asked, answer);
  }
  assert.deepEqual(questions[0].asked, { code: '0427', invite: 'i', name: 'Anna' });
  await after(60_000);
  assert.deepEqual(told, []);
});

test('when it takes longer the visitor is told so, for as long as it takes', async () => {
  const { knocker, told, questions, after } = atTheDoor();
  const asked = knocker.ask({ code: '0427' }, {});
  await after(2_000);
  assert.deepEqual(told, [true]);
  await after(22_000);
  questions[0].answer(data);
  assert.equal(await asked, data);
  assert.deepEqual(told, [true, false]);
  assert.equal(questions.length, 1);
});

test('after such a wait, that there is no session means as well that nobody opened', async () => {
  const { knocker, questions, after } = atTheDoor();
  const asked = knocker.ask({ code: '0427' }, {});
  await after(25_000);
  questions[0].answer(none);
  assert.deepEqual(await asked, { msg: 'NOT_LET_IN' });
});

test('who has the key asks nobody: their session is being started', async () => {
  const { knocker, told, questions, after } = atTheDoor();
  const asked = knocker.ask({ code: '0427' }, { key: 'k' });
  await after(25_000);
  questions[0].answer(data);
  assert.equal(await asked, data);
  assert.deepEqual(told, []);
});

test('the question can be taken back, and the next one is another', async () => {
  const { knocker, told, questions, after } = atTheDoor();
  const first = knocker.ask({ code: '0427' }, {});
  await after(2_000);
  knocker.cancel();
  assert.equal(await first, null);
  assert.ok(questions[0].signal.aborted, 'nothing is left of it');
  assert.deepEqual(told, [true, false]);

  const second = knocker.ask({ code: '1111' }, {});
  const third = knocker.ask({ code: '2222' }, {});
  assert.equal(await second, null, 'one at a time');
  await after(2_000);
  assert.deepEqual(told, [true, false, true]);
  questions[2].answer(data);
  assert.equal(await third, data);
  await turn();
  assert.deepEqual(told, [true, false, true, false]);
});

test('that nobody answers is a refusal as any other', async () => {
  const { knocker, questions } = atTheDoor();
  const asked = knocker.ask({ code: '0427' }, {});
  questions[0].fail(new Unreachable('lost'));
  assert.deepEqual(await asked, { msg: 'UNREACHABLE' });
});
