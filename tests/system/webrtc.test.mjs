// @ts-check
// vitrina-webrtc with Chromium, driven over descriptor 3 as the streamer does it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startDisplay, startEngine, startFlip, startSound } from './lib/engine.mjs';
import { openPage, startBrowser, startChromium } from './lib/player.mjs';
import { ownScope, until } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

const scope = ownScope();
/** @type {import('./lib/player.mjs').Chromium} */
let chromium;
before(async () => {
  chromium = await startChromium(scope);
});
after(() => scope.end());

/* How far the engine's statistics are apart. */
const STATS_SECONDS = 5;

/** A display with the flip picture on it, an engine that host may steer, a page. @param {Scope} scope @param {object} [settings] */
async function startSession(scope, settings = {}, flipArguments = /** @type {string[]} */ ([])) {
  const { server, display } = await startDisplay(scope);
  const flip = startFlip(scope, display, flipArguments);
  const engine = await startEngine(scope, display, { settings });
  engine.send({ msg: 'control', user: 'host' });
  const browser = await openPage(scope, chromium);
  return { server, display, flip, engine, browser };
}

/** @param {import('./lib/player.mjs').Player} player */
async function inputOpen(player) {
  await player.until('p.frames > 0 && p.input.readyState === "open"');
}

describe('picture', { concurrency: false }, () => {
  for (const codec of ['H264', 'VP8'])
    test(`${codec} is decoded and shows what the application draws`, async t => {
      const { engine, browser } = await startSession(t, { codecs: [codec] });
      const host = await browser.join(engine, 'host');
      await inputOpen(host);
      await host.until('p.colour === "blue"');
      await host.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
      await host.until('p.colour === "yellow"');
      assert.equal(await host.call('codec'), `video/${codec}`);
      const { frameWidth, frameHeight } = await host.call('inbound');
      assert.deepEqual([frameWidth, frameHeight], [960, 540]);
    });

  test("the player's offer decides the codec, and both can be watched at once", async t => {
    const { engine, browser } = await startSession(t);
    const [first, second] = [await browser.join(engine, 'host'), await browser.join(engine, 'guest', { codecs: ['VP8'] })];
    await inputOpen(first);
    await second.until('p.colour === "blue"');
    assert.equal(await first.call('codec'), 'video/H264');
    assert.equal(await second.call('codec'), 'video/VP8');
    await first.send({ type: 'keydown', code: 'Space' });
    await first.send({ type: 'keyup', code: 'Space' });
    await Promise.all([first.until('p.colour === "yellow"'), second.until('p.colour === "yellow"')]);
  });

  test('a picture of another size is scaled to the settings', async t => {
    const { server, display } = await startDisplay(t, { width: 640, height: 480 });
    assert.ok(server.pid);
    startFlip(t, display);
    const engine = await startEngine(t, display, { settings: { resolution: 'fixed', width: 320, height: 240, framerate: 30 } });
    const browser = await openPage(t, chromium);
    const host = await browser.join(engine, 'host');
    await host.until('p.colour === "blue"');
    const { frameWidth, frameHeight } = await host.call('inbound');
    assert.deepEqual([frameWidth, frameHeight], [320, 240]);
  });
});

