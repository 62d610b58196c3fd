// @ts-check
// How the page hears from the coordinator through a real web server: by a WebSocket, and by polling where something in between
// refuses it, or lets it through and then stays silent.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { CoordinatorFiles, listed, startCoordinator, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { startNginx } from '../system/lib/nginx.mjs';
import { onEnd, ownScope, temporaryDirectory, until } from '../system/lib/programs.mjs';
import { startBrowser, Visitor } from './lib/visitor.mjs';

const scope = ownScope();
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await startBrowser(scope);
});
after(() => scope.end());

/** One server of "Hill" with three places. @param {import('node:test').TestContext} t */
async function startHill(t) {
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'hill-1', key: files.key, limit: 3 });
  const site = await startSite(t, { files, servers: [listed(streamer, 'Hill')] });
  await site.online(1);
  return { ...site, streamer };
}

/** @param {Visitor} visitor @param {number} free */
const sees = (visitor, free) =>
  visitor.page.waitForFunction(
    places => document.querySelectorAll('[data-rc="Hill"] .dot--free').length === places,
    free,
  );

/** A web server's view of a proxy that grants every WebSocket and then says nothing. @param {import('node:test').TestContext} t */
async function startSilence(t) {
  const socketPath = join(temporaryDirectory(t, 'vitrina-silence'), 'silence.sock');
  const counts = { opened: 0, givenUp: 0 };
  const server = createServer().on('upgrade', ({ headers }, socket) => {
    counts.opened++;
    const proof = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${proof}`];
    // The closing frame that comes (RFC 6455 section 5.5.1) is not answered, either.
    socket.on('data', bytes => (counts.givenUp += Number((bytes[0] & 15) === 8)));
    socket.on('error', () => {}).write(`${lines.join('\r\n')}\r\n\r\n`);
    onEnd(t, () => socket.destroy());
  });
  await new Promise(listening => server.listen(socketPath, () => listening(undefined)));
  onEnd(t, () => server.close());
  return { socketPath, counts };
}

test('the page hears of a change by its WebSocket, and polls for nothing beside it', async t => {
  const site = await startHill(t);
  const visitor = await Visitor.come(t, browser, { label: 'line' });
  await visitor.open(site.nginx.url);
  await sees(visitor, 3);
  await until(async () => (await site.health()).sockets === 1);
  await until(async () => (await site.health()).waiting === 0);
  const { answer } = await site.client.ask('START_SESSION', { rc_name: 'Hill' });
  await sees(visitor, 2);
  site.streamer.end(answer.session);
  await sees(visitor, 3);
  assert.equal((await site.health()).waiting, 0);
  assert.deepEqual(visitor.complaints, []);
});

test('where no WebSocket gets through, the page polls, and says nothing of it', async t => {
  const site = await startHill(t);
  const blocked = await startNginx(t, { coordinatorSocket: site.files.socket });
  const visitor = await Visitor.come(t, browser, { label: 'line-blocked' });
  await visitor.open(blocked.url);
  await until(async () => (await site.health()).waiting === 1);
  await site.client.ask('START_SESSION', { rc_name: 'Hill' });
  await sees(visitor, 2);
  assert.equal(await visitor.message.textContent(), '');
  assert.equal((await site.health()).sockets, 0);
  assert.deepEqual(visitor.complaints, []);
});

test('where a proxy lets the WebSocket through and stays silent, the page polls, and gives it up', async t => {
  const site = await startHill(t);
  const silence = await startSilence(t);
  const proxied = await startNginx(t, { coordinatorSocket: site.files.socket, websocketSocket: silence.socketPath });
  const visitor = await Visitor.come(t, browser, { label: 'line-silent' });
  await visitor.open(proxied.url);
  await until(async () => (await site.health()).waiting === 1);
  assert.equal(silence.counts.opened, 1);
  await site.client.ask('START_SESSION', { rc_name: 'Hill' });
  await sees(visitor, 2);
  await until(() => silence.counts.givenUp === 1, { what: 'the silent WebSocket is given up' });
  await site.client.ask('START_SESSION', { rc_name: 'Hill' });
  await sees(visitor, 1);
  assert.equal(await visitor.message.textContent(), '');
});

test('a coordinator that restarts loses nobody: the page is told of what changed meanwhile', async t => {
  const site = await startHill(t);
  const visitor = await Visitor.come(t, browser, { label: 'line-restart' });
  await visitor.open(site.nginx.url);
  await sees(visitor, 3);
  await until(async () => (await site.health()).sockets === 1);
  await site.client.ask('START_SESSION', { rc_name: 'Hill' });
  await sees(visitor, 2);
  await site.coordinator.stop();
  site.streamer.sessions.clear();
  site.streamer.change();
  await startCoordinator(t, site.files);
  await sees(visitor, 3);
  await until(async () => (await site.health()).sockets === 1, { what: 'its WebSocket is back', timeout: 30_000 });
  await site.client.ask('START_SESSION', { rc_name: 'Hill' });
  await sees(visitor, 2);
});
