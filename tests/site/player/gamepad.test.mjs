// @ts-check
// What gamepads do, frame by frame.

import assert from 'node:assert/strict';
import test from 'node:test';
import { readGamepadTable } from '../../../www/player/gamepad-table.js';
import { GamepadInput } from '../../../www/player/gamepad.js';
import { StickLook } from '../../../www/player/stick-look.js';

const FRAME_MS = 16;

/** A pad with nothing pushed. */
const restingPad = () => ({
  connected: true,
  mapping: 'standard',
  axes: [0, 0, 0, 0],
  buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })),
});

/**
 * Somebody with a gamepad, and what the scene gets of it.
 * @param {unknown} [info] the application's own table
 */
function player(info) {
  const pad = restingPad();
  /** @type {(import('../../../www/player/gamepad.js').Pad | null)[]} */
  const pads = [null, pad];
  /** @type {string[]} */ const done = [];
  /** @type {((nowMs: number) => void)[]} */ let frames = [];
  /** @type {[number, number]} */ const looked = [0, 0];
  let nowMs = 1000;
  const input = new GamepadInput({
    getPads: () => pads,
    requestFrame: callback => frames.push(callback),
    press: (code, down) => done.push(`${down ? '+' : '-'}${code}`),
    click: (button, down) => done.push(`${down ? '+' : '-'}button ${button}`),
    wheel: dy => done.push(`wheel ${dy}`),
    look: (dx, dy) => ((looked[0] += dx), (looked[1] += dy)),
  });
  input.setTable(readGamepadTable(info));
  return {
    pad, pads, input, looked,
    /** Shows frames, and gives what was done since. @param {number} [count] */
    frame(count = 1) {
      for (; count > 0; count -= 1) {
        const due = frames;
        frames = [];
        nowMs += FRAME_MS;
        for (const callback of due) callback(nowMs);
      }
      return done.splice(0);
    },
    get asksForFrames() {
      return frames.length > 0;
    },
    /** @param {number} at @param {number} value */
    push(at, value) {
      pad.buttons[at] = { pressed: value > 0.9, value };
    },
  };
}

test('the left stick walks, diagonally too, and does not flutter', () => {
  const { pad, input, frame } = player();
  input.start();
  pad.axes[1] = -0.4;
  assert.deepEqual(frame(), [], 'not far enough');
  pad.axes[1] = -0.6;
  assert.deepEqual(frame(), ['+KeyW']);
  pad.axes[1] = -0.4;
  assert.deepEqual(frame(), [], 'still far enough');
  pad.axes[0] = 0.7;
  pad.axes[1] = -0.7;
  assert.deepEqual(frame(), ['+KeyD']);
  pad.axes[0] = pad.axes[1] = 0.05;
  assert.deepEqual(frame(), ['-KeyW', '-KeyD']);
});

test('the right stick looks, the faster the further it is pushed, and rests in its dead zone', () => {
  const { pad, input, frame, looked } = player();
  input.start();
  pad.axes[2] = 0.15;
  frame(60);
  assert.deepEqual(looked, [0, 0]);
  pad.axes[2] = 0.5;
  frame(60);
  const slow = looked.splice(0, 2, 0, 0)[0];
  pad.axes[2] = 1;
  pad.axes[3] = 0;
  frame(60);
  assert.ok(slow > 0.02 && looked[0] > 2 * slow, `${slow}, then ${looked[0]}`);
  assert.ok(looked[0] < 0.7 && looked[1] === 0, 'in a second less than the picture is wide');
});

test('buttons click, hold keys and turn the wheel as long as they are held', () => {
  const { input, frame, push } = player();
  input.start();
  push(0, 1);
  push(5, 1);
  assert.deepEqual(frame().sort(), ['+ShiftLeft', '+button 0']);
  push(0, 0);
  push(5, 0);
  assert.deepEqual(frame().sort(), ['-ShiftLeft', '-button 0']);
  push(7, 0.8);
  assert.deepEqual(frame(), ['wheel -120']);
  const turns = frame(60);
  assert.ok(turns.length >= 4 && turns.length <= 8 && turns.every(turn => turn === 'wheel -120'), `${turns.length} in a second`);
  push(7, 0);
  assert.deepEqual(frame(60), []);
});

test('a key that two buttons hold comes up with the last', () => {
  const { input, frame, push } = player();
  input.start();
  push(5, 1);
  push(10, 1);
  assert.deepEqual(frame(), ['+ShiftLeft']);
  push(5, 0);
  assert.deepEqual(frame(), []);
  push(10, 0);
  assert.deepEqual(frame(), ['-ShiftLeft']);
});

