// @ts-check
// The coordinator's WebSocket door, through nginx and directly: the same verbs, events as they happen, who may come in, and
// what people do to it that no page should.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, startCoordinator, startSite } from './lib/coordinator.mjs';
import { startHill } from './lib/hill.mjs';
import { MINUTE, planned, startRiver } from './lib/planning.mjs';
import { freePort } from './lib/ports.mjs';
import { built, run, slowness, until } from './lib/programs.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;

/** @typedef {import('node:test').TestContext} T */
/** @typedef {Awaited<ReturnType<typeof startSite>>} Site */

/**
 * A socket through nginx, of a page of the site.
 * @param {T} t @param {Pick<Site, 'nginx'>} site @param {Record<string, string>} [headers]
 */
const enter = (t, { nginx }, headers = { Origin: new URL(nginx.url).origin }) =>
  WebSocketClient.open(t, `${nginx.url}ws`, { ca: nginx.ca, headers });

/**
 * A socket past nginx. @param {T} t @param {CoordinatorFiles} files @param {Record<string, string>} [headers]
 */
const enterDirectly = (t, files, headers = {}) =>
  WebSocketClient.open(t, 'http://site.example/ws', { socketPath: files.websocket, headers });

/** The coordinator alone. @param {T} t @param {object} [settings] @param {any[]} [servers] */
async function startAlone(t, settings = {}, servers = []) {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration(settings);
  files.writeServers(servers);
  return { files, coordinator: await startCoordinator(t, files) };
}

/** @param {any} message */
const isEvent = message => message.id === undefined;

test('the same verbs get the same answers, each with its id', async t => {
  const site = await startHill(t);
  const page = await enter(t, site);
  const asked = [
    { verb: 'GET_RCS' },
    { verb: 'GET_SERVERS', range: '0-9' },
    { verb: 'GET_SERVERS', range: 'x' },
    { verb: 'NOTHING' },
    { verb: 'CONNECT_SESSION_WITH_CODE', code: '0' },
    { verb: 'START_SESSION' },
    { no: 'verb' },
  ];
  for (const [i, one] of asked.entries()) {
    const id = i % 2 ? `name "${i}"` : i + 0.5;
    page.send(JSON.stringify({ ...one, id }));
    const answer = await until(() => page.messages.find(message => message.id === id));
    const { answer: overHttp } = await site.client.send(JSON.stringify({ ...one, id }));
    assert.deepEqual(answer, overHttp);
  }
  for (const text of ['', 'x', '[]', '{"verb":"GET_RCS","id":[]}', '{"verb":"GET_RCS"} ', '\ud800\u0000']) {
    const before = page.messages.length;
    page.send(text);
    const answer = await until(() => page.messages[before]);
    assert.equal(answer.msg, text.endsWith(' ') ? 'RCS_FOUND' : 'BAD_REQUEST', text);
  }
});

test('answers come when they are ready, and id tells which is which', async t => {
  const site = await startHill(t);
  const page = await enter(t, site);
  page.send('{"verb":"POLL_EVENTS","wait_seconds":1,"id":"slow"}');
  page.send('{"verb":"GET_RCS","id":"quick"}');
  await until(() => page.messages.length === 2);
  assert.deepEqual(page.messages.map(({ msg, id }) => [msg, id]), [['RCS_FOUND', 'quick'], ['EVENTS', 'slow']]);
});

test('events are pushed to all, the same and in the same order as a poll tells them', async t => {
  const site = await startHill(t);
  const pages = await Promise.all(Array.from({ length: 20 }, () => enter(t, site)));
  for (let round = 0; round < 3; round++) {
    const { answer } = await site.client.ask('START_SESSION', { rc_name: 'Hill' });
    const told = () => pages.every(({ messages }) => messages.length === 2 * round + 1);
    await until(told, { what: 'the place that is taken is told' });
    site.streamer.end(answer.session);
    await until(() => pages.every(({ messages }) => messages.length === 2 * round + 2), { what: 'and the one given back' });
  }
  const { answer } = await site.client.ask('POLL_EVENTS', { cursor: site.cursor });
  for (const { messages } of pages) {
    assert.equal(messages.at(-1).cursor, answer.cursor);
    assert.deepEqual(messages.map(({ cursor, ...event }) => event), answer.events);
  }
  /* Whoever goes on by polling from an event's cursor gets what came after it. */
  const rest = await site.client.ask('POLL_EVENTS', { cursor: pages[0].messages[3].cursor });
  assert.deepEqual(rest.answer.events, answer.events.slice(4));
});

