// @ts-check
// A browser with players: pages in Chromium that make a WHEP-like offer, play the picture and send input.

import { chromium } from 'playwright-core';
import { createServer } from 'node:http';
import { onEnd, temporaryDirectory } from './programs.mjs';

/** @typedef {import('./programs.mjs').Scope} Scope */
/** @typedef {import('./engine.mjs').Engine} Engine */

/** How Chromium runs here: alone, as any user, without a GPU, with media over loopback. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
];

/**
 * How a browser is launched: Chromium without what a desktop needs, which spares a quarter of the work, or the whole one
 * that people have. CHROMIUM names another.
 * @param {{ network?: ReturnType<typeof import('./network.mjs').startNetwork>, whole?: boolean }} [options] `network`: that it shall be in
 */
export function launching({ network, whole = false } = {}) {
  const path = process.env.CHROMIUM ?? (whole ? '/usr/bin/chromium' : '/usr/bin/chromium-headless-shell');
  return { executablePath: network ? network.program(path) : path, headless: true, args: flags };
}

/** Runs in the page. */
function pageScript() {
  class Player {
    frames = 0;
    /** the longest time between two frames, in milliseconds */
    gap = 0;
    /** what the picture shows near its top left: "blue", "yellow" or "" for neither */
    colour = '';
    state = '';
    /** what the engine said on the data channel @type {any[]} */
    told = [];
    /** @type {RTCSessionDescriptionInit | undefined} of a restart that the other side has not answered yet */
    next;

    /**
     * @param {{ codecs?: string[], data?: boolean, audio?: boolean, whole?: boolean, configuration?: RTCConfiguration }} options
     *   `whole`: the colour is
     *   "lighter" or "darker", as the whole picture became when it last changed by much at once
     */
    constructor({ codecs, data = true, audio = false, whole = false, configuration } = {}) {
      this.whole = whole;
      this.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...configuration });
      const video = this.peer.addTransceiver('video', { direction: 'recvonly' });
      if (audio) this.peer.addTransceiver('audio', { direction: 'recvonly' });
      if (codecs) {
        const all = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
        /* Lost packets are repeated as for any player of a page. */
        video.setCodecPreferences(all.filter(({ mimeType }) => [...codecs, 'rtx'].includes(mimeType.slice(6))));
      }
      if (data) this.input = this.peer.createDataChannel('input');
      this.open = new Promise(settle => this.input?.addEventListener('open', settle));
      this.input?.addEventListener('message', ({ data }) => this.told.push(JSON.parse(data)));
      this.video = document.createElement('video');
      Object.assign(this.video, { muted: !audio, autoplay: true, playsInline: true });
      document.body.append(this.video);
      this.stream = new MediaStream();
      this.peer.addEventListener('track', ({ track }) => {
        this.stream.addTrack(track);
        this.video.srcObject = this.stream;
      });
      this.peer.addEventListener('connectionstatechange', () => (this.state = this.peer.connectionState));
      this.context = new OffscreenCanvas(16, 16).getContext('2d', { willReadFrequently: true });
      let last = 0;
      /** @type {VideoFrameRequestCallback} */
      const onFrame = (now, about) => {
        this.frames++;
        if (last) this.gap = Math.max(this.gap, now - last);
        last = now;
        this.about = about;
        this.look();
        this.video.requestVideoFrameCallback(onFrame);
      };
      this.video.requestVideoFrameCallback(onFrame);
    }

    look() {
      const size = 16;
      const area = this.whole ? [0, 0, this.video.videoWidth, this.video.videoHeight] : [20, 20, 40, 40];
      this.context?.drawImage(this.video, ...area, 0, 0, size, size);
      const pixels = this.context?.getImageData(0, 0, size, size).data ?? [];
      const [red, green, blue] = [0, 1, 2].map(of => {
        let sum = 0;
        for (let i = of; i < pixels.length; i += 4) sum += pixels[i];
        return sum / size ** 2;
      });
      const light = red + green + blue;
      const step = this.light ? light / this.light : 1;
      this.light = light;
      let colour = red > 150 && blue < 120 ? 'yellow' : blue > 120 && red < 120 ? 'blue' : '';
      if (this.whole) colour = step > 1.3 ? 'lighter' : step < 0.77 ? 'darker' : this.colour;
      const changed = this.whole ? step > 1.3 || step < 0.77 : colour !== this.colour;
      this.colour = colour;
      if (changed) this.onColour?.(colour);
    }

    async offer() {
      await this.peer.setLocalDescription();
      if (this.peer.iceGatheringState !== 'complete')
        await new Promise(settle => {
          this.peer.addEventListener('icegatheringstatechange', () => this.peer.iceGatheringState === 'complete' && settle(0));
          setTimeout(settle, 1000);
        });
      return this.peer.localDescription?.sdp;
    }

    /** @param {string} sdp */
    accept(sdp) {
      return this.peer.setRemoteDescription({ type: 'answer', sdp });
    }

    /** @param {object} event */
    send(event) {
      this.input?.send(JSON.stringify(event));
    }

    async codec() {
      const stats = [...(await this.peer.getStats()).values()];
      const inbound = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      return stats.find(({ id }) => id === inbound?.codecId)?.mimeType;
    }

    /** @param {'video' | 'audio'} of */
    async inbound(of = 'video') {
      const stats = [...(await this.peer.getStats()).values()];
      return stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === of);
    }

    /** Begins an ICE restart; gives the fragment for the other side (RFC 8840). It comes into force with the other side's, see viewing.js. */
    async restart() {
      this.next = await this.peer.createOffer({ iceRestart: true });
      const line = (/** @type {string} */ key) => new RegExp(`^a=${key}:.*$`, 'm').exec(this.next?.sdp ?? '')?.[0].trim();
      return [line('ice-ufrag'), line('ice-pwd'), ''].join('\r\n');
    }

    /** Takes the other side's fragment. @param {string} fragment */
    async acceptRestart(fragment) {
      await this.peer.setLocalDescription(this.next);
      const [ufrag, password] = ['ice-ufrag', 'ice-pwd'].map(key => new RegExp(`a=${key}:.*`).exec(fragment)?.[0].trim());
      const candidates = fragment.split('\r\n').filter(line => line.startsWith('a=candidate:'));
      const before = (this.peer.remoteDescription?.sdp ?? '').replace(/a=(candidate|end-of-candidates).*\r\n/g, '');
      return this.accept(
        before
          .replace(/a=ice-ufrag:.*/g, String(ufrag))
          .replace(/a=ice-pwd:.*/g, [password, ...candidates].join('\r\n')),
      );
    }

    /** What the packets travel over: the two candidates of the present pair. */
    async path() {
      const report = await this.peer.getStats();
      const transport = [...report.values()].find(({ type }) => type === 'transport');
      const { localCandidateId, remoteCandidateId } = report.get(transport.selectedCandidatePairId);
      return { local: report.get(localCandidateId), remote: report.get(remoteCandidateId) };
    }

    close() {
      this.peer.close();
      this.video.remove();
    }
  }
  Object.assign(globalThis, { Player, players: {} });
}