test('the application’s own table is obeyed, and what is wrong in it is as usual', () => {
  const { pad, input, frame, push } = player({ x: 'KeyN', b: 'none', a: 'explode', left_stick: 'look', right_stick: ['ArrowUp', 'ArrowLeft', 'ArrowDown', 'Key'] });
  input.start();
  for (const at of [0, 1, 2]) push(at, 1);
  pad.axes[0] = pad.axes[3] = 1;
  assert.deepEqual(frame(), ['+button 0', '+KeyN']);
  const arrows = player({ left_stick: 'none', right_stick: ['ArrowUp', 'ArrowLeft', 'ArrowDown', 'ArrowRight'] });
  arrows.input.start();
  arrows.pad.axes[0] = arrows.pad.axes[3] = 1;
  assert.deepEqual(arrows.frame(), ['+ArrowDown']);
});

test('nobody looks at gamepads where there is none, where none is wanted, or after the end', () => {
  const without = player();
  without.pads.length = 0;
  without.input.start();
  assert.ok(!without.asksForFrames);
  const unwanted = player(false);
  unwanted.input.start();
  assert.ok(!unwanted.asksForFrames);
  const over = player();
  over.input.start();
  over.frame();
  assert.ok(over.asksForFrames);
  over.input.stop();
  over.frame();
  assert.ok(!over.asksForFrames);
});

test('everything is let go at the end, when the pad is gone, and when the table is another', () => {
  /** @type {((one: ReturnType<typeof player>) => void)[]} */
  const ends = [({ input }) => input.stop(), ({ pads }) => pads.fill(null), ({ input }) => input.setTable(null)];
  for (const end of ends) {
    const one = player();
    one.input.start();
    one.pad.axes[1] = -1;
    one.push(0, 1);
    assert.deepEqual(one.frame().sort(), ['+KeyW', '+button 0']);
    end(one);
    assert.deepEqual(one.frame().sort(), ['-KeyW', '-button 0']);
    assert.ok(!one.asksForFrames);
  }
});

test('who comes back with the stick still pushed walks on', () => {
  const { pad, input, frame } = player();
  input.start();
  pad.axes[1] = -1;
  frame();
  input.stop();
  assert.deepEqual(frame(), ['-KeyW']);
  input.start();
  assert.deepEqual(frame(), ['+KeyW']);
});

test('of a pad in no known layout the left stick and the buttons under the thumb are taken alone', () => {
  const { pad, input, frame, push, looked } = player();
  pad.mapping = '';
  input.start();
  /* Here these axes are triggers, which rest at an end. */
  pad.axes[2] = pad.axes[3] = -1;
  pad.axes[1] = -1;
  push(1, 1);
  push(7, 1);
  assert.deepEqual(frame(10), ['+Escape', '+KeyW']);
  assert.deepEqual(looked, [0, 0]);
});

/** A picture that is looked around in. @param {boolean} isRelative */
function picture(isRelative) {
  /** @type {any[]} */ const told = [];
  const look = new StickLook({
    send: message => told.push(message),
    merge: message => told.push(message),
    getSize: () => ({ width: 1000, height: 500 }),
    isRelative: () => isRelative,
  });
  return { look, told, kinds: () => told.map(({ type }) => type.slice(7)) };
}

test('looking drags the picture, and lets go when the stick has rested for a while', () => {
  const { look, told, kinds } = picture(false);
  look.look(0.1, 0.1, 1000);
  assert.deepEqual(kinds(), ['move', 'down', 'move']);
  assert.deepEqual(told[1], { type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
  assert.deepEqual(told[2], { type: 'pointermove', x: 0.6, y: 0.7 }, 'the picture is half as high as wide');
  look.look(0, 0, 1300);
  look.look(-0.1, 0, 1400);
  assert.deepEqual(kinds().slice(3), ['move'], 'it was not let go, or it would have been clicked twice');
  look.look(0, 0, 2100);
  look.look(0, 0, 2200);
  assert.deepEqual(told.slice(4), [{ type: 'pointerup', button: 0, x: 0.5, y: 0.7 }]);
});

test('at the edge it takes hold again at the other side', () => {
  const { look, told, kinds } = picture(false);
  for (let at = 0; at < 12; at += 1) look.look(0.1, 0, 1000 + 16 * at);
  assert.equal(kinds().filter(kind => kind === 'down').length, 2);
  const again = told.findLast(({ type }) => type === 'pointerdown');
  assert.deepEqual(again, { type: 'pointerdown', button: 0, x: 0.1, y: 0.5 });
  assert.ok(told.every(({ x }) => x >= 0.1 && x <= 0.9));
  look.end();
  look.end();
  assert.equal(kinds().filter(kind => kind === 'up').length, 2);
});

test('where relative moves are read it makes these, and loses no part of a pixel', () => {
  const { look, told } = picture(true);
  for (let at = 0; at < 10; at += 1) look.look(0.00025, -0.0005, 1000 + 16 * at);
  const sum = told.reduce(([x, y], { dx, dy }) => [x + dx, y + dy], [0, 0]);
  assert.ok(Math.abs(sum[0] - 2.5) <= 0.5 && Math.abs(sum[1] + 5) <= 1, String(sum));
  assert.ok(told.every(({ type, dx, dy }) => type === 'pointermoverelative' && Number.isInteger(dx) && Number.isInteger(dy)));
});