test('from the answer to POLL_EVENTS on, nothing is missed and nothing comes twice', async t => {
  const site = await startHill(t);
  let isOver = false;
  const busy = (async () => {
    while (!isOver) {
      const { answer } = await site.client.ask('START_SESSION', { rc_name: 'Hill' });
      if (answer.session) site.streamer.end(answer.session);
    }
  })();
  const comeAndGo = async () => {
    for (let i = 0; i < 5; i++) {
      const page = await enter(t, site);
      page.send(JSON.stringify({ verb: 'POLL_EVENTS', cursor: site.cursor, id: 1 }));
      await until(() => page.messages.findIndex(message => message.id === 1) >= 0 && isEvent(page.messages.at(-1)));
      const at = page.messages.findIndex(message => message.id === 1);
      const pushed = page.messages.slice(at + 1);
      page.close();
      const numbers = [page.messages[at], ...pushed].map(({ cursor }) => Number(cursor.split('-')[1]));
      for (const [n, number] of numbers.entries()) assert.equal(number, numbers[0] + n);
    }
  };
  await Promise.all(Array.from({ length: 8 }, comeAndGo));
  isOver = true;
  await busy;
});

test("a session's events are pushed to those who have shown its ticket, and to nobody else", async t => {
  /* Five seconds from now, "soon" is told that it ends in five minutes. */
  const soon = planned(-MINUTE, 5 * MINUTE + 5000);
  const later = planned(-MINUTE, 60 * MINUTE);
  const settings = { extension_minutes: 30, extension_notice_minutes: 5 };
  const site = await startRiver(t, { limits: [2], settings, plan: [soon, later] });
  const [inside, outside, stranger] = await Promise.all([enter(t, site), enter(t, site), enter(t, site)]);
  for (const [page, { code }] of /** @type {const} */ ([[inside, soon], [outside, later]])) {
    const { ticket } = await page.ask('CONNECT_SESSION_WITH_CODE', { code });
    const { msg, events } = await page.ask('POLL_EVENTS', { ticket });
    assert.deepEqual([msg, events], ['EVENTS', []]);
  }
  assert.equal((await stranger.ask('POLL_EVENTS', { ticket: 'no ticket' })).msg, 'NOT_AUTHORIZED');
  const { cursor, ...event } = await inside.event('EXTENSION_OFFERED');
  assert.deepEqual(event, { msg: 'EXTENSION_OFFERED', ends_at: soon.ends_at, available_minutes: 30 });
  /* What is told to all after it shows that the others did not just get it later. */
  site.streamers[0].end(soon.id);
  const number = (/** @type {string} */ text) => Number(text.split('-')[1]);
  for (const { messages } of [inside, outside, stranger])
    await until(() => number(messages.at(-1)?.cursor ?? '-0') > number(cursor), { what: 'the end is told to all' });
  for (const page of [outside, stranger]) assert.ok(page.messages.every(({ msg }) => msg !== 'EXTENSION_OFFERED'));
});

