// @ts-check
// The showroom as the streamer starts it: on a display of its own, told everything by its command line.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { built, run, start, temporaryDirectory, until } from './lib/programs.mjs';

const showroom = built('vitrina-showroom');

/** A display for the test; gives the environment that points to it. @param {import('./lib/programs.mjs').Scope} t */
async function display(t) {
  const x = await start(t, 'Xvfb', ['-displayfd', '1', '-screen', '0', '960x540x24', '-nolisten', 'tcp'], {
    ready: /^\d+\n/m,
  });
  return { DISPLAY: `:${/^(\d+)\n/m.exec(x.log)?.[1]}`, SDL_VIDEODRIVER: 'x11' };
}

/** Processor time of a process in clock ticks. @param {number} pid */
function ticks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** A PPM picture's bytes and the number of colours in it. @param {string} file */
function picture(file) {
  const bytes = readFileSync(file);
  const head = /^P6\n(\d+) (\d+)\n255\n/.exec(bytes.subarray(0, 32).toString('latin1'));
  assert.ok(head, 'a PPM head');
  const pixels = bytes.subarray(head[0].length);
  assert.equal(pixels.length, Number(head[1]) * Number(head[2]) * 3);
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 3) colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
  return { pixels, colours: colours.size };
}

/** Mean difference of two pictures' bytes. @param {Buffer} a @param {Buffer} b */
function difference(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

test('every complex has a picture of its own, by day and by night', { timeout: 300_000 }, async t => {
  const env = await display(t);
  const directory = temporaryDirectory(t);
  /** @type {Map<string, Buffer>} */
  const pictures = new Map();
  for (const rc of ['river', 'park', 'Another one'])
    for (const mood of ['', '--night']) {
      const file = join(directory, 'picture.ppm');
      const size = ['--width', '320', '--height', '180'];
      const args = ['--rc', rc, '--screenshot', file, ...size, ...(mood ? [mood] : [])];
      assert.deepEqual(run(showroom, args, { env, timeout: 60_000 }), { status: 0, stdout: '', stderr: '' });
      const { pixels, colours } = picture(file);
      assert.ok(colours > 1000, `${rc} ${mood} has ${colours} colours`);
      for (const [other, others] of pictures)
        assert.ok(difference(pixels, others) > 5, `${rc} ${mood} looks like ${other}`);
      pictures.set(`${rc} ${mood}`, pixels);
    }
});

test('it says ready, uses no processor time while nothing moves, and ends with 0 on SIGTERM', async t => {
  const env = await display(t);
  const program = await start(t, showroom, ['--rc', 'park'], { env, ready: /^ready$/m, timeout: 60_000 });
  // It settles within some frames; then a hundred looks in a row, a second at least, find the same number of ticks.
  let last = ticks(program.pid);
  let same = 0;
  await until(
    () => {
      const now = ticks(program.pid);
      same = now === last ? same + 1 : 0;
      last = now;
      return same >= 100;
    },
    { what: 'no processor time over a hundred looks', timeout: 30_000 },
  );
  const exit = await program.stop();
  assert.deepEqual(exit, { code: 0, signal: null });
});

test('a wrong command line is told in one line and is status 64', () => {
  for (const args of [['--width', 'wide'], ['--fps', '0'], ['--at', '1,2'], ['--rc'], ['--unknown'], ['stray']]) {
    const { status, stdout, stderr } = run(showroom, args);
    assert.equal(status, 64, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /^vitrina-showroom: .+\n$/);
  }
});

test('without a display it says so in one line and is status 69', () => {
  const { status, stderr } = run(showroom, [], { env: { DISPLAY: ':no-such-display', SDL_VIDEODRIVER: 'x11' } });
  assert.equal(status, 69);
  assert.match(stderr, /^vitrina-showroom: .+\n$/);
});

test('help and version', () => {
  assert.match(run(showroom, ['--help']).stdout, /^Usage: vitrina-showroom/);
  assert.match(run(showroom, ['--version']).stdout, /^vitrina-showroom \d+\.\d+\.\d+\n$/);
});
