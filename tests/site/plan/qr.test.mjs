// @ts-check
// The QR code, as an independent reader sees it.

import assert from 'node:assert/strict';
import test from 'node:test';
import jsqr from 'jsqr';
import { drawQr } from '../../../www/plan/qr.js';

const read = /** @type {any} */ (jsqr).default ?? jsqr;
const SCALE = 4;

/** Draws the path as a browser would: rectangles of one module's height. @param {{ size: number, path: string }} qr */
function paint({ size, path }) {
  const side = size * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)];
  assert.equal(runs.map(([whole]) => whole).join(''), path, 'nothing else is in the path');
  for (const [, x, y, length, back] of runs) {
    assert.equal(length, back);
    assert.ok(Number(x) >= 4 && Number(x) + Number(length) <= size - 4 && Number(y) >= 4 && Number(y) < size - 4, 'the white around');
    for (let row = Number(y) * SCALE; row < (Number(y) + 1) * SCALE; row++)
      for (let column = Number(x) * SCALE; column < (Number(x) + Number(length)) * SCALE; column++)
        pixels.fill(0, 4 * (row * side + column), 4 * (row * side + column) + 3);
  }
  return { pixels, side };
}

/** @param {string} link */
function roundTrip(link) {
  const { pixels, side } = paint(drawQr(link));
  return read(pixels, side, side)?.data;
}

test('links of every usual length are read back', () => {
  for (let length = 1; length <= 200; length += 7) {
    const link = `https://${'vitrina-example.'.repeat(20).slice(0, length)}org/#code=0427`;
    assert.equal(roundTrip(link), link);
  }
});

test('addresses with escapes and ports are read back', () => {
  for (const href of ['http://192.168.1.20:8080/#code=1234', 'https://xn--e1afmkfd.xn--p1ai/%D0%BF%D0%BE%D0%BA%D0%B0%D0%B7/?lang=ru#code=0007'])
    assert.equal(roundTrip(new URL(href).href), new URL(href).href);
});

test('a damaged spot does not matter', () => {
  const link = 'https://vitrina.example/#code=1234';
  const qr = drawQr(link);
  const { pixels, side } = paint(qr);
  const from = Math.floor(side * 0.4);
  const covered = Math.floor((side * (qr.size - 8)) / qr.size * 0.2);
  for (let row = from; row < from + covered; row++) pixels.fill(255, 4 * (row * side + from), 4 * (row * side + from + covered));
  assert.equal(read(pixels, side, side)?.data, link);
});
