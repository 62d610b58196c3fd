// @ts-check
// The chat's promises: in order, nothing lost, nothing twice, nothing but text.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Unreachable } from '../../../www/net/ask.js';
import { Chat, LONGEST_TEXT } from '../../../www/session/chat.js';

const me = { user: 'me', name: 'Me', number: 1, role: 'host' };
const other = { user: 'other', name: '', number: 2, role: 'guest' };

/** A chat whose line the test holds. @param {import('../../../www/session/chat.js').ChatMessage[]} [earlier] */
function chatUnderTest(earlier) {
  const line = {
    /** @type {any[]} what was sent, each to be answered */ sent: [],
    /** @type {{ settle: (answer: any) => void, fail: (error: Error) => void }[]} */ open: [],
    /** @type {number[]} */ pauses: [],
    /** @type {string[]} */ announced: [],
    nowMs: 0,
    ids: 0,
    /** Answers the question that waits. @param {any} answer */
    async answer(answer) {
      const question = line.open.shift();
      assert.ok(question, 'a message is on its way');
      if (answer instanceof Error) question.fail(answer);
      else question.settle(answer);
      await settled();
    },
  };
  const chat = new Chat(
    {
      send: data =>
        new Promise((settle, fail) => {
          line.sent.push(data);
          line.open.push({ settle, fail });
        }),
      me: () => me,
      onMessage: ({ text }) => void line.announced.push(text),
      onChange: () => {},
      pause: async durationMs => void line.pauses.push(durationMs),
      newId: () => `id${(line.ids += 1)}`,
      nowMs: () => line.nowMs,
    },
    earlier,
  );
  return { chat, line };
}

/** Lets what was answered be taken. */
async function settled() {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const SENT = { msg: 'DATA_SENT' };
/** @param {Chat} chat */
const states = chat => chat.messages.map(({ text, state }) => `${text} ${state}`);

test('messages go out one after another, each when the one before was taken', async () => {
  const { chat, line } = chatUnderTest();
  for (const text of ['one', 'two', 'three']) assert.ok(chat.say(text));
  assert.deepEqual(line.sent, [{ chat: 'one', id: 'id1' }]);
  await line.answer(SENT);
  assert.deepEqual(states(chat), ['one sent', 'two sending', 'three sending']);
  await line.answer(SENT);
  await line.answer(SENT);
  assert.deepEqual(
    line.sent.map(({ chat: text }) => text),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(states(chat), ['one sent', 'two sent', 'three sent']);
});

test('what was not acknowledged is sent again when the line is back, under the same id', async () => {
  const { chat, line } = chatUnderTest();
  chat.say('one');
  chat.say('two');
  await line.answer(new Unreachable('lost'));
  assert.deepEqual(states(chat), ['one sending', 'two sending']);
  chat.pump();
  await line.answer(SENT);
  await line.answer(SENT);
  assert.deepEqual(
    line.sent.map(({ id }) => id),
    ['id1', 'id1', 'id2'],
  );
});

test('one that is told back by the streamer is acknowledged by that, and is there once', async () => {
  const { chat, line } = chatUnderTest();
  chat.say('one');
  chat.receive(me, true, { chat: 'one', id: 'id1' });
  assert.deepEqual(states(chat), ['one sent']);
  await line.answer(new Unreachable('the answer was lost with the line'));
  await chat.pump();
  assert.equal(line.sent.length, 1, 'it is not sent a second time');
});

test('the same message twice is seen once; the same id of another person is another message', () => {
  const { chat } = chatUnderTest();
  chat.receive(other, false, { chat: 'hello', id: 'x' });
  chat.receive(other, false, { chat: 'hello', id: 'x' });
  chat.receive({ ...other, user: 'third' }, false, { chat: 'hello', id: 'x' });
  assert.equal(chat.messages.length, 2);
  assert.equal(chat.unread, 2);
});

test('one without an id, of another kind of page, is a message, too', () => {
  const { chat } = chatUnderTest();
  chat.receive(other, false, { chat: 'hello' });
  chat.receive(other, false, { chat: 'hello' });
  assert.equal(chat.messages.length, 2);
});

test('too many at once wait as long as the streamer says, and go then', async () => {
  const { chat, line } = chatUnderTest();
  chat.say('one');
  await line.answer({ msg: 'TOO_MANY_ATTEMPTS', retry_after_seconds: 3 });
  assert.deepEqual(line.pauses, [3000]);
  await line.answer(SENT);
  assert.deepEqual(states(chat), ['one sent']);
});

test('one that is refused is shown as such, the next ones go, and it can be tried again', async () => {
  const { chat, line } = chatUnderTest();
  chat.say('one');
  chat.say('two');
  await line.answer({ msg: 'TOO_LARGE' });
  await line.answer(SENT);
  assert.deepEqual(states(chat), ['one refused', 'two sent']);
  chat.retry('id1');
  await line.answer(SENT);
  assert.deepEqual(states(chat), ['one sent', 'two sent']);
});

test('nothing but text of bounded length is taken, from whomever', () => {
  const { chat, line } = chatUnderTest();
  assert.ok(!chat.say(' \n '));
  chat.say('x'.repeat(5000));
  assert.equal(line.sent[0].chat.length, LONGEST_TEXT);
  for (const odd of [5, null, {}, [], '', '  ']) chat.receive(other, false, { chat: odd });
  assert.equal(chat.messages.length, 1);
  chat.receive(other, false, { chat: 'y'.repeat(15_000), id: 'z'.repeat(15_000) });
  assert.equal(chat.messages[1].text.length, LONGEST_TEXT);
  assert.ok(chat.messages[1].id.length <= 64);
});

test('the oldest messages are forgotten before there are too many', () => {
  const { chat } = chatUnderTest();
  for (let at = 0; at < 1000; at++) chat.receive(other, false, { chat: `m${at}`, id: `m${at}` });
  assert.equal(chat.messages.length, 300);
  assert.equal(chat.messages.at(-1)?.text, 'm999');
});

test('messages of others count as unread until they were looked at', () => {
  const { chat, line } = chatUnderTest();
  chat.say('mine');
  chat.receive(other, false, { chat: 'theirs' });
  assert.equal(chat.unread, 1);
  assert.deepEqual(line.announced, ['theirs']);
  chat.markRead();
  assert.equal(chat.unread, 0);
});

test('after a reload the talk is still there, and what was on its way goes out', async () => {
  const first = chatUnderTest();
  first.chat.say('one');
  const { chat, line } = chatUnderTest(JSON.parse(JSON.stringify(first.chat.messages)));
  chat.pump();
  await line.answer(SENT);
  assert.deepEqual(line.sent, [{ chat: 'one', id: 'id1' }]);
  assert.deepEqual(states(chat), ['one sent']);
});