describe('sound', { concurrency: false }, () => {
  /** @param {Scope} scope @param {boolean} sound */
  async function joinWithSound(scope, sound) {
    const { display } = await startDisplay(scope);
    startFlip(scope, display);
    const engine = await startEngine(scope, display, {
      settings: { sound },
      env: { PULSE_SERVER: await startSound(scope) },
    });
    const browser = await openPage(scope, chromium);
    const host = await browser.join(engine, 'host', { audio: true });
    await host.until('p.frames > 0');
    return { engine, host };
  }

  test('is heard when it is on', async t => {
    const { engine, host } = await joinWithSound(t, true);
    const loud = () => host.call('inbound', 'audio').then(stats => stats?.totalAudioEnergy > 0.01);
    await until(loud, { what: 'sound that can be heard' });
    assert.equal((await host.call('inbound', 'audio')).packetsLost, 0);
    assert.doesNotMatch(engine.program.log, /sound_failed/);
  });

  test('is not sent when it is off, also to a player that asks for it', async t => {
    const { host } = await joinWithSound(t, false);
    assert.equal(await host.call('inbound', 'audio'), undefined);
  });

  test('that cannot be had leaves the picture', async t => {
    const { display } = await startDisplay(t);
    startFlip(t, display);
    const engine = await startEngine(t, display, { settings: { sound: true }, env: { PULSE_SERVER: 'unix:/nonexistent' } });
    const browser = await openPage(t, chromium);
    const host = await browser.join(engine, 'host', { audio: true });
    await host.until('p.frames > 0');
    await engine.program.waitFor(/sound_failed/);
    const frames = await host.get('frames');
    await host.until(`p.frames > ${frames}`);
  });
});

describe('input', { concurrency: false }, () => {
  test('reaches the application from the one who has control, and from nobody else', async t => {
    const { engine, browser, flip } = await startSession(t);
    const host = await browser.join(engine, 'host');
    const guest = await browser.join(engine, 'guest');
    await Promise.all([inputOpen(host), inputOpen(guest)]);
    await guest.send({ type: 'keydown', code: 'KeyG' });
    await guest.send({ type: 'pointerdown', button: 2, x: 0.1, y: 0.1 });
    await guest.send({ type: 'pointermove', x: 0.2, y: 0.2 });
    await guest.send({ type: 'pointermoverelative', dx: 40, dy: 20 });
    await guest.send({ type: 'wheel', dx: 0, dy: 120 });
    await guest.send({ type: 'touchstart', id: 1, x: 0.3, y: 0.3 });
    await guest.send({ type: 'touchmove', id: 1, x: 0.4, y: 0.4 });
    await engine.said({ msg: 'touch', user: 'guest' });
    await host.send({ type: 'keydown', code: 'KeyW' });
    await flip.waitFor(/key 25 down/);
    assert.doesNotMatch(flip.log, /key 42|button|move/);
    assert.equal((await engine.said({ msg: 'input' })).user, 'host');

    engine.send({ msg: 'control', user: 'guest' });
    await flip.waitFor(/key 25 up/);
    await host.send({ type: 'keydown', code: 'KeyH' });
    await guest.send({ type: 'keydown', code: 'KeyG' });
    await flip.waitFor(/key 42 down/);
    assert.doesNotMatch(flip.log, /key 43/);

    engine.send({ msg: 'control', user: '' });
    await flip.waitFor(/key 42 up/);
  });

  test('a press of who may not steer is told, and played if it is still held when it brings control', async t => {
    const { engine, browser, flip } = await startSession(t);
    const one = await browser.join(engine, 'one');
    const two = await browser.join(engine, 'two');
    await Promise.all([inputOpen(one), inputOpen(two)]);
    await one.send({ type: 'pointermove', x: 0.5, y: 0.5 });
    await one.send({ type: 'keydown', code: 'KeyW' });
    await one.send({ type: 'keyup', code: 'KeyW' });
    assert.equal((await engine.said({ msg: 'touch' })).user, 'one');
    const touches = () => engine.messages.filter(({ msg }) => msg === 'touch').length;
    await until(async () => (await one.send({ type: 'keydown', code: 'KeyX' }), touches() > 1)); /* it knows that W is up */
    engine.send({ msg: 'control', user: 'one' });
    await until(async () => (await one.send({ type: 'keydown', code: 'KeyG' }), /key 42 down/.test(flip.log)));

    engine.on('message', ({ msg, user }) => msg === 'touch' && user === 'two' && engine.send({ msg: 'control', user }));
    await two.send({ type: 'keydown', code: 'KeyH' });
    await flip.waitFor(/key 42 up\n(key 53 up\n)?key 43 down/);
    assert.doesNotMatch(flip.log, /key 25|move/);
  });

  test('mouse, wheel, touch and relative motion arrive as such', async t => {
    const { engine, browser, flip } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await inputOpen(host);
    await host.send({ type: 'pointermove', x: 0.5, y: 0.5 });
    await flip.waitFor(/move 480 270/);
    await host.send({ type: 'pointermoverelative', dx: 4, dy: -2 });
    await flip.waitFor(/move 484 268/);
    await host.send({ type: 'pointerdown', button: 2, x: 0.25, y: 0.5 });
    await host.send({ type: 'pointerup', button: 2, x: 0.25, y: 0.5 });
    await flip.waitFor(/move 240 270\nbutton 3 down\n(.*\n){0,2}button 3 up/);
    await host.send({ type: 'wheel', dx: 0, dy: 60 });
    await host.send({ type: 'wheel', dx: 0, dy: 60 });
    await flip.waitFor(/button 5 down/);
    await host.send({ type: 'touchstart', id: 3, x: 0, y: 0 });
    await host.send({ type: 'touchend', id: 3 });
    await flip.waitFor(/move 0 0\nbutton 1 down\n(.*\n){0,2}button 1 up/);
  });

  test('what is held is let go when its viewer vanishes', async t => {
    const { engine, browser, flip } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await inputOpen(host);
    await host.send({ type: 'keydown', code: 'ShiftLeft' });
    await host.send({ type: 'pointerdown', button: 0, x: 0.5, y: 0.5 });
    await flip.waitFor(/button 1 down/);
    await host.call('close');
    await flip.waitFor(/button 1 up/);
    await flip.waitFor(/key 50 up/);
  });

  test('garbage and floods on the channel are survived', async t => {
    const { engine, browser, flip } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await inputOpen(host);
    await host.page.evaluate(() => {
      const { input } = /** @type {any} */ (globalThis).players.player1;
      for (const text of ['', 'hello', '{"type":', '[]', '{"type":"keydown","code":7}', 'x'.repeat(60_000)]) input.send(text);
      input.send(new Uint8Array(5000));
      for (let i = 0; i < 20_000; i++) input.send('{"type":"pointermove","x":0.5,"y":0.5}');
    });
    await until(
      async () => {
        await host.send({ type: 'keydown', code: 'KeyW' });
        await host.send({ type: 'keyup', code: 'KeyW' });
        return /key 25 down/.test(flip.log);
      },
      { what: 'a key after the flood' },
    );
  });
});

