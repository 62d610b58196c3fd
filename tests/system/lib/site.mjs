// @ts-check
// The site as it is installed: what the build made of www/.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, source } from './programs.mjs';

/** When what lies in a directory was last changed, and its name. @param {string} directory @returns {{ path: string, atMs: number }} */
function newest(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  const dated = files.map(entry => join(entry.path, entry.name)).map(path => ({ path, atMs: statSync(path).mtimeMs }));
  return dated.reduce((last, one) => (one.atMs > last.atMs ? one : last));
}

/** Its directory; fails where the build is older than the sources, since the tests would show what is no more. @returns {string} */
export function builtSite() {
  const { path, atMs } = newest(join(source, 'www'));
  const made = statSync(join(build, 'site.stamp'), { throwIfNoEntry: false });
  if (!made || made.mtimeMs < atMs) throw new Error(`${path} is newer than the built site: run make`);
  return join(build, 'site');
}