test('pages of the site itself may connect, those of other sites get 403 before the upgrade', async t => {
  const { files } = await startAlone(t, { allowed_origins: ['https://partner.example', 'http://other.example:81'] });
  const proxied = { Host: 'inner', 'X-Forwarded-Host': 'site.example' };
  /** @type {[Record<string, string>, boolean][]} */
  const rows = [
    [{}, true],
    [{ Origin: 'https://site.example' }, true],
    [{ Origin: 'http://site.example' }, true],
    [{ Origin: 'https://SITE.example:443' }, true],
    [{ Origin: 'https://site.example', Host: 'site.example:443' }, true],
    [{ Origin: 'https://site.example:8443', Host: 'site.example:8443' }, true],
    [{ Origin: 'https://site.example', ...proxied }, true],
    [{ Origin: 'https://partner.example' }, true],
    [{ Origin: 'http://other.example:81' }, true],
    [{ Origin: 'https://site.example:8443' }, false],
    [{ Origin: 'https://inner.site.example' }, false],
    [{ Origin: 'https://site.example.evil.example' }, false],
    [{ Origin: 'https://evil.example' }, false],
    [{ Origin: 'http://other.example' }, false],
    [{ Origin: 'null' }, false],
    [{ Origin: 'https://' }, false],
    [{ Origin: 'file://site.example' }, false],
  ];
  for (const [headers, isRight] of rows) {
    const opened = await enterDirectly(t, files, headers).then(() => 'open', String);
    assert.equal(opened, isRight ? 'open' : 'Error: refused with status 403', JSON.stringify(headers));
  }
});

test('what is no WebSocket is refused in words', async t => {
  const site = await startSite(t);
  const plain = await request(`${site.nginx.url}ws`, { ca: site.nginx.ca });
  assert.deepEqual([plain.status, plain.answer.msg], [400, 'BAD_REQUEST']);
  const posted = await request(`${site.nginx.url}ws`, { ca: site.nginx.ca, method: 'POST', body: '{"verb":"GET_RCS"}' });
  assert.deepEqual([posted.status, posted.answer.msg], [400, 'BAD_REQUEST']);
  const elsewhere = WebSocketClient.open(t, 'http://x/elsewhere', { socketPath: site.files.websocket });
  await assert.rejects(elsewhere, /status 404/);
});

test('at a sub-path, and by TCP', async t => {
  const port = await freePort();
  const { files } = await startAlone(t, { websocket_socket: undefined, websocket_port: port });
  const page = await WebSocketClient.open(t, `http://127.0.0.1:${port}/any/path/ws`);
  assert.equal((await page.ask('GET_RCS')).msg, 'RCS_FOUND');
  assert.match(readFileSync(files.configuration, 'utf8'), /websocket_port/);
  const deep = await startSite(t, { path: '/any/path/' });
  assert.equal((await (await enter(t, deep)).ask('GET_RCS')).msg, 'RCS_FOUND');
});

test('without its settings there is no WebSocket, and polls work', async t => {
  const site = await startSite(t, { settings: { websocket_socket: undefined } });
  await assert.rejects(enter(t, site), /status 502/);
  assert.equal((await site.client.ask('POLL_EVENTS')).status, 200);
});

test('its Unix socket is for the web server, and a place that is taken is not taken away', async t => {
  const { files } = await startAlone(t);
  assert.equal(statSync(files.websocket).mode & 0o777, 0o660);
  const second = new CoordinatorFiles(t);
  second.writeConfiguration({ websocket_socket: files.websocket });
  second.writeServers([]);
  const { status, stderr } = run(built('vitrina-coordinator'), ['--config', second.configuration]);
  assert.equal(status, 1);
  assert.match(stderr, /websocket.sock/);
  second.writeConfiguration({ websocket_port: 7000 });
  const both = run(built('vitrina-coordinator'), ['--config', second.configuration, '--check']);
  assert.equal(both.status, 78);
  assert.match(both.stderr, /websocket_socket: cannot stand beside websocket_port/);
});