describe('viewers', { concurrency: false }, () => {
  test('one that leaves is told as closed, one that is removed as removed', async t => {
    const { engine, browser } = await startSession(t);
    const host = await browser.join(engine, 'host');
    const watcher = await browser.join(engine, 'guest', { data: false });
    await Promise.all([host.until('p.frames > 0'), watcher.until('p.frames > 0')]);
    await watcher.call('close');
    assert.equal((await engine.said({ msg: 'viewer_gone', viewer: watcher.viewer }, { timeout: 15_000 })).reason, 'closed');
    engine.send({ msg: 'viewer_remove', viewer: host.viewer });
    assert.equal((await engine.said({ msg: 'viewer_gone', viewer: host.viewer })).reason, 'removed');
  });

  test('a bad offer is refused with a reason and harms nobody', async t => {
    const { engine, browser } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0');
    const good = await host.call('offer');
    const offers = [
      '',
      'v=0\r\n',
      'x'.repeat(70_000),
      good.replace(/m=video[^]*?(?=m=)/, ''),
      good.replace(/a=ice-ufrag.*\r\n/g, ''),
      good.replace(/a=mid:.*\r\n/g, ''),
      good.replace(/a=rtpmap.*\r\n/g, ''),
      good.replace(/recvonly/g, 'sendonly'),
    ];
    for (const offer of offers) {
      const { msg, reason } = await engine.answer(offer, 'guest');
      assert.equal(msg, 'viewer_failed');
      assert.match(reason, /offer/);
    }
    const frames = await host.get('frames');
    await host.until(`p.frames > ${frames}`);
  });

  test('offers mangled at random harm nobody', { timeout: 120_000 }, async t => {
    const { engine, browser } = await startSession(t);
    const host = await browser.join(engine, 'host', { audio: true });
    await host.until('p.frames > 0');
    const good = (await host.call('offer')).split('\r\n');
    let seed = 1;
    const draw = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
    const junk = ['', 'x', '-1', '99999999999', 'a=b', '*'];
    for (let i = 0; i < 60; i++) {
      const lines = [...good];
      for (let changes = 1 + draw(4); changes > 0; changes--) {
        const at = draw(lines.length);
        const words = lines[at].split(/([ :=])/);
        words[draw(words.length)] = junk[draw(junk.length)];
        lines.splice(at, draw(2), ...[[], [lines[at], lines[at]], [lines[at].slice(0, draw(80))], [words.join('')]][draw(4)]);
      }
      const { msg, viewer } = await engine.answer(lines.join('\r\n'), 'guest');
      if (msg !== 'viewer_answer') continue;
      engine.send({ msg: 'viewer_candidate', viewer, sdp: 'a=mid:0\r\na=candidate:1 1 UDP 99999999999 1.2.3.4 99999 typ host\r\n' });
      engine.send({ msg: 'viewer_remove', viewer });
    }
    const frames = await host.get('frames');
    await host.until(`p.frames > ${frames}`);
  });

  test('thirty come and go, politely or not, and one who stays sees no break', { timeout: 180_000 }, async t => {
    const { display } = await startDisplay(t);
    startFlip(t, display, ['--move']);
    const engine = await startEngine(t, display, { settings: { framerate: 30 } });
    const browser = await openPage(t, chromium);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 30');
    await host.page.evaluate(() => (/** @type {any} */ (globalThis).players.player1.gap = 0));
    /** @type {Promise<unknown>[]} */
    const gone = [];
    for (let round = 0; round < 10; round++) {
      const guests = await Promise.all([0, 1, 2].map(() => browser.join(engine, 'guest', { codecs: [round % 3 ? 'H264' : 'VP8'] })));
      if (round % 2) await Promise.all(guests.map(guest => guest.until('p.frames > 0', 15_000)));
      await guests[0].call('close');
      for (const guest of guests.slice(1)) engine.send({ msg: 'viewer_remove', viewer: guest.viewer });
      const [closed, ...removed] = guests.map(guest => engine.said({ msg: 'viewer_gone', viewer: guest.viewer }, { timeout: 25_000 }));
      /* Who went before there was a connection is missed seconds later. */
      gone.push(closed);
      await Promise.all(removed);
      await guests[1].call('close');
      await guests[2].call('close');
    }
    await Promise.all(gone);
    const gap = await host.get('gap');
    t.diagnostic(`longest time between two frames: ${Math.round(gap)} ms`);
    assert.ok(gap < 1500, `the picture stood still for ${gap} ms`);
    const ends = engine.messages.filter(({ msg }) => /^viewer_(gone|failed)$/.test(msg)).map(({ viewer }) => viewer);
    assert.equal(ends.length, 30);
    assert.equal(new Set(ends).size, 30);
  });
});

