// @ts-check
// People in front of a browser: what they do with the page, and what they see in the picture.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { launching } from '../../system/lib/player.mjs';
import { build, onEnd, slowness, until } from '../../system/lib/programs.mjs';

/**
 * @typedef {import('../../system/lib/programs.mjs').Scope} Scope
 * @typedef {import('playwright-core').Browser} Browser
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('playwright-core').Frame} Frame
 */

/** Starting takes the application's start; the machine may be busy with other tests. */
const PATIENCE_MS = 60_000 * slowness;

/**
 * A refusal's HTTP status and a line that does not get through are told by the browser as errors, too; they are none of the page. Nor is
 * the style `body {}`, which the driver tries in Firefox before it takes a picture of the page, whose policy forbids it.
 */
const NOT_OURS = /Failed to load resource|^WebSocket connection to |sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT\+SmwNZWA=/;

/** A desk and a phone, as the page must suit both. */
export const screens = {
  wide: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};

const screenshots = process.env.VITRINA_SCREENSHOTS ?? join(build, 'tests/browser/screenshots');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * @param {Scope} scope @param {Parameters<typeof launching>[0]} [options]
 * @returns {Promise<Browser>}
 */
export async function startBrowser(scope, options) {
  mkdirSync(screenshots, { recursive: true });
  const browser = await chromium.launch(launching(options));
  onEnd(scope, () => browser.close());
  return browser;
}

/**
 * A browser of which the processes are known, to do to them what happens to people's devices.
 * @param {Scope} scope
 */
export async function startOwnBrowser(scope) {
  const server = await chromium.launchServer(launching());
  const { pid } = server.process();
  /** Signals the browser and all that it has started. @param {NodeJS.Signals} name */
  const signal = name => {
    for (const process_ of [...descendantsOf(/** @type {number} */ (pid)), /** @type {number} */ (pid)])
      try {
        process.kill(process_, name);
      } catch {
        // It has ended meanwhile.
      }
  };
  onEnd(scope, () => {
    signal('SIGCONT');
    return server.kill();
  });
  return { browser: await chromium.connect(server.wsEndpoint()), signal };
}

/** @param {number} pid @returns {number[]} */
function descendantsOf(pid) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync('/proc').filter(entry => /^\d+$/.test(entry)))
    try {
      // The name, in parentheses, may have spaces of its own.
      const parent = Number(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) . /s, '').split(' ')[0]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  /** @param {number} parent @returns {number[]} */
  const below = parent => (children.get(parent) ?? []).flatMap(child => [...below(child), child]);
  return below(pid);
}

/** Runs in the page before its own scripts: keeps the input channels, to do what the page itself would never do. */
function keepChannels() {
  /** @type {any} */
  const page = globalThis;
  page.channels = [];
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const channel = create.apply(this, args);
    page.channels.push(channel);
    return channel;
  };
}