test("a client's address is what the web server saw, or what a trusted proxy saw", async t => {
  const site = await startSite(t, { settings: { trusted_proxies: ['127.0.0.1', '10.0.0.0/8'] } });
  const rows = [
    [{}, '127.0.0.1'],
    [{ 'X-Forwarded-For': '203.0.113.7' }, '203.0.113.7'],
    [{ 'X-Forwarded-For': '1.2.3.4, 203.0.113.7, 10.1.1.1' }, '203.0.113.7'],
  ];
  for (const [i, [headers, address]] of rows.entries()) {
    const page = await enter(t, site, /** @type {Record<string, string>} */ (headers));
    await page.ask('GET_AVAILABILITY', { rc_name: `row ${i}` });
    const noted = () => [...site.coordinator.log.matchAll(/client=(\S+) method=POST target=ws verb=GET_AVAILABILITY/g)];
    await until(() => noted().length === i + 1, { what: 'a line in the access log' });
    assert.equal(noted()[i][1], address);
  }
  const untrusting = await startSite(t);
  const liar = await enter(t, untrusting, { 'X-Forwarded-For': '203.0.113.7' });
  await liar.ask('GET_RCS');
  await untrusting.coordinator.waitFor(/client=127\.0\.0\.1 method=POST target=ws/);
});

test('no more than max_websockets are let in; there is room again when one leaves', async t => {
  const { files } = await startAlone(t, { max_websockets: 3 });
  const pages = await Promise.all([1, 2, 3].map(() => enterDirectly(t, files)));
  await assert.rejects(enterDirectly(t, files), /status 429/);
  pages[1].close();
  await until(() => enterDirectly(t, files).then(() => true, () => false), { what: 'room for another' });
  await assert.rejects(enterDirectly(t, files), /status 429/);
});

test('messages come in pieces, up to 64 KiB; larger and binary ones close the socket', async t => {
  const { files } = await startAlone(t);
  const page = await enterDirectly(t, files);
  const text = Buffer.from('{"verb":"GET_RCS","id":"in pieces"}');
  page.sendFrame(TEXT, text.subarray(0, 3), false);
  for (const byte of text.subarray(3, -1)) page.sendFrame(CONTINUATION, Buffer.from([byte]), false);
  page.sendFrame(CONTINUATION, text.subarray(-1));
  await until(() => page.messages.find(({ id }) => id === 'in pieces'));

  const fill = (/** @type {number} */ size) => {
    const rest = '{"verb":"GET_RCS","id":1,"x":""}';
    return Buffer.from(rest.replace('""', `"${'x'.repeat(size - rest.length)}"`));
  };
  const largest = fill(65536);
  page.sendFrame(TEXT, largest.subarray(0, 40000), false);
  page.sendFrame(CONTINUATION, largest.subarray(40000));
  await until(() => page.messages.find(({ id }) => id === 1));
  const larger = fill(65537);
  page.sendFrame(TEXT, larger.subarray(0, 40000), false);
  page.sendFrame(CONTINUATION, larger.subarray(40000));
  assert.deepEqual(await page.end(), { code: 1009 });

  const other = await enterDirectly(t, files);
  other.sendFrame(BINARY, text);
  assert.deepEqual(await other.end(), { code: 1003 });
});

test('a close waits for its answer: what was on the way meanwhile breaks nothing', async t => {
  const { files } = await startAlone(t);
  const page = await enterDirectly(t, files);
  page.sendFrame(BINARY, Buffer.from('x'));
  assert.deepEqual(await page.talksOverClose(), { code: 1003 });
});

test('rubbish closes its own connection and nothing else', async t => {
  const { files, coordinator } = await startAlone(t);
  const page = await enterDirectly(t, files);
  const rubbish = ['GET /ws HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', '\0'.repeat(5000),
    `GET /ws HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`];
  for (const bytes of rubbish) {
    let isClosed = false;
    const peer = connect(files.websocket).on('error', () => {}).on('close', () => (isClosed = true));
    peer.resume().end(bytes);
    await until(() => isClosed, { what: `the end of ${bytes.slice(0, 40)}`, timeout: 15_000 });
  }
  const broken = await enterDirectly(t, files);
  broken.stream.write(Buffer.from([0xf1, 0x80, 1, 2, 3, 4]));
  await until(() => broken.closed);
  assert.equal((await page.ask('GET_RCS')).msg, 'RCS_FOUND');
  assert.equal(coordinator.exit, null);
});

