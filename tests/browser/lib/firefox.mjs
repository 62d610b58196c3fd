// @ts-check
// Firefox, as Debian has it, for the same visitors: driven by WebDriver BiDi.

import { firefox } from 'playwright-core';
import { networkInterfaces } from 'node:os';
import { onEnd, run, temporaryDirectory } from '../../system/lib/programs.mjs';

/** Firefox uses the address of its way out alone, and in a network of their own (tests/system/run) tests have none: here is one, to nowhere. */
function openWayOut() {
  if (networkInterfaces().here) run('ip', ['route', 'add', 'default', 'dev', 'here']);
}

/**
 * It has a home of its own, to write into: it refuses one that is not its user's, as under sudo. FIREFOX names another.
 * @param {import('../../system/lib/programs.mjs').Scope} scope
 * @returns {Promise<import('playwright-core').Browser>}
 */
export async function startFirefox(scope) {
  openWayOut();
  const browser = await firefox.launch({
    channel: 'moz-firefox', // the one that speaks WebDriver BiDi, not a build of the driver's makers
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    env: { ...process.env, HOME: temporaryDirectory(scope, 'firefox') },
    firefoxUserPrefs: { 'media.peerconnection.ice.loopback': true },
  });
  onEnd(scope, () => browser.close());
  return browser;
}
