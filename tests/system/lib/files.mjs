// @ts-check
// Files that a program reads while a test changes them.

import { renameSync, writeFileSync } from 'node:fs';

/** Puts a file in place, whole, readable for us alone. @param {string} path @param {string | Buffer} content */
export function replaceFile(path, content) {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
