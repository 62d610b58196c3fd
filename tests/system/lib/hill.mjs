// @ts-check
// A site with one complex, "Hill", on one fake streamer with two places: for what is told as it happens.

import { CoordinatorFiles, listed, startSite } from './coordinator.mjs';
import { FakeStreamer } from './fake_streamer.mjs';

/**
 * Returns when all is told that starting up brings; events from `cursor` on are the test's own.
 * @param {import('./programs.mjs').Scope} scope @param {object} [settings] the coordinator's, where they differ
 */
export async function startHill(scope, settings) {
  const files = new CoordinatorFiles(scope);
  const streamer = await FakeStreamer.start(scope, { name: 'hill-1', key: files.key, limit: 2 });
  /* A status may take long: the test's own process is the streamer, too, and busy with hundreds of clients. */
  const patient = { status_wait_seconds: 30, ...settings };
  const site = await startSite(scope, { files, servers: [listed(streamer, 'Hill')], settings: patient, workers: 2 });
  await site.online(1);
  /** Waits until nothing more is told; the cursor there. @returns {Promise<string>} */
  const quiet = async () => {
    let { cursor } = (await site.client.ask('POLL_EVENTS')).answer;
    for (;;) {
      const { answer } = await site.client.ask('POLL_EVENTS', { cursor, wait_seconds: 1 });
      if (answer.events.length === 0) return answer.cursor;
      cursor = answer.cursor;
    }
  };
  return { ...site, streamer, quiet, cursor: await quiet() };
}