/** One player in a page; what it has is asked with get() and call(). */
export class Player {
  /** @param {import('playwright-core').Page} page @param {string} name @param {number} viewer */
  constructor(page, name, viewer) {
    this.page = page;
    this.name = name;
    this.viewer = viewer;
  }

  /** @param {string} property */
  get(property) {
    return this.page.evaluate(([name, of]) => /** @type {any} */ (globalThis).players[name][of], [this.name, property]);
  }

  /** @param {string} method @param {...any} args */
  call(method, ...args) {
    return this.page.evaluate(
      ([name, of, given]) => /** @type {any} */ (globalThis).players[name][of](...given),
      /** @type {[string, string, any[]]} */ ([this.name, method, args]),
    );
  }

  /** Waits until an expression about the player `p` holds. @param {string} condition @param {number} [timeout] */
  async until(condition, timeout = 10_000) {
    try {
      await this.page.waitForFunction(`(p => ${condition})(players[${JSON.stringify(this.name)}])`, undefined, {
        timeout,
        polling: 20,
      });
    } catch (failure) {
      const state = await this.call('inbound').catch(() => null);
      throw new Error(`not within ${timeout} ms: ${condition}; frames=${await this.get('frames')} state=${await this.get('state')} colour=${await this.get('colour')} ${JSON.stringify(state)}\n${failure}`);
    }
  }

  /** @param {object} event */
  send(event) {
    return this.call('send', event);
  }
}

/** @typedef {Awaited<ReturnType<typeof startChromium>>} Chromium */

/**
 * A browser, and a site with an empty page for it.
 * @param {Scope} scope @param {ReturnType<typeof import('./network.mjs').startNetwork>} [network] that it shall be in
 */
export async function startChromium(scope, network) {
  const home = temporaryDirectory(scope, 'chromium');
  const server = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>player</title>'));
  const address = network?.here ?? '127.0.0.1';
  await new Promise(settle => server.listen(0, address, () => settle(0)));
  onEnd(scope, () => new Promise(settle => (server.closeAllConnections(), server.close(settle))));
  const program = await chromium.launchServer({ ...launching({ network }), env: { ...process.env, HOME: home } });
  onEnd(scope, () => program.kill());
  const browser = await chromium.connect(program.wsEndpoint());
  return { program, browser, url: `http://${address}:${/** @type {any} */ (server.address()).port}/` };
}

/**
 * A page that can make players, in a browser that may have others.
 * @param {Scope} scope @param {Chromium} chromium
 */
export async function openPage(scope, { program, browser, url }) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
  onEnd(scope, () => page.close());
  await page.goto(url);
  await page.evaluate(pageScript);
  let count = 0;
  return {
    page,
    /** kill -9 of the browser and all its processes: it says no farewell to anybody */
    kill: () => program.kill(),
    /**
     * A player that has its answer. @param {Engine} engine @param {string} user @param {object} [options]
     * @param {(answer: string) => string} [route] changes the answer's candidates; the engine hears of none of the
     *   player's then but those from which it comes
     * @returns {Promise<Player>}
     */
    async join(engine, user, options = {}, route = undefined) {
      const name = `player${++count}`;
      const sdp = await page.evaluate(
        ([of, given]) => (/** @type {any} */ (globalThis).players[of] = new /** @type {any} */ (globalThis).Player(given)).offer(),
        /** @type {[string, object]} */ ([name, options]),
      );
      const message = await engine.answer(route ? sdp.replace(/a=candidate:.*\r\n/g, '') : sdp, user);
      if (message.msg !== 'viewer_answer') throw new Error(message.reason);
      const player = new Player(page, name, message.viewer);
      await player.call('accept', route ? route(message.sdp) : message.sdp);
      return player;
    },
  };
}

/**
 * A browser of its own with a page that can make players.
 * @param {Scope} scope @param {ReturnType<typeof import('./network.mjs').startNetwork>} [network] that it shall be in
 */
export const startBrowser = async (scope, network) => openPage(scope, await startChromium(scope, network));
