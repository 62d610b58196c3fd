// @ts-check
// Encoders that fail while they are watched: it costs their own viewers a moment, and nobody else anything.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startDisplay, startEngine, startFlip } from './lib/engine.mjs';
import { startBrowser } from './lib/player.mjs';
import { run, temporaryDirectory } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/** Some frames, and then an error, as of a GPU that is gone. */
const breaks = 'identity error-after=20 ! ';

/** An engine with a moving picture, and a page. @param {Scope} scope @param {object} settings @param {Record<string, string>} [env] */
async function startSession(scope, settings, env = {}) {
  const { display } = await startDisplay(scope);
  startFlip(scope, display, ['--move']);
  const engine = await startEngine(scope, display, { settings: { framerate: 30, ...settings }, env });
  return { engine, browser: await startBrowser(scope) };
}

/** GStreamer's plugins without one of them. @param {Scope} scope @param {string} left its file's name begins so */
function pluginsWithout(scope, left) {
  const { stdout } = run('gst-inspect-1.0', ['coreelements']);
  const from = /Filename\s+(\S+)\/[^/]+$/m.exec(stdout)?.[1] ?? '';
  const directory = join(temporaryDirectory(scope, 'plugins'), 'gstreamer');
  mkdirSync(directory);
  for (const name of readdirSync(from)) if (!name.startsWith(left)) symlinkSync(join(from, name), join(directory, name));
  return { GST_PLUGIN_SYSTEM_PATH: directory, GST_REGISTRY: join(directory, '..', 'registry.bin') };
}

const gone = (/** @type {import('./lib/engine.mjs').Engine} */ engine) => engine.messages.filter(({ msg }) => msg === 'viewer_gone');

describe('an encoder that fails', { concurrency: false }, () => {
  test('is followed by the software\'s; who watches it goes on, others notice nothing', async t => {
    const { engine, browser } = await startSession(t, { vp8_encoder: `${breaks} vp8enc deadline=1 cpu-used=16` });
    const host = await browser.join(engine, 'host', { codecs: ['H264'] });
    await host.until('p.frames > 10');
    const guest = await browser.join(engine, 'guest', { codecs: ['VP8'] });
    await engine.program.waitFor(/encoder_failed codec=VP8 layer=main next=software/);
    const frames = await guest.get('frames');
    await guest.until(`p.frames > ${frames + 40}`);
    await host.until('p.frames > 60');
    assert.deepEqual(gone(engine), []);
    assert.doesNotMatch(engine.program.log, /encoder_failed codec=H264/);
  });

  test('without another one ends the viewings of its codec, and a new offer gets another codec', async t => {
    const settings = { h264_encoder: `${breaks} openh264enc` };
    const { engine, browser } = await startSession(t, settings, pluginsWithout(t, 'libgstx264'));
    const vp8 = await browser.join(engine, 'guest', { codecs: ['VP8'] });
    const h264 = await browser.join(engine, 'host');
    await engine.program.waitFor(/encoder_failed codec=H264 layer=main next=none/);
    assert.equal((await engine.said({ msg: 'viewer_gone', viewer: h264.viewer })).reason, 'encoder_failed');
    const again = await browser.join(engine, 'host');
    await again.until('p.frames > 0');
    assert.equal(await again.call('codec'), 'video/VP8');
    const frames = await vp8.get('frames');
    await vp8.until(`p.frames > ${frames}`);
    assert.equal(gone(engine).length, 1);
    await assert.rejects(browser.join(engine, 'other', { codecs: ['H264'] }), /no encoder for H264/);
  });

  test('at the start leaves a session with the next codec', async t => {
    const settings = { h264_encoder: 'identity error-after=1 ! openh264enc' };
    const { engine, browser } = await startSession(t, settings, pluginsWithout(t, 'libgstx264'));
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0');
    assert.equal(await host.call('codec'), 'video/VP8');
  });
});