describe('life', { concurrency: false }, () => {
  test('it is ready when the application shows its window, and tells when that goes', async t => {
    const { display } = await startDisplay(t);
    const engine = await startEngine(t, display, { ready: false });
    const first = startFlip(t, display);
    await engine.said({ msg: 'ready' });
    first.kill();
    await engine.said({ msg: 'window_gone' });
    startFlip(t, display);
    await engine.said({ msg: 'window_ready' });
  });

  test('it ends with its streamer, viewers or not', async t => {
    const { engine, browser } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0');
    engine.socket.destroy();
    assert.deepEqual(await engine.program.waitForExit(), { code: 0, signal: null });
  });

  for (const way of ['SIGTERM', 'stop'])
    test(`it ends in order at ${way}`, async t => {
      const { engine, browser } = await startSession(t);
      const host = await browser.join(engine, 'host');
      await host.until('p.frames > 0');
      if (way === 'stop') engine.send({ msg: 'stop' });
      else engine.program.signal('SIGTERM');
      assert.deepEqual(await engine.program.waitForExit(), { code: 0, signal: null });
      await engine.said({ msg: 'viewer_gone', reason: 'removed' });
    });

  test('it ends in order while it still makes its key and loads what it needs', async t => {
    const { display } = await startDisplay(t);
    for (let round = 0; round < 5; round++) {
      const engine = await startEngine(t, display, { bare: true });
      engine.send({ msg: 'configure', settings: {} });
      engine.send({ msg: 'stop' });
      assert.deepEqual(await engine.program.waitForExit(), { code: 0, signal: null });
    }
  });

  test('it fails aloud when the X server dies', async t => {
    const { engine, browser, server } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0');
    server.kill();
    assert.equal((await engine.program.waitForExit()).code, 69);
    assert.match((await engine.said({ msg: 'failed' })).reason, /X server/);
  });

  for (const [what, lines, code] of /** @type {[string, string[], number][]} */ ([
    ['garbage', ['garbage'], 76],
    ['a line without end', ['x'.repeat(300 * 1024)], 74],
    ['a viewer before the configuration', ['{"msg":"viewer_remove","viewer":1}'], 76],
    ['settings that are none', ['{"msg":"configure","settings":{"width":1}}'], 78],
    ["an address that is another host's", ['{"msg":"configure","settings":{"ice_addresses":["198.51.100.7"]}}'], 78],
    ["a public address of another host's", ['{"msg":"configure","settings":{"public_addresses":["203.0.113.7/198.51.100.7"]}}'], 78],
    ['an encoder that is none', ['{"msg":"configure","settings":{"h264_encoder":"nosuchenc"}}'], 78],
    ['an encoder without that property', ['{"msg":"configure","settings":{"h264_bitrate_property":"nosuch"}}'], 78],
  ]))
    test(`it does not live with ${what} on its channel`, async t => {
      const { display } = await startDisplay(t);
      const engine = await startEngine(t, display, { bare: true });
      for (const line of lines) engine.socket.write(`${line}\n`);
      assert.equal((await engine.program.waitForExit()).code, code);
      if (code !== 74) await engine.said({ msg: 'failed' });
    });

  test('messages of a later version are ignored', async t => {
    const { engine } = await startSession(t);
    engine.send({ msg: 'sing', song: 1 });
    engine.send({ msg: 'stop' });
    assert.equal((await engine.program.waitForExit()).code, 0);
    assert.match(engine.program.log, /message_unknown/);
  });

  test('it says what it lacks: a display, a streamer', async t => {
    const engine = await startEngine(t, ':9999', { ready: false });
    assert.match((await engine.said({ msg: 'failed' })).reason, /:9999/);
    assert.equal((await engine.program.waitForExit()).code, 69);
  });
});

