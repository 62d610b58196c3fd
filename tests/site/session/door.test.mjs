// @ts-check
// The door of a session, seen from inside: what the host answers is asked once, and the newest invitation is the one that is good.

import assert from 'node:assert/strict';
import test from 'node:test';

// What the page's modules ask of it when they are loaded.
Object.assign(globalThis, { document: { baseURI: 'https://site.example/' } });
const { Unreachable } = await import('../../../www/net/ask.js');
const { Door } = await import('../../../www/session/door.js');

const turn = () => new Promise(done => setImmediate(done));
const knock = { msg: 'KNOCK', knock: 'a', name: 'Anna', lapses_in_seconds: 25 };

/** A door at which Anna knocks, and a coordinator that answers when the test says so. */
function withAnna() {
  /** @type {{ asked: any[], answer: (answer: any) => void, fail: (error: unknown) => void }[]} */
  const questions = [];
  /** @type {any} */
  const ask = (/** @type {any[]} */ ...asked) => new Promise((answer, fail) => questions.push({ asked, answer, fail }));
  /** @type {string[]} */
  const invitations = [];
  let changes = 0;
  const handlers = { onChange: () => void changes++, onInvitation: (/** @type {any} */ { invite }) => void invitations.push(invite) };
  const door = new Door('T', handlers, { answerKnock: ask, getInvitation: ask, setDoor: ask });
  door.hear(knock, 0);
  const waiting = () => door.knocks.waiting(0).map(({ name }) => name);
  return { door, questions, invitations, waiting, changes: () => changes };
}

/** @param {string} invite */
const invitation = invite => ({ msg: 'INVITATION', code: '0427', invite, door: 'open' });

test('an answer is asked once, however often the button is pressed, and ends the knock', async () => {
  for (const admitted of [true, false]) {
    const { door, questions, waiting, changes } = withAnna();
    const first = door.answer('a', admitted);
    assert.ok(door.answering.has('a'));
    assert.equal(await door.answer('a', !admitted), null);
    assert.deepEqual(questions.map(({ asked }) => asked), [['T', 'a', admitted]]);
    questions[0].answer({ msg: admitted ? 'USER_ADMITTED' : 'USER_REFUSED' });
    assert.ok(await first);
    assert.deepEqual([waiting(), door.answering.size, changes()], [[], 0, 2]);
  }
});

test('one that was answered meanwhile is over; after any other refusal it waits on, to be answered again', async () => {
  for (const [msg, left] of /** @type {[string, string[]][]} */ ([['NOT_FOUND', []], ['FORBIDDEN', ['Anna']], ['STORE_UNAVAILABLE', ['Anna']]])) {
    const { door, questions, waiting } = withAnna();
    const asked = door.answer('a', true);
    questions[0].answer({ msg });
    assert.deepEqual(await asked, { msg });
    assert.deepEqual(waiting(), left, msg);
  }
  const { door, questions, waiting } = withAnna();
  const asked = door.answer('a', true);
  questions[0].fail(new Unreachable('lost'));
  assert.deepEqual(await asked, { msg: 'UNREACHABLE' });
  assert.deepEqual(waiting(), ['Anna']);
  door.answer('a', true);
  assert.equal(questions.length, 2);
});

test('the invitation that was asked for is taken, unless a newer one was told meanwhile', async () => {
  const { door, questions, invitations } = withAnna();
  door.refresh();
  questions[0].answer(invitation('first'));
  await turn();
  door.refresh();
  door.hear({ ...invitation('told'), msg: 'INVITATION_CHANGED' }, 0);
  questions[1].answer(invitation('older than that'));
  door.refresh();
  door.refresh();
  questions[3].answer(invitation('last'));
  questions[2].answer(invitation('late'));
  await turn();
  assert.deepEqual(invitations, ['first', 'last']);
});

test('a door that is being set is set once, and an older question does not set it back', async () => {
  const { door, questions, invitations } = withAnna();
  door.refresh();
  const set = door.set('knock');
  assert.equal(await door.set('open'), null);
  questions[1].answer(invitation('set'));
  assert.equal((await set)?.msg, 'INVITATION');
  questions[0].answer(invitation('asked before'));
  await turn();
  assert.deepEqual(invitations, ['set']);
  const again = door.set('open');
  questions[2].answer({ msg: 'FORBIDDEN' });
  assert.deepEqual(await again, { msg: 'FORBIDDEN' });
  assert.deepEqual(invitations, ['set']);
});

test('what is answered after the session changes nothing', async () => {
  const { door, questions, invitations, waiting } = withAnna();
  door.refresh();
  const answers = [door.set('knock'), door.answer('a', true)];
  door.close();
  for (const { answer } of questions) answer(invitation('late'));
  assert.deepEqual(await Promise.all(answers), [null, null]);
  assert.deepEqual([invitations, waiting()], [[], ['Anna']]);
  assert.equal(await door.answer('a', true), null);
});
