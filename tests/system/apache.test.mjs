// @ts-check
// The coordinator behind Apache, with the project's own configuration: the site, verbs, events by polling and by
// WebSocket, streamers passed through, and slow clients, whose bodies Apache passes on as they come.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { openToWebUser, startApache } from './lib/apache.mjs';
import { Client, request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startCoordinator } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { checkMetrics } from './lib/metrics.mjs';
import { onEnd, slowness, until } from './lib/programs.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/**
 * @param {import('node:test').TestContext} t
 * @param {{ files?: CoordinatorFiles, servers?: any[], settings?: object, path?: string, streamers?: { name: string, port: number }[] }} [options]
 */
async function startSite(t, { files = new CoordinatorFiles(t), servers = [], settings, ...apacheOptions } = {}) {
  files.writeConfiguration({ max_wait_seconds: 25, ...settings });
  files.writeServers(servers);
  const coordinator = await startCoordinator(t, files);
  const apache = await startApache(t, { coordinatorSocket: files.socket, websocketSocket: files.websocket, ...apacheOptions });
  const client = new Client(`${apache.url}api`, { ca: apache.ca });
  onEnd(t, () => client.close());
  return { files, coordinator, apache, client };
}

test('the site and its verbs are there, at a sub-path too, and refusals come as they are', async t => {
  const { apache, client } = await startSite(t, { path: '/demo/' });
  const page = await request(apache.url, { ca: apache.ca });
  assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/);
  const module = await request(`${apache.url}load.js`, { ca: apache.ca });
  assert.deepEqual([module.status, module.headers['content-type']], [200, 'text/javascript; charset=utf-8']);
  const rcs = await client.ask('GET_RCS', { id: 5 });
  assert.deepEqual([rcs.status, rcs.answer], [200, { msg: 'RCS_FOUND', rcs: [], id: 5 }]);
  assert.match(String(rcs.headers['x-request-id']), /^[\w@-]{20,40}$/);
  assert.equal((await client.ask('NONE')).answer.msg, 'UNKNOWN_VERB');
  assert.equal((await client.ask('CONNECT_SESSION_WITH_CODE', { code: '1234' })).answer.msg, 'SESSION_NOT_EXIST');
  const wrong = await request(client.url, { ca: apache.ca });
  assert.deepEqual([wrong.status, wrong.answer.msg, wrong.headers.allow], [405, 'METHOD_NOT_ALLOWED', 'POST']);
  for (const size of [64 * 1024 + 1, 1_000_000])
    for (const headers of /** @type {Record<string, string>[]} */ ([{}, { 'Transfer-Encoding': 'chunked' }])) {
      const large = await client.send('{"verb":"GET_RCS"}'.padEnd(size), { headers });
      assert.deepEqual([large.status, large.answer?.msg], [413, 'TOO_LARGE'], `${size} ${JSON.stringify(headers)}`);
    }
  assert.equal((await client.send('{"verb":"GET_RCS"}'.padEnd(64 * 1024))).status, 200);
  assert.equal((await request(`${apache.url}nothing`, { ca: apache.ca })).status, 404);
  assert.equal((await request(`${apache.url}../apache.conf`, { ca: apache.ca })).status, 403);
});

test('metrics and health are for this machine alone', async t => {
  const { apache } = await startSite(t);
  const { status, text } = await request(`${apache.url}metrics`, { ca: apache.ca });
  assert.equal(status, 200);
  checkMetrics(text);
  assert.equal((await request(`${apache.url}health`, { ca: apache.ca })).answer.status, 'ok');
  const strangers = Object.values(networkInterfaces()).flatMap(all => all ?? []).filter(each => each.family === 'IPv4' && !each.internal);
  if (strangers.length === 0) return t.diagnostic('no other address to ask from');
  const { port } = new URL(apache.httpUrl);
  const outside = await request(`http://127.0.0.1:${port}/metrics`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
  assert.equal(outside.status, 200, 'a header changes nothing');
});

test('the token of the metrics reaches the coordinator', async t => {
  const files = new CoordinatorFiles(t);
  writeFileSync(join(files.directory, 'token'), 'a-long-secret\n', { mode: 0o600 });
  const { apache } = await startSite(t, { files, settings: { metrics_token_file: 'token' } });
  const ask = async (headers = {}) => (await request(`${apache.url}metrics`, { ca: apache.ca, headers })).status;
  assert.deepEqual([await ask(), await ask({ Authorization: 'Bearer a-long-secret' })], [401, 200]);
});

test('events come by polling, and by WebSocket, where only the pages of the site are let in', async t => {
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'a', key: files.key });
  const { apache, client } = await startSite(t, { files });
  const origin = new URL(apache.url).origin;
  const socket = await WebSocketClient.open(t, `${apache.url}ws`, { ca: apache.ca, headers: { Origin: origin } });
  assert.equal((await socket.ask('GET_RCS')).msg, 'RCS_FOUND');
  const poll = client.ask('POLL_EVENTS', { wait_seconds: 25 });
  files.writeServers([listed(streamer, 'R')]);
  assert.equal((await poll).answer.events[0].msg, 'SERVERS_CHANGED');
  await socket.event('SERVERS_CHANGED');
  socket.close();
  await socket.end();
  await assert.rejects(WebSocketClient.open(t, `${apache.url}ws`, { ca: apache.ca, headers: { Origin: 'https://elsewhere.example' } }));
});

test('a session starts, and its streamer is reached through Apache', async t => {
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'a', key: files.key });
  const { apache, client } = await startSite(t, { files, servers: [listed(streamer, 'R')], streamers: [streamer] });
  const started = await until(async () => {
    const reply = await client.ask('START_SESSION', { rc_name: 'R' });
    return reply.status === 200 && reply;
  });
  assert.equal(started.answer.msg, 'SESSION_CONNECTION_DATA');
  const through = await request(`${apache.url}streamer/a/control`, { method: 'POST', body: '{"verb":"GET_STATUS"}', ca: apache.ca });
  assert.equal(through.status, 401, "the streamer's own refusal");
});

test('slow clients, whose bodies come byte by byte, hold nobody up', async t => {
  const { apache, client, coordinator } = await startSite(t);
  const { port } = new URL(apache.url);
  const slow = Array.from({ length: 50 }, () => {
    const socket = connectTls({ port: Number(port), host: '127.0.0.1', ca: apache.ca });
    onEnd(t, () => socket.destroy());
    socket.on('error', () => {});
    socket.write('POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{');
    return socket;
  });
  await Promise.all(slow.map(socket => once(socket, 'secureConnect')));
  for (const socket of slow) socket.write('"verb"');
  const began = Date.now();
  for (let i = 0; i < 20; i++) assert.equal((await client.ask('GET_RCS', { id: i })).status, 200);
  assert.ok(Date.now() - began < 3000 * slowness, `others are answered at once: ${Date.now() - began} ms`);
  assert.equal(coordinator.exit, null);
});

test('a coordinator that is started again is found again', async t => {
  const { files, coordinator, client } = await startSite(t);
  assert.equal((await client.ask('GET_RCS')).status, 200);
  await coordinator.stop();
  const away = await client.ask('GET_RCS');
  assert.deepEqual([away.status, away.answer?.msg], [503, 'INTERNAL_ERROR']);
  await startCoordinator(t, files);
  openToWebUser(files.socket);
  await until(async () => (await client.ask('GET_RCS')).status === 200);
});
