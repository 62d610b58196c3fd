// @ts-check
// What the visitor's hands do becomes the right messages, in the right order.

import assert from 'node:assert/strict';
import test from 'node:test';
import { containBox, toFractions } from '../../../www/player/geometry.js';
import { InputQueue } from '../../../www/player/input-queue.js';
import { goesToScene, walkKeys, wouldMoveThePage } from '../../../www/player/keys.js';
import { Fingers, wheelUnit } from '../../../www/views/session/scene-input.js';

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

test('a picture narrower than its element has bars at the sides', () => {
  const box = containBox({ left: 10, top: 20, width: 1600, height: 600 }, { width: 960, height: 540 });
  assert.equal(Math.round(box.width), 1067);
  assert.equal(box.height, 600);
  assert.equal(Math.round(box.left), 277);
  assert.equal(box.top, 20);
});

test('a picture wider than its element has bars above and below', () => {
  const box = containBox({ left: 0, top: 0, width: 390, height: 600 }, { width: 960, height: 540 });
  assert.equal(box.width, 390);
  assert.equal(Math.round(box.height), 219);
  assert.equal(Math.round(box.top), 190);
});

test('while the picture’s size is unknown the element counts as the picture', () => {
  const element = { left: 1, top: 2, width: 3, height: 4 };
  assert.deepEqual(containBox(element, { width: 0, height: 0 }), element);
});

test('points become fractions of the picture, and those on the bars lie on its edge', () => {
  const box = { left: 100, top: 50, width: 800, height: 400 };
  assert.deepEqual(toFractions({ x: 100, y: 50 }, box), { x: 0, y: 0 });
  assert.deepEqual(toFractions({ x: 500, y: 150 }, box), { x: 0.5, y: 0.25 });
  assert.deepEqual(toFractions({ x: 20, y: 900 }, box), { x: 0, y: 1 });
  assert.deepEqual(toFractions({ x: 20, y: 20 }, { left: 0, top: 0, width: 0, height: 0 }), { x: 0, y: 0 });
});

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

test('keys of the scene go to it, keys of the browser stay with the browser', () => {
  /** @param {string} code @param {object} [modifiers] */
  const key = (code, modifiers = {}) => ({ code, ctrlKey: false, altKey: false, metaKey: false, ...modifiers });
  for (const code of ['KeyW', 'ArrowLeft', 'Space', 'ShiftLeft', 'Digit1']) assert.ok(goesToScene(key(code)), code);
  for (const code of ['Tab', 'F5', 'F12', 'MetaLeft', '', 'Unidentified']) assert.ok(!goesToScene(key(code)), code);
  assert.ok(!goesToScene(key('KeyW', { ctrlKey: true })), 'Ctrl+W closes the tab');
  assert.ok(!goesToScene(key('KeyC', { metaKey: true })));
  assert.ok(goesToScene(key('ControlLeft', { ctrlKey: true })), 'the modifier itself may mean something to the scene');
  assert.ok(wouldMoveThePage(key('Space')) && wouldMoveThePage(key('PageDown')));
  assert.ok(!wouldMoveThePage(key('KeyW')));
});

test('the pad walks in eight directions and rests in the middle', () => {
  /** @param {number} dx @param {number} dy */
  const keys = (dx, dy) => [...walkKeys(dx, dy)].sort().join();
  assert.equal(keys(0.1, 0.1), '');
  assert.equal(keys(0, -1), 'KeyW');
  assert.equal(keys(0.05, -0.9), 'KeyW');
  assert.equal(keys(1, 0), 'KeyD');
  assert.equal(keys(-0.7, 0.7), 'KeyA,KeyS');
  assert.equal(keys(0.7, -0.7), 'KeyD,KeyW');
});

test('fingers get the lowest free numbers', () => {
  const fingers = new Fingers();
  assert.equal(fingers.put(1001), 0);
  assert.equal(fingers.put(1002), 1);
  assert.equal(fingers.take(1001), 0);
  assert.equal(fingers.take(1001), undefined);
  assert.equal(fingers.put(1003), 0);
  assert.equal(fingers.find(1002), 1);
  assert.equal(fingers.count, 2);
});

test('a wheel that counts lines or pages is turned into pixels', () => {
  assert.equal(wheelUnit(0, 500), 1);
  assert.equal(wheelUnit(1, 500), 40);
  assert.equal(wheelUnit(2, 500), 500);
});
