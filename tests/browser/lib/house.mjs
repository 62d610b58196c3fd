// @ts-check
// The whole system as a visitor meets it: nginx, the coordinator, streamers with the showroom. Nothing is a stand-in.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { CoordinatorFiles, startSite } from '../../system/lib/coordinator.mjs';
import { startNginx } from '../../system/lib/nginx.mjs';
import { freePort } from '../../system/lib/ports.mjs';
import { built, ownScope, source, temporaryDirectory } from '../../system/lib/programs.mjs';
import { startStreamer } from '../../system/lib/streamer.mjs';
import { startBrowser } from './visitor.mjs';

/**
 * @typedef {{ name: string, rcName: string, scene: string, url?: string }} Wanted  a streamer that there shall be; `url`: where
 *   people are told that it is
 * @typedef {Wanted & { port: number, url: string, directory: string }} Place
 */

/** Two complexes, one of them with two servers; one session each. @type {Wanted[]} */
const usual = [
  { name: 'river-1', rcName: 'River Quarter', scene: 'river' },
  { name: 'river-2', rcName: 'River Quarter', scene: 'river' },
  { name: 'park-1', rcName: 'Park Side', scene: 'park' },
];

/**
 * How long a start may take in the streamers and, a little longer, in the coordinator: drawing by a processor that has a browser and
 * other scenes to draw, the showroom needs many times what it does alone. Who waits for a start is more patient still.
 */
const START_SECONDS = { streamer: 45, coordinator: 50 };

/** Pictures a second, drawn and sent: to see what happens these are enough, and twice as many are twice the work of a machine without a GPU. */
const USUAL_FRAMERATE = 30;

/** A picture of the shape that fits, and no more to draw than the smallest there is to begin with. */
const PIXELS = 960 * 540;

/** What the sample says of the complexes. @param {string} rcName */
function sampleInfo(rcName) {
  const servers = JSON.parse(readFileSync(join(source, 'conf/servers.json'), 'utf8'));
  return servers.find((/** @type {any} */ server) => server.rc_info.rc_name === rcName)?.rc_info ?? { rc_name: rcName };
}

/**
 * @typedef {{ path?: string, wanted?: Wanted[], settings?: object, rules?: object, address?: string, embedOrigins?: string, framerate?: number }} HouseOptions
 *   `settings`: the streamers', `rules`: the coordinator's, where they differ; `address`: what the web server listens on;
 *   `embedOrigins`: who else may show the site in a frame
 */

/** @param {import('../../system/lib/programs.mjs').Scope} scope @param {HouseOptions} [options] */
export async function startHouse(scope, { path = '/', wanted = usual, settings = {}, rules, address, embedOrigins, framerate = USUAL_FRAMERATE } = {}) {
  const files = new CoordinatorFiles(scope);
  /** @type {Place[]} */
  const places = [];
  for (const one of wanted) {
    const directory = temporaryDirectory(scope, 'vh');
    places.push({ url: `streamer/${one.name}/`, ...one, directory, port: await freePort() });
  }

  /** @param {Place} place */
  const startPlace = ({ name, rcName, scene, port, url, directory }) => {
    const app = [built('vitrina-showroom'), '--rc', scene, '--width', '{width}', '--height', '{height}', '--fps', String(framerate), '--language', '{language}'];
    const usualSettings = { server_name: name, rc_name: rcName, port, public_url: url, app, webrtc: { framerate, max_pixels: PIXELS } };
    // Whoever a test leaves behind has no claim to a place that the next one wants.
    const patient = { start_timeout_seconds: START_SECONDS.streamer, alone_grace_seconds: 0 };
    return startStreamer(scope, { ...usualSettings, ...patient, ...settings }, { directory, key: files.key });
  };
  /** @type {Map<string, import('../../system/lib/streamer.mjs').Streamer>} */
  const streamers = new Map();
  for (const place of places) streamers.set(place.name, await startPlace(place));

  const servers = places.map(({ name, port, url, rcName }) => ({
    server_name: name,
    ip: '127.0.0.1',
    port: String(port),
    url,
    rc_info: sampleInfo(rcName),
  }));
  const patient = { start_timeout_seconds: START_SECONDS.coordinator, ...rules };
  const site = await startSite(scope, { files, settings: patient, servers, path, address, embedOrigins, streamers: places });
  await site.online(places.length);
  return {
    ...site,
    url: site.nginx.url,
    streamers,
    /** Starts the web server that was stopped, where it was. */
    restartNginx() {
      const [httpPort, httpsPort] = [site.nginx.httpUrl, site.nginx.url].map(url => Number(new URL(url).port));
      return startNginx(scope, { coordinatorSocket: files.socket, websocketSocket: files.websocket, path, embedOrigins, streamers: places, httpPort, httpsPort });
    },
    /** Starts a streamer that was stopped. @param {string} name */
    async restartStreamer(name) {
      const place = places.find(one => one.name === name);
      if (!place) throw new Error(name);
      streamers.set(name, await startPlace(place));
    },
  };
}

/**
 * A house and a browser for all tests of a file.
 * @param {HouseOptions} [options] @param {Parameters<typeof startBrowser>[1]} [browserOptions]
 */
export async function openHouse(options, browserOptions) {
  const scope = ownScope();
  after(() => scope.end());
  return { scope, house: await startHouse(scope, options), browser: await startBrowser(scope, browserOptions) };
}
