// @ts-check
// What the visitor's hands do becomes the right messages, in the right order.

import assert from 'node:assert/strict';
import test from 'node:test';
import { InputQueue } from '../../../www/player/input-queue.js';

/** A queue whose frames and backlog the test holds. */
function queueUnderTest() {
  /** @type {any[]} */
  const sent = [];
  /** @type {(() => void)[]} */
  let frames = [];
  const network = { backlog: 0 };
  const queue = new InputQueue({
    send: message => sent.push(message),
    backlog: () => network.backlog,
    requestFrame: callback => frames.push(callback),
  });
  const frame = () => {
    const due = frames;
    frames = [];
    due.forEach(callback => callback());
    return due.length;
  };
  return { queue, sent, frame, network };
}

test('of many moves in a frame the last one goes', () => {
  const { queue, sent, frame } = queueUnderTest();
  for (const x of [0.1, 0.2, 0.3]) queue.merge({ type: 'pointermove', x, y: 0 });
  assert.deepEqual(sent, []);
  assert.equal(frame(), 1, 'one frame is asked for, however many moves there are');
  assert.deepEqual(sent, [{ type: 'pointermove', x: 0.3, y: 0 }]);
  assert.equal(frame(), 0, 'nothing to send, no frame asked');
});

test('a press never overtakes the move before it', () => {
  const { queue, sent, frame } = queueUnderTest();
  queue.merge({ type: 'pointermove', x: 0.4, y: 0.4 });
  queue.send({ type: 'pointerdown', button: 0, x: 0.4, y: 0.4 });
  queue.merge({ type: 'pointermove', x: 0.5, y: 0.5 });
  frame();
  assert.deepEqual(
    sent.map(({ type, x }) => `${type} ${x}`),
    ['pointermove 0.4', 'pointerdown 0.4', 'pointermove 0.5'],
  );
});

test('relative moves and wheel turns add up, so that nothing of them is lost', () => {
  const { queue, sent, frame } = queueUnderTest();
  queue.merge({ type: 'pointermoverelative', dx: 4, dy: -2 });
  queue.merge({ type: 'pointermoverelative', dx: 3, dy: -1 });
  queue.merge({ type: 'wheel', dx: 0, dy: 120 });
  queue.merge({ type: 'wheel', dx: 0, dy: 120 });
  frame();
  assert.deepEqual(sent, [
    { type: 'pointermoverelative', dx: 7, dy: -3 },
    { type: 'wheel', dx: 0, dy: 240 },
  ]);
});

test('each finger keeps its own move', () => {
  const { queue, sent, frame } = queueUnderTest();
  queue.merge({ type: 'touchmove', id: 0, x: 0.1, y: 0 });
  queue.merge({ type: 'touchmove', id: 1, x: 0.9, y: 0 });
  queue.merge({ type: 'touchmove', id: 0, x: 0.2, y: 0 });
  frame();
  assert.deepEqual(
    sent.map(({ id, x }) => [id, x]),
    [
      [0, 0.2],
      [1, 0.9],
    ],
  );
});

test('while the network is behind, moves wait and merge; presses do not wait', () => {
  const { queue, sent, frame, network } = queueUnderTest();
  network.backlog = 1_000_000;
  queue.merge({ type: 'pointermove', x: 0.1, y: 0 });
  frame();
  queue.merge({ type: 'pointermove', x: 0.2, y: 0 });
  frame();
  assert.deepEqual(sent, []);
  queue.send({ type: 'keydown', code: 'KeyW' });
  assert.deepEqual(
    sent.map(({ type }) => type),
    ['pointermove', 'keydown'],
  );
  queue.merge({ type: 'pointermove', x: 0.3, y: 0 });
  network.backlog = 0;
  frame();
  assert.equal(sent.at(-1).x, 0.3);
});

test('what was cleared is not sent any more', () => {
  const { queue, sent, frame } = queueUnderTest();
  queue.merge({ type: 'pointermove', x: 0.1, y: 0 });
  queue.clear();
  frame();
  assert.deepEqual(sent, []);
});
