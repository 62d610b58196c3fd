// @ts-check
// The picture is smooth while one walks. Make runs this test alone, when all others are done: it measures the machine, too.

import test from 'node:test';
import { startHouse } from './lib/house.mjs';
import { startBrowser, Visitor } from './lib/visitor.mjs';

/** Frames in a second of walking. */
const SMOOTH = 25;

test(`at least ${SMOOTH} frames a second arrive while walking, at 960 by 540`, async t => {
  const house = await startHouse(t, { wanted: [{ name: 'river-1', rcName: 'River Quarter', scene: 'river' }], framerate: 60 });
  // The picture in its own size: a browser without a GPU would spend its time on scaling.
  const viewport = { width: 960, height: 604 };
  const visitor = await Visitor.come(t, await startBrowser(t), { viewport });
  await visitor.open(house.url);
  await visitor.start('River Quarter');
  const frames = await visitor.walksUntilItSees(SMOOTH);
  t.diagnostic(`${frames} frames in a second`);
});
