// @ts-check
// Pointing: seldom enough for the network, often enough for the eye, and never where nobody points any more.

import assert from 'node:assert/strict';
import test from 'node:test';
import { FADE_MS, Pointers, PointerSender } from '../../../www/session/pointers.js';

/** A sender whose time and line the test holds. @param {number} [limit] */
function senderUnderTest(limit = 4) {
  /** @type {{ atMs: number, act: () => void }[]} */
  let timers = [];
  /** @type {{ place: any, atMs: number, arrive: () => void }[]} */
  const sent = [];
  const clock = { nowMs: 0 };
  const sender = new PointerSender({
    send: place => new Promise(settle => sent.push({ place, atMs: clock.nowMs, arrive: () => settle(undefined) })),
    limit: () => limit,
    nowMs: () => clock.nowMs,
    setTimer: (act, delayMs) => timers.push({ atMs: clock.nowMs + delayMs, act }),
  });
  /** @param {number} toMs */
  const passUntil = async toMs => {
    for (;;) {
      const next = timers.filter(({ atMs }) => atMs <= toMs).sort((one, two) => one.atMs - two.atMs)[0];
      if (!next) break;
      timers = timers.filter(timer => timer !== next);
      clock.nowMs = Math.max(clock.nowMs, next.atMs);
      next.act();
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
    clock.nowMs = toMs;
  };
  return { sender, sent, passUntil };
}

test('a moving hand is told at most 15 times a second, and its last place always', async () => {
  const { sender, sent, passUntil } = senderUnderTest(Infinity);
  for (let ms = 0; ms < 1000; ms += 5) {
    await passUntil(ms);
    sender.point({ x: ms / 1000, y: 0.5 });
  }
  await passUntil(1100);
  const inFirstSecond = sent.filter(({ atMs }) => atMs < 1000);
  assert.ok(inFirstSecond.length >= 14 && inFirstSecond.length <= 15, `${inFirstSecond.length} in a second`);
  assert.equal(sent.at(-1)?.place.x, 0.995);
});

test('a hand that rests is told again, so that it does not fade; one that went is told once', async () => {
  const { sender, sent, passUntil } = senderUnderTest(Infinity);
  sender.point({ x: 0.5, y: 0.5 });
  await passUntil(5500);
  assert.equal(sent.length, 6);
  assert.ok(sent.every(({ atMs }, at) => at === 0 || atMs - sent[at - 1].atMs < FADE_MS));
  sender.point(null);
  sender.point(null);
  await passUntil(20_000);
  assert.equal(sent.length, 7);
  assert.equal(sent.at(-1)?.place, null);
});

test('on a slow line new places replace those that wait, instead of queueing', async () => {
  const { sender, sent, passUntil } = senderUnderTest(1);
  for (let ms = 0; ms < 1000; ms += 50) {
    await passUntil(ms);
    sender.point({ x: ms / 1000, y: 0 });
  }
  assert.equal(sent.length, 1);
  sent[0].arrive();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  await passUntil(1100);
  assert.deepEqual(
    sent.map(({ place }) => place.x),
    [0, 0.95],
  );
});

test('others are seen where they point until they stop, leave, or are not heard of any more', () => {
  const pointers = new Pointers();
  pointers.receive('a', { x: 0.1, y: 0.2 }, 0);
  pointers.receive('b', { x: 1, y: 0 }, 0);
  pointers.receive('c', { x: 0.3, y: 0.3 }, 0);
  assert.deepEqual(pointers.visible(10)[0], { user: 'a', place: { x: 0.1, y: 0.2 } });
  pointers.receive('b', null, 20);
  pointers.forget('c');
  assert.deepEqual(
    pointers.visible(30).map(({ user }) => user),
    ['a'],
  );
  assert.deepEqual(pointers.visible(FADE_MS), []);
});

test('a place that is none is nowhere', () => {
  const pointers = new Pointers();
  for (const odd of [5, 'x', {}, { x: 0.5 }, { x: -0.1, y: 0 }, { x: 0, y: 1.1 }, { x: '0', y: 0 }, { x: Number.NaN, y: 0 }, undefined])
    pointers.receive('a', odd, 0);
  assert.deepEqual(pointers.visible(0), []);
});