/* Each of them waits for something to pass: they do it together. */
describe('in time', { concurrency: true }, () => {
  test('a viewer that comes later sees a still picture at once', async t => {
    const { engine, browser } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0');
    /* By then only the one frame a second of a picture at rest is sent. */
    await host.until('p.frames > 14', 20_000);
    const guest = await browser.join(engine, 'guest');
    const begun = Date.now();
    await guest.until('p.state === "connected"');
    await guest.until('p.colour === "blue"', 3_000);
    assert.ok(Date.now() - begun < 3_000);
  });

  test('what is drawn again and again, all the same, is a picture at rest', async t => {
    const { engine, browser } = await startSession(t, {}, ['--again']);
    const host = await browser.join(engine, 'host');
    await inputOpen(host);
    const stats = () => engine.messages.filter(({ msg, viewers }) => msg === 'stats' && viewers);
    // Two frames a second is less than a picture that still gets sharper is sent.
    const rests = () => stats().some(({ captured }, i, all) => i > 0 && captured - all[i - 1].captured <= 2 * STATS_SECONDS);
    await until(rests, { what: 'a picture at rest', timeout: 30_000 });
    await host.send({ type: 'keydown', code: 'Space' });
    await host.until('p.colour === "yellow"');
  });

  test('nothing is encoded while nobody watches', async t => {
    const { engine, browser } = await startSession(t);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0');
    await host.call('close');
    await engine.said({ msg: 'viewer_gone' });
    const seen = engine.messages.length;
    const stats = () => engine.messages.slice(seen).filter(({ msg, viewers }) => msg === 'stats' && !viewers);
    await until(() => stats().length >= 2, { what: 'two statistics without viewers', timeout: 15_000 });
    assert.equal(stats()[0].encoded, stats()[1].encoded);
    assert.equal(stats()[0].captured, stats()[1].captured);
  });

  test('a browser that is killed is noticed within 15 s', async t => {
    const { engine, browser, flip } = await startSession(t);
    const other = ownScope();
    t.after(() => other.end());
    const doomed = await startBrowser(other);
    const host = await browser.join(engine, 'guest');
    const lost = await doomed.join(engine, 'host');
    await Promise.all([host.until('p.frames > 0'), lost.until('p.frames > 0'), inputOpen(lost)]);
    await lost.send({ type: 'keydown', code: 'KeyW' });
    await flip.waitFor(/key 25 down/);
    doomed.kill();
    const begun = Date.now();
    const gone = await engine.said({ msg: 'viewer_gone', viewer: lost.viewer }, { timeout: 15_000 });
    assert.match(gone.reason, /^(silent|closed|ice_failed)$/);
    await flip.waitFor(/key 25 up/);
    t.diagnostic(`noticed after ${Date.now() - begun} ms as ${gone.reason}`);
    assert.ok(!engine.messages.some(({ msg, viewer }) => msg === 'viewer_gone' && viewer === host.viewer));
  });

  test('an offer whose player never comes is given up', { timeout: 60_000 }, async t => {
    const { engine, browser } = await startSession(t);
    const player = await browser.join(engine, 'host');
    await player.until('p.frames > 0');
    const offer = (await player.call('offer')).replace(/a=candidate.*\r\n/g, '').replace(/(a=ice-ufrag:)(..)/g, '$1zz');
    const { msg, viewer } = await engine.answer(offer, 'guest');
    assert.equal(msg, 'viewer_answer');
    const { reason } = await engine.said({ msg: 'viewer_gone', viewer }, { timeout: 30_000 });
    assert.equal(reason, 'ice_failed');
  });

  test('it is not ready without a window', async t => {
    const { display } = await startDisplay(t);
    const engine = await startEngine(t, display, { ready: false });
    await engine.said({ msg: 'stats' });
    assert.ok(!engine.messages.some(({ msg }) => msg === 'ready'));
  });
});