test('however many connections never become WebSockets, those that do are let in at once', async t => {
  const { files, coordinator } = await startAlone(t);
  for (const bytes of ['', 'GET /ws HTTP/1.1\r\nHost: x\r\n']) {
    let closed = 0;
    const peers = Array.from({ length: 3000 }, () => connect(files.websocket).on('error', () => {}).on('close', () => closed++));
    t.after(() => peers.forEach(peer => peer.destroy()));
    for (const peer of peers) peer.resume().write(bytes);
    await until(() => closed >= 3000 - 1024, { what: 'the oldest are given up' });
    const begun = Date.now();
    const page = await enterDirectly(t, files);
    assert.equal((await page.ask('GET_RCS')).msg, 'RCS_FOUND');
    assert.ok(Date.now() - begun < 5000 * slowness, 'none of the others had to be waited for');
    assert.ok(closed < 3000 - 512, `${closed} were given up`);
    for (const peer of peers) peer.destroy();
  }
  assert.equal(coordinator.exit, null);
});

test('more requests at once than a socket may have are refused, each with its id', async t => {
  const { files } = await startAlone(t);
  const page = await enterDirectly(t, files);
  for (let id = 1; id <= 20; id++) page.send(JSON.stringify({ verb: 'POLL_EVENTS', wait_seconds: 2, id: `n${id}` }));
  await until(() => page.messages.length === 20);
  const refused = page.messages.filter(({ msg }) => msg === 'TOO_MANY_ATTEMPTS');
  assert.deepEqual(refused.map(({ id }) => id), ['n17', 'n18', 'n19', 'n20']);
  assert.equal(refused[0].retry_after_seconds, 1);
  assert.equal(page.messages.filter(({ msg }) => msg === 'EVENTS').length, 16);
  assert.equal((await page.ask('GET_RCS')).msg, 'RCS_FOUND');
});

test('the waiting requests of clients that vanish are dropped at once', async t => {
  const site = await startSite(t);
  const pages = await Promise.all(Array.from({ length: 50 }, () => enter(t, site)));
  for (const page of pages) page.send('{"verb":"POLL_EVENTS","wait_seconds":60}');
  await until(async () => (await site.health()).waiting === 50);
  assert.equal((await site.health()).sockets, 50);
  for (const page of pages.slice(25)) page.stream.destroy();
  await until(async () => (await site.health()).waiting === 25, { what: 'half of them dropped', timeout: 2000 });
  assert.equal((await site.health()).sockets, 25);
});

test('who does not read is given up, and costs no memory', async t => {
  const big = { rc_name: 'Hill', info: { deskription: [{ en: 'x'.repeat(2000) }] } };
  const servers = Array.from({ length: 200 }, (_, i) => ({ server_name: `s${i}`, ip: '127.0.0.1', port: '9', rc_info: big }));
  const { files, coordinator } = await startAlone(t, { log_level: 'notice' }, servers);
  const good = await enterDirectly(t, files);
  const bad = await enterDirectly(t, files);
  bad.stream.pause();
  for (let i = 0; i < 200; i++) {
    bad.send('{"verb":"GET_SERVERS","range":"0-199"}');
    assert.equal((await good.ask('GET_RCS')).msg, 'RCS_FOUND');
    if (bad.stream.destroyed || coordinator.log.includes('socket_slow')) break;
  }
  await coordinator.waitFor(/socket_slow client=\S* unsent=\d+/);
  const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${coordinator.pid}/status`, 'utf8'))?.[1]);
  assert.ok(peakKb < 60_000 * slowness, `${peakKb} KiB`);
  assert.equal((await good.ask('GET_RCS')).msg, 'RCS_FOUND');
});

test('1,500 unfinished messages take no more memory than the 64 MiB that there are for them', async t => {
  const { files, coordinator } = await startAlone(t, { log_level: 'notice', limits: { held: 0 } });
  const kib = (/** @type {string} */ what) =>
    Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${coordinator.pid}/status`, 'utf8'))?.[1]);
  /** @type {WebSocketClient[]} */
  const pages = [];
  while (pages.length < 1500) pages.push(...(await Promise.all(Array.from({ length: 100 }, () => enterDirectly(t, files)))));
  const before = kib('VmRSS');
  /** A piece of a message that goes on, masked with nothing. */
  const piece = (/** @type {number} */ type, /** @type {number} */ size) =>
    Buffer.concat([Buffer.from([type, 128 | 126, size >> 8, size & 255, 0, 0, 0, 0]), Buffer.alloc(size, 'x')]);
  for (const page of pages) page.stream.write(piece(TEXT, 40_000));
  for (const page of pages) page.stream.write(piece(CONTINUATION, 20_000));
  const refused = () => pages.filter(({ closed }) => closed?.code === 1008).length;
  const room = Math.floor((64 * 1024 * 1024) / 60_000);
  await until(() => refused() >= 1500 - room, { what: 'those that there is no room for are closed', timeout: 30_000 });
  const grown = kib('VmHWM') - before;
  t.diagnostic(`${grown} KiB for ${1500 - refused()} messages`);
  if (slowness === 1) assert.ok(grown < 68 * 1024, `${grown} KiB`);
  assert.ok(refused() < 1500 - room * 0.9, `${refused()} were closed, and there is room for ${room}`);
  const kept = pages.find(({ closed }) => !closed);
  kept?.stream.write(piece(128 | CONTINUATION, 2));
  await until(() => kept?.messages.some(({ msg }) => msg === 'BAD_REQUEST'), { what: 'the answer to a message that was kept' });
});

