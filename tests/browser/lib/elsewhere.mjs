// @ts-check
// People who come from elsewhere: each from a network of their own, as far as the site can see.

import { connect } from 'node:net';
import { createServer } from 'node:http';
import { onEnd } from '../../system/lib/programs.mjs';

let networks = 0;

/**
 * For a browser's context: what it asks of the site comes from an address in a network where nobody else is.
 * @param {import('../../system/lib/programs.mjs').Scope} scope
 * @returns {Promise<{ server: string }>}
 */
export async function fromElsewhere(scope) {
  const localAddress = `127.0.${++networks}.1`;
  /** @type {Set<import('node:stream').Duplex>} */
  const open = new Set();
  const server = createServer().on('connect', ({ url = '' }, client, head) => {
    const { hostname: host, port } = new URL(`http://${url}`);
    const site = connect({ host, port: Number(port), localAddress }, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      site.write(head);
      client.pipe(site).pipe(client);
    });
    for (const [end, other] of [[site, client], [client, site]]) {
      open.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => (open.delete(end), other.destroy()));
    }
  });
  await new Promise(settle => server.listen(0, '127.0.0.1', () => settle(undefined)));
  onEnd(scope, () => {
    for (const end of open) end.destroy();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { server: `http://127.0.0.1:${port}` };
}