test('ICE restarts, over which the same picture and input go on', async t => {
  const { engine, browser } = await startSession(t);
  const host = await browser.join(engine, 'host');
  await inputOpen(host);
  engine.send({ msg: 'viewer_restart', viewer: host.viewer, sdp: 'a=ice-ufrag:none\r\n' });
  assert.equal((await engine.said({ msg: 'viewer_restarted' })).sdp, undefined, 'without a password');
  const restart = async () => {
    engine.messages.length = 0;
    engine.send({ msg: 'viewer_restart', viewer: host.viewer, sdp: await host.call('restart') });
    const { sdp } = await engine.said({ msg: 'viewer_restarted' });
    assert.match(sdp, /^a=ice-ufrag:[^]*a=candidate:[^]*a=end-of-candidates/);
    return sdp;
  };
  for (const colour of ['yellow', 'blue', 'yellow']) {
    const before = await host.call('path');
    await restart(); // of which the answer gets lost
    const sdp = await restart();
    await host.call('acceptRestart', sdp);
    await until(async () => (await host.call('path')).local.usernameFragment !== before.local.usernameFragment, { what: 'another path' });
    for (const type of ['keydown', 'keyup']) await host.send({ type, code: 'Space' });
    await host.until(`p.colour === "${colour}"`);
  }
  assert.ok(!engine.messages.some(({ msg }) => msg === 'viewer_gone' || msg === 'viewer_connected'), 'one viewing');
});
