// @ts-check
// Sockets that systemd holds and passes to the coordinator (systemd.socket(5)): each is for the door that its name says, and nobody who comes
// while the one coordinator ends and the next begins is turned away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Held } from './lib/activation.mjs';
import { CoordinatorFiles } from './lib/coordinator.mjs';
import { FastCgi, wholeRequest } from './lib/fastcgi.mjs';
import { onEnd, slowness, until } from './lib/programs.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/** @param {import('node:test').TestContext} t */
function filesWithoutSockets(t) {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration({ socket: undefined, websocket_socket: undefined });
  files.writeServers([]);
  return files;
}

/** @param {import('node:test').TestContext} t @param {string} socket */
async function askByFastCgi(t, socket) {
  const peer = new FastCgi(socket);
  onEnd(t, () => peer.close());
  peer.write(wholeRequest('{"verb":"GET_RCS"}', {}, { keep: false }));
  return (await peer.answer()).answer.msg;
}

/** As a page does: whom the coordinator that ends has let in still is told so (1001), and comes again. @param {import('node:test').TestContext} t @param {string} socketPath */
async function askByWebSocket(t, socketPath) {
  for (;;) {
    const socket = await WebSocketClient.open(t, 'http://site.example/ws', { socketPath });
    const sent = socket.ask('GET_RCS').then(({ msg }) => msg, () => undefined);
    const gone = until(() => socket.closed !== null, { timeout: 60_000 * slowness }).then(() => undefined, () => undefined);
    const msg = await Promise.race([sent, gone]);
    if (msg) return msg;
    assert.equal(socket.closed?.code, 1001);
  }
}

for (const names of [['fastcgi', 'websocket'], ['websocket', 'vitrina-coordinator.socket']])
  test(`sockets called ${names.join(' and ')} are for the doors of these names, in any order`, async t => {
    const files = filesWithoutSockets(t);
    const paths = names.map(name => (name === 'websocket' ? files.websocket : files.socket));
    const held = await Held.start(t, files, [[names[0], paths[0]], [names[1], paths[1]]]);
    assert.match(held.holder.log, / ready door=systemd websockets=systemd /);
    assert.equal(await askByFastCgi(t, files.socket), 'RCS_FOUND');
    assert.equal(await askByWebSocket(t, files.websocket), 'RCS_FOUND');
  });

test('who comes while the coordinator is restarted is served by the next one', async t => {
  const files = filesWithoutSockets(t);
  const held = await Held.start(t, files, [['fastcgi', files.socket], ['websocket', files.websocket]]);
  for (let round = 2; round < 5; round++) {
    await held.end();
    const answers = await Promise.all([askByFastCgi(t, files.socket), askByWebSocket(t, files.websocket)]);
    assert.deepEqual(answers, ['RCS_FOUND', 'RCS_FOUND']);
    await held.started(round);
  }
});

test('a configured WebSocket door is opened where none is passed', async t => {
  const files = filesWithoutSockets(t);
  files.writeConfiguration({ socket: undefined });
  await Held.start(t, files, [['fastcgi', files.socket]]);
  assert.equal(await askByFastCgi(t, files.socket), 'RCS_FOUND');
  assert.equal(await askByWebSocket(t, files.websocket), 'RCS_FOUND');
});

test('two sockets for one door are refused: nobody would listen on the second', async t => {
  const files = filesWithoutSockets(t);
  const held = await Held.start(t, files, [['fastcgi', files.socket], ['fastcgi', `${files.socket}.2`]], /ended with/);
  assert.match(held.holder.log, /socket: systemd passes more than one for the same door/);
  assert.match(held.holder.log, /ended with <78>/);
});
