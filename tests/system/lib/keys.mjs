// @ts-check
// Keys as vitrina-coordinator(8), KEYS, says that they are made of the site's master key.

import { hkdfSync } from 'node:crypto';

/** HKDF-SHA256 (RFC 5869) without salt, as 64 hexadecimal digits. @param {string} master @param {string[]} info */
const derive = (master, ...info) => Buffer.from(hkdfSync('sha256', master.trim(), '', info.join('\0'), 32)).toString('hex');

/** What the streamer of this server has. @param {string} master @param {string} name @param {number} [generation] */
export const serverKey = (master, name, generation = 1) => derive(master, 'vitrina server key v1', name, String(generation));

/** What tickets of staff are signed with. @param {string} master */
export const staffKey = master => derive(master, 'vitrina staff key v1');
