// @ts-check
// Reads metrics in Prometheus's text format.

import assert from 'node:assert/strict';
import { run } from './programs.mjs';

/** Fails unless `promtool check metrics` finds nothing to say. @param {string} text */
export function checkMetrics(text) {
  const { status, stdout, stderr } = run('promtool', ['check', 'metrics'], { input: text });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.equal(stderr, '');
}

/** Values by name and labels: `a_total{x="1"}`. @param {string} text @returns {Map<string, number>} */
export function readMetrics(text) {
  return new Map([...text.matchAll(/^([^#\s]\S*?(?:\{.*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}