/** Runs in the page: notes the time of every frame that the picture shows. @param {HTMLVideoElement} video */
function countFrames(video) {
  /** @type {any} */
  const page = globalThis;
  if (page.frameTimes) return;
  /** @type {number[]} */
  const times = (page.frameTimes = []);
  /** @param {number} now */
  const note = now => {
    times.push(now);
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}

/** Runs in the page: a small grey copy of the picture. @param {HTMLVideoElement} video @returns {number[]} */
function lookAt(video) {
  const [width, height] = [48, 27];
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Array.from({ length: width * height }, (_, at) => (data[4 * at] + data[4 * at + 1] + data[4 * at + 2]) / 3);
}

/** @param {number[]} one @param {number[]} other @returns {number} the mean difference of two looks, from 0 to 255 */
export function difference(one, other) {
  return one.reduce((sum, value, at) => sum + Math.abs(value - other[at]), 0) / one.length;
}

/** Less than this is the encoder's own unrest; a step or a turn changes far more. */
export const UNREST = 1.5;

export class Visitor {
  /** What the page complained of: broken policy, errors in scripts. @type {string[]} */
  complaints = [];

  /** @param {Page} page @param {string} label for screenshots */
  constructor(page, label) {
    this.page = page;
    this.label = label;
    /** Where the site is: the page, or a frame in it. @type {Page | Frame} */
    this.site = page;
    const complain = (/** @type {string} */ text) => !NOT_OURS.test(text) && this.complaints.push(text);
    page.on('pageerror', error => complain(String(error.stack ?? error)));
    page.on('console', message => ['error', 'warning'].includes(message.type()) && complain(message.text()));
  }

  /**
   * Somebody with a fresh browser profile.
   * @template {typeof Visitor} T
   * @this {T}
   * @param {Scope} scope @param {Browser} browser
   * @param {{ screen?: keyof typeof screens, language?: string, label?: string,
   *           viewport?: { width: number, height: number }, colorScheme?: 'light' | 'dark',
   *           reducedMotion?: 'reduce' | 'no-preference', proxy?: { server: string } }} [options]
   * @returns {Promise<InstanceType<T>>}
   */
  static async come(scope, browser, { screen = 'wide', language = 'en', label = screen, ...rest } = {}) {
    const context = await browser.newContext({ ...screens[screen], locale: language, ignoreHTTPSErrors: true, ...rest });
    onEnd(scope, () => context.close());
    await context.addInitScript(keepChannels);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return /** @type {InstanceType<T>} */ (new this(page, label));
  }

  /** Opens the site and waits for its cards, unless the address leads elsewhere. @param {string} url */
  async open(url) {
    // A browser that has just begun takes its network for a new one once, and drops what it is loading. It loads the page again itself
    // or the page does, which gets into our way.
    const isDropped = (/** @type {Error} */ failure) => /ERR_NETWORK_CHANGED|interrupted by another navigation/.test(failure.message);
    while (await this.page.goto(url).catch(failure => (isDropped(failure) ? 'again' : Promise.reject(failure))) === 'again');
    if (!url.includes('#code')) await this.site.locator('[data-rc]').first().waitFor();
  }

  /** @param {string} rcName */
  card(rcName) {
    return this.site.locator(`[data-rc="${rcName}"]`);
  }

  /** @param {'start' | 'join' | 'leave'} name */
  action(name) {
    return this.site.locator(`[data-action="${name}"]`);
  }

  get video() {
    return this.site.locator('video[data-picture]');
  }

  get message() {
    return this.site.locator('[data-message]');
  }

  /** Waits for a free place, chooses, starts, and waits for the picture. @param {string} rcName @returns {Promise<string>} the code */
  async start(rcName) {
    await this.card(rcName).locator('[data-state="free"]').waitFor();
    await this.card(rcName).click();
    await this.action('start').click();
    await this.seesPicture();
    return this.code();
  }

  /** @param {string} code */
  async enterCode(code) {
    await this.site.locator('input[name="code"]').fill(code);
    await this.action('join').click();
  }

  /** @returns {Promise<string>} */
  async code() {
    return (await this.site.locator('[data-code]').textContent()) ?? '';
  }

  /** @returns {Promise<string>} as who the coordinator let the visitor in */
  role() {
    return this.site.evaluate(() => JSON.parse(sessionStorage.getItem('vitrina.session') ?? '{}').role);
  }

  async leave() {
    await this.action('leave').click();
    await this.site.locator('[data-rc]').first().waitFor();
  }

  /** Waits until frames arrive. */
  async seesPicture() {
    await this.video.waitFor();
    await this.video.evaluate(countFrames);
    await this.site.waitForFunction(() => /** @type {any} */ (globalThis).frameTimes?.length >= 2);
  }

  /** Waits until a card says what matches. @param {string} rcName @param {RegExp} words */
  async seesCard(rcName, words) {
    await this.#seesText(this.card(rcName), words);
  }

  /** Waits until the visitor is told what matches. @param {RegExp} words */
  async isTold(words) {
    await this.#seesText(this.message, words);
  }

  /** @param {import('playwright-core').Locator} locator @param {RegExp} words */
  async #seesText(locator, words) {
    let text = '';
    try {
      await until(async () => words.test((text = (await locator.textContent()) ?? '')), { timeout: PATIENCE_MS / slowness });
    } catch (failure) {
      throw new Error(`${words} is not in ${JSON.stringify(text)}`, { cause: failure });
    }
  }

  /** @returns {Promise<{ width: number, height: number }>} of the picture itself */
  pictureSize() {
    return this.video.evaluate((/** @type {HTMLVideoElement} */ video) => ({ width: video.videoWidth, height: video.videoHeight }));
  }

  /** Waits until the picture has the shape of its place on this screen: no bars are beside it. */
  async seesFittingPicture() {
    let last = '';
    const fits = async () => {
      const { width, height } = await this.pictureSize();
      const place = await this.video.boundingBox();
      last = `${width} x ${height} in ${place?.width} x ${place?.height}`;
      return place && Math.abs((width / height / place.width) * place.height - 1) < 0.01 ? { width, height } : undefined;
    };
    try {
      return await until(fits, { timeout: 30_000 });
    } catch (failure) {
      throw new Error(`the picture does not fit: ${last}`, { cause: failure });
    }
  }

  /** @returns {Promise<number[]>} */
  look() {
    return this.video.evaluate(lookAt);
  }

  /** Waits until nothing moves in the picture, and gives it. @returns {Promise<number[]>} */
  async seesStillness() {
    let before = await this.look();
    let sinceMs = Date.now();
    return until(
      async () => {
        const now = await this.look();
        if (difference(before, now) > UNREST) {
          before = now;
          sinceMs = Date.now();
        }
        return Date.now() - sinceMs > 700 ? now : undefined;
      },
      { what: 'a picture that stands still', timeout: 30_000 },
    );
  }

  /** Waits until the picture differs from an earlier look. @param {number[]} before @param {string} [why] */
  async seesChange(before, why = 'a change in the picture') {
    return until(async () => difference(before, await this.look()) > 3 * UNREST, { what: why, timeout: 30_000 });
  }

  /**
   * Walks to and fro until, within one second, that many frames were shown.
   * @param {number} frames
   */
  async walksUntilItSees(frames) {
    await this.video.focus();
    const deadlineMs = Date.now() + 3 * PATIENCE_MS;
    let best = 0;
    for (let step = 0; best < frames; step++) {
      assert.ok(Date.now() < deadlineMs, `at best ${best} frames in a second, not ${frames}`);
      const key = ['KeyW', 'KeyS'][step % 2];
      await this.page.keyboard.down(key);
      best = Math.max(best, await this.#framesInNextSeconds(2));
      await this.page.keyboard.up(key);
    }
    return best;
  }

  /** @param {number} seconds @returns {Promise<number>} the most frames that were shown within any one second of them */
  async #framesInNextSeconds(seconds) {
    return this.site.evaluate(async forSeconds => {
      /** @type {number[]} */
      const times = /** @type {any} */ (globalThis).frameTimes;
      const first = times.length;
      await new Promise(settle => setTimeout(settle, forSeconds * 1000));
      const own = times.slice(first);
      return Math.max(0, ...own.map((from, at) => own.slice(at).filter(time => time < from + 1000).length));
    }, seconds);
  }

  /** Sends past the page, straight on its data channel. @param {object} message */
  async sendRaw(message) {
    await this.site.waitForFunction(() => /** @type {any} */ (globalThis).channels.at(-1)?.readyState === 'open');
    await this.site.evaluate(text => /** @type {any} */ (globalThis).channels.at(-1).send(text), JSON.stringify(message));
  }

  /** Has a gamepad in their hands that is pushed so, or puts it away. @param {{ axes?: number[], pressed?: number } | null} pad */
  async holdsGamepad(pad) {
    await this.site.evaluate(held => {
      const buttons = Array.from({ length: 17 }, (_, at) => ({ pressed: at === held?.pressed, value: Number(at === held?.pressed) }));
      const pads = held && [{ connected: true, mapping: 'standard', axes: held.axes ?? [0, 0, 0, 0], buttons }];
      Object.defineProperty(navigator, 'getGamepads', { configurable: true, value: () => pads ?? [null] });
      dispatchEvent(new Event(pads ? 'gamepadconnected' : 'gamepaddisconnected'));
    }, pad);
  }

  /** Has from now on a slow phone on a slow network: a quarter of this processor, 150 ms, 1.6 Mbit/s. */
  async isSlow() {
    const devtools = await this.page.context().newCDPSession(this.page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 });
  }

  /**
   * Nothing that was looked at has moved by itself since the page was loaded (https://web.dev/articles/cls; 0.1 is called good).
   * @param {string} where
   */
  async hasStoodStill(where) {
    const moves = await this.site.evaluate(async () => {
      /** @type {any[]} */
      const shifts = await new Promise(settle =>
        new PerformanceObserver((list, observer) => {
          observer.disconnect();
          settle(list.getEntries());
        }).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(settle, 500, []),
      );
      return shifts
        .filter(({ hadRecentInput }) => !hadRecentInput)
        .map(({ value, startTime, sources }) => ({
          value,
          what: `${value.toFixed(3)} at ${Math.round(startTime)} ms: ${sources.map((/** @type {any} */ { node, previousRect, currentRect }) => `${node instanceof Element ? node.className || node.tagName : node?.nodeName} from ${Math.round(previousRect.top)} to ${Math.round(currentRect.top)}`).join(' ')}`,
        }));
    });
    const sum = moves.reduce((all, { value }) => all + value, 0);
    assert.ok(sum < 0.05, `${where}: moved by ${sum.toFixed(3)}\n${moves.map(({ what }) => what).join('\n')}`);
    return sum;
  }

  /** Nothing serious that a checker of accessibility could find. @param {string} where */
  async isAccessible(where) {
    // Straight into the frame, past the policy, which rightly keeps foreign scripts out of the page.
    await this.site.evaluate(axe);
    const violations = await this.site.evaluate(async () => {
      const { violations: found } = await /** @type {any} */ (globalThis).axe.run(document, { resultTypes: ['violations'] });
      return found
        .filter((/** @type {any} */ { impact }) => ['serious', 'critical'].includes(impact))
        .map((/** @type {any} */ { id, help, nodes }) => `${id}: ${help} at ${nodes.map((/** @type {any} */ node) => node.target).join(' ')}`);
    });
    assert.deepEqual(violations, [], where);
  }

  /** Nothing has to be scrolled sideways. @param {string} where */
  async fitsTheScreen(where) {
    const { content, screen } = await this.site.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      screen: document.documentElement.clientWidth,
    }));
    assert.ok(content <= screen, `${where}: ${content} pixels wide on a screen of ${screen}`);
  }

  /** @param {string} step */
  async screenshot(step) {
    await this.page.screenshot({ path: join(screenshots, `${this.label}-${step}.png`) });
  }
}