test('connections that break have few lines in the log, and the rest is told by number', async t => {
  const { files, coordinator } = await startAlone(t);
  for (let i = 0; i < 300; i++) {
    const broken = connect(files.websocket).on('error', () => {});
    broken.resume().write('GET /ws HTTP/1.1\r\nHost: site.example\r\nUpgrade: websocket\r\n\r\n');
    await until(() => broken.destroyed, { what: 'the end of a connection that makes no sense' });
  }
  await coordinator.stop();
  const lines = coordinator.log.match(/ libwebsockets .*/g) ?? [];
  assert.ok(lines.length > 0 && lines.length <= 20, `${lines.length} lines, 10 in a minute`);
  const counts = [...coordinator.log.matchAll(/ lines_left_out event=libwebsockets lines=(\d+)/g)].map(([, number]) => Number(number));
  assert.equal(lines.length + counts.reduce((sum, count) => sum + count, 0), 300);
});

test('silent sockets are asked for a sign of life; the dead are closed', async t => {
  const site = await startSite(t, { settings: { websocket_ping_seconds: 1 } });
  const alive = await enter(t, site);
  const dead = await enter(t, site);
  dead.polite = false;
  await dead.end();
  await until(() => alive.pings >= 3);
  assert.equal(alive.closed, null);
  assert.equal((await site.health()).sockets, 1);
});

test('an orderly stop answers what waits, closes all with 1001, and is over within two seconds', async t => {
  const site = await startHill(t);
  const pages = await Promise.all(Array.from({ length: 300 }, () => enter(t, site)));
  site.streamer.starting = 'hangs';
  pages[0].send('{"verb":"START_SESSION","rc_name":"Hill","id":1}');
  await until(() => site.streamer.count('START_SESSION') === 1);
  /* The place that the start takes is told; polls from here on wait. */
  const cursor = await site.quiet();
  for (const page of pages.slice(100)) page.send(JSON.stringify({ verb: 'POLL_EVENTS', cursor, wait_seconds: 60, id: 1 }));
  await until(async () => (await site.health()).waiting === 201);
  const asked = Date.now();
  const { code } = await site.coordinator.stop();
  assert.equal(code, 0);
  assert.ok(Date.now() - asked < 2000 * slowness);
  for (const page of pages) assert.deepEqual(await page.end(), { code: 1001 });
  for (const page of pages.slice(100)) assert.equal(page.messages.find(({ id }) => id === 1).msg, 'EVENTS');
  assert.equal(pages[0].messages.find(({ id }) => id === 1).msg, 'SERVERS_BUSY');
});
