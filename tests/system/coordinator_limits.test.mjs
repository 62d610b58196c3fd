// @ts-check
// Limits to how often a client may ask: who is refused, who is not, and how that is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinatorFiles, startCoordinator, startSite } from './lib/coordinator.mjs';
import { FastCgi, wholeRequest } from './lib/fastcgi.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

const RCS = '{"verb":"GET_RCS"}';
const LIMITS = { read_per_minute: 30, read_burst: 5, bad_per_minute: 30, bad_burst: 3, neighbours: 2 };

/** @param {import('node:test').TestContext} t @param {object} limits @param {object} [settings] */
async function startAlone(t, limits, settings = {}) {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration({ limits, ...settings });
  files.writeServers([]);
  const coordinator = await startCoordinator(t, files);
  const peer = new FastCgi(files.socket);
  onEnd(t, () => peer.close());
  /** @param {string} address @param {string} [body] @param {Record<string, string>} [parameters] */
  const ask = (address, body = RCS, parameters = {}) => {
    peer.write(wholeRequest(body, { REMOTE_ADDR: address, ...parameters }));
    return peer.answer();
  };
  /** How many of `count` requests are let pass. @param {number} count @param {string} address @param {string} [body] */
  const passed = async (count, address, body) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Number((await ask(address, body)).status !== 429);
    return sum;
  };
  return { coordinator, ask, passed };
}

test('who asks too often is told when to come back, and is let in then; others notice nothing', async t => {
  const { ask, passed, coordinator } = await startAlone(t, LIMITS);
  assert.equal(await passed(8, '192.0.2.1'), 5);
  const refused = await ask('192.0.2.1', '{"verb":"GET_RCS","id":"q"}');
  assert.equal(refused.status, 429);
  const { reason, retry_after_seconds: seconds, ...rest } = refused.answer;
  assert.deepEqual(rest, { msg: 'TOO_MANY_ATTEMPTS', id: 'q' });
  assert.match(reason, /^There are too many requests .*\.$/);
  assert.ok(seconds >= 1 && seconds <= 2, 'a token every two seconds');
  assert.equal(refused.headers['retry-after'], String(seconds));
  assert.equal((await ask('198.51.100.1')).status, 200);
  const promised = Date.now() + seconds * 1000;
  await until(() => Date.now() >= promised, { timeout: 3000 });
  assert.equal((await ask('192.0.2.1')).status, 200);
  const lines = coordinator.log.match(/ client_limited .*/g);
  assert.equal(lines?.length, 1, 'one line a minute');
  assert.match(String(lines), /client=192\.0\.2\.1 class=read /);
});

test('neighbours share, verbs of another class are counted apart, and so is what is no verb', async t => {
  const { passed } = await startAlone(t, LIMITS);
  assert.equal(await passed(6, '192.0.2.1'), 5);
  assert.equal(await passed(6, '192.0.2.2'), 5);
  assert.equal(await passed(6, '192.0.2.3'), 0, 'twice five for the whole network');
  assert.equal(await passed(6, '192.0.3.3'), 5);
  assert.equal(await passed(6, '2001:db8:0:1::1'), 5);
  assert.equal(await passed(6, '2001:db8:0:1:2::1'), 0, 'the same /64');
  assert.equal(await passed(20, '192.0.2.1', '{"verb":"POLL_EVENTS","cursor":"x"}'), 20);
  assert.equal(await passed(5, '192.0.2.1', '{"verb":"NONE"}'), 3);
  assert.equal(await passed(5, '192.0.3.1', 'x'.repeat(70_000)), 1, 'a large one costs more');
});

test('exempt networks are not limited: by default this machine itself; 0 is no limit', async t => {
  const { passed } = await startAlone(t, { ...LIMITS, exempt: ['203.0.113.0/24'] });
  assert.equal(await passed(40, '203.0.113.9'), 40);
  assert.equal(await passed(40, '127.0.0.1'), 5);
  const { passed: usual } = await startAlone(t, { ...LIMITS, read_per_minute: 0 });
  assert.equal(await usual(40, '192.0.2.1'), 40);
  assert.equal(await usual(40, '127.0.0.1', '{"verb":"NONE"}'), 40);
});

test('a trusted proxy is not one client, and no header makes one', async t => {
  const { client } = await startSite(t, { settings: { limits: { ...LIMITS, exempt: [] }, trusted_proxies: ['127.0.0.1'] } });
  const from = async (/** @type {string} */ address) =>
    (await client.send(RCS, { headers: { 'X-Forwarded-For': address } })).status;
  for (let i = 0; i < 5; i++) assert.equal(await from('192.0.2.1'), 200);
  assert.equal(await from('192.0.2.1'), 429);
  assert.equal(await from('203.0.113.7, 192.0.2.1'), 429, 'what a client makes up changes nothing');
  assert.equal(await from('198.51.100.1'), 200);
});

test('no client holds all waiting requests and WebSockets, and what it lets go is free again', async t => {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration({ limits: { held: 3, neighbours: 0, exempt: [] } });
  files.writeServers([]);
  await startCoordinator(t, files);
  const dial = () => {
    const peer = new FastCgi(files.socket);
    onEnd(t, () => peer.close());
    return peer;
  };
  const poll = (/** @type {string} */ address) => {
    const peer = dial();
    peer.write(wholeRequest('{"verb":"POLL_EVENTS","wait_seconds":60}', { REMOTE_ADDR: address }));
    return peer;
  };
  const health = async () => {
    const peer = dial();
    peer.write(wholeRequest('', { REQUEST_METHOD: 'GET', REQUEST_URI: '/health' }));
    return (await peer.answer()).answer;
  };
  const headers = { 'X-Forwarded-For': '192.0.2.1' };
  const enter = () => WebSocketClient.open(t, 'http://site.example/ws', { socketPath: files.websocket, headers });
  const polls = [poll('192.0.2.1'), poll('192.0.2.1')];
  await until(async () => (await health()).waiting === 2);
  const socket = await enter();
  const refused = await poll('192.0.2.1').answer();
  assert.deepEqual([refused.status, refused.answer.msg, refused.headers['retry-after']], [429, 'TOO_MANY_ATTEMPTS', '5']);
  await assert.rejects(enter(), /429/);
  poll('192.0.2.2');
  await until(async () => (await health()).waiting === 3, { what: 'another client waits' });
  polls[0].close();
  await until(async () => (await health()).waiting === 2);
  await enter();
  socket.close();
  await socket.end();
  await until(async () => (await health()).sockets === 1);
  poll('192.0.2.1');
  await until(async () => (await health()).waiting === 3);
});
