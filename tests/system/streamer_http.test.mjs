// @ts-check
// The streamer's HTTP server against clients that are slow, wrong, hostile or many.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import test from 'node:test';
import { Client, request } from './lib/client.mjs';
import { makeCertificate } from './lib/nginx.mjs';
import { slowness, temporaryDirectory, until } from './lib/programs.mjs';
import { descriptors, startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/**
 * Sends bytes as they are; gives all that came until the server closed or was quiet after an answer.
 * @param {number} port @param {string | Buffer} bytes @param {{ answers?: number }} [options]
 * @returns {Promise<string>}
 */
function raw(port, bytes, { answers = 1 } = {}) {
  return new Promise(settle => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(5000 * slowness, () => socket.destroy());
    socket.on('data', data => {
      text += data;
      if (text.split('HTTP/1.1 ').length > answers && !text.endsWith('HTTP/1.1 ')) setTimeout(() => socket.destroy(), 20);
    });
    socket.on('error', () => {});
    socket.on('close', () => settle(text));
  });
}

test('every address answers what it is asked for and refuses the rest', async t => {
  const streamer = await startStreamer(t);
  const ask = (/** @type {string} */ method, /** @type {string} */ path, /** @type {string} */ body = '') =>
    request(streamer.base + path, { method, body: body || undefined, headers: body ? {} : { 'Content-Length': '0' } });
  for (const [method, path, status, allow] of /** @type {[string, string, number, string?][]} */ ([
    ['GET', 'health', 200],
    ['POST', 'health', 405, 'GET HEAD'],
    ['GET', '', 404],
    ['GET', 'nothing', 404],
    ['GET', 'healthy', 404],
    ['GET', 'health/', 404],
    ['POST', 'control/', 404],
    ['GET', '../../etc/passwd', 404],
    ['GET', 'control', 405, 'POST'],
    ['DELETE', 'control', 405, 'POST'],
    ['GET', 'session', 405, 'POST'],
    ['PUT', 'session', 405, 'POST'],
    ['POST', 'whep', 404],
  ])) {
    const { status: got, headers, text } = await ask(method, path);
    assert.equal(got, status, `${method} ${path}: ${text}`);
    assert.equal(headers.allow, allow, `${method} ${path}`);
    assert.equal(headers['cache-control'], 'no-store');
  }
  const health = await ask('GET', 'health');
  assert.deepEqual(health.answer, { server_name: 'test-streamer', state: 'free', session_limit: 1, sessions: 0 });
  const passed_on = await request(streamer.base + 'health', { headers: { 'X-Forwarded-For': '203.0.113.9' } });
  assert.deepEqual([passed_on.status, passed_on.answer.msg], [403, 'FORBIDDEN']);
  assert.equal(health.headers['content-type'], 'application/json');
  const head = await ask('HEAD', 'health');
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', health.headers['content-length']]);
});

test('a body at the limit is read, one beyond it is refused', async t => {
  const streamer = await startStreamer(t);
  const client = new Client(streamer.base + 'session');
  const sized = (/** @type {number} */ size) => `{"verb":"NO","x":"${'y'.repeat(size - 20)}"}`;
  assert.equal((await client.send(sized(65_536))).answer.msg, 'UNKNOWN_VERB');
  const refused = await client.send(sized(65_537));
  assert.deepEqual([refused.status, refused.answer.msg], [413, 'TOO_LARGE']);
  assert.equal((await client.send(sized(1_000_000))).status, 413);
  assert.equal((await client.send(sized(100))).answer.msg, 'UNKNOWN_VERB');
  client.close();
});

test('garbage is refused or cut off, and hurts nobody', async t => {
  const streamer = await startStreamer(t);
  const before = descriptors(streamer.program.pid);
  const post = 'POST /session HTTP/1.1\r\nHost: x\r\n';
  const cases = [
    '\r\n\r\n\r\n',
    '\0\0\0\0\0\0\0\0',
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'BREW /session HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /health HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
    `GET /health HTTP/1.1\r\n${'A: b\r\n'.repeat(5000)}\r\n`,
    `GET /%00%ff%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n`,
    `${post}Content-Length: -1\r\n\r\n`,
    `${post}Content-Length: 99999999999999999999\r\n\r\n{}`,
    `${post}Content-Length: abc\r\n\r\n{}`,
    `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    `${post}\r\n{"verb":"NO"}`,
    `${post}Content-Length: 100\r\n\r\n{"verb"`,
    `GET /session HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    `GET /session HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...Array(500).fill(7)]),
  ];
  const hung = cases.map(bytes => {
    const socket = connect(streamer.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {}).on('data', () => {});
    return socket;
  });
  assert.equal((await request(streamer.base + 'health', { headers: { Connection: 'close' } })).status, 200);
  assert.match(await raw(streamer.port, `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`), /^HTTP\/1.1 411 /);
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.from(Array.from({ length: 1 + (i % 97) }, (_, n) => (i * 7919 + n * 104_729) % 256));
    const socket = connect(streamer.port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {}).on('data', () => {});
  }
  assert.equal((await request(streamer.base + 'health', { headers: { Connection: 'close' } })).status, 200);
  for (const socket of hung) socket.destroy();
  await until(() => descriptors(streamer.program.pid) <= before, { what: 'the end of all connections' });
});

test('bodies that come byte by byte are read; one connection serves many requests', async t => {
  const streamer = await startStreamer(t);
  const body = '{"verb":"NO"}';
  const head = `POST /session HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
  const text = await new Promise(settle => {
    let got = '';
    const socket = connect(streamer.port, '127.0.0.1', async () => {
      socket.setNoDelay(true);
      for (let round = 0; round < 3; round++) {
        for (const byte of head + body) {
          socket.write(byte);
          await new Promise(setImmediate);
        }
        await until(() => got.split('UNKNOWN_VERB').length === round + 2);
      }
      socket.end();
    });
    socket.on('data', data => (got += data)).on('close', () => settle(got));
  });
  assert.equal(text.match(/HTTP\/1.1 400 /g).length, 3);
});

test('many connections at once are served, and all are forgotten', async t => {
  const streamer = await startStreamer(t);
  await streamer.startSession();
  const before = descriptors(streamer.program.pid);
  const client = new Client(streamer.base + 'session');
  const replies = await Promise.all(Array.from({ length: 400 }, () => client.ask('NO')));
  assert.ok(replies.every(({ status }) => status === 400));
  const sockets = await Promise.all(Array.from({ length: 200 }, () => WebSocketClient.open(t, streamer.base + 'session')));
  const { version } = await streamer.status();
  const polls = Array.from({ length: 100 }, () => streamer.control('GET_STATUS', { version, wait_seconds: 30 }));
  for (const socket of sockets) assert.equal((await socket.ask('NO')).msg, 'UNKNOWN_VERB');
  await streamer.control('DRAIN', { on: true });
  assert.ok((await Promise.all(polls)).every(({ answer }) => answer.state === 'draining'));
  for (const socket of sockets) socket.stream.destroy();
  client.close();
  await until(() => descriptors(streamer.program.pid) <= before + 1, { what: 'the end of all connections' });
});

test('with a certificate it speaks HTTPS, WebSockets included', async t => {
  const directory = temporaryDirectory(t, 'vs');
  const { certificate, key } = makeCertificate(directory);
  const streamer = await startStreamer(t, { tls_certificate: certificate, tls_key: key }, { directory });
  const ca = readFileSync(certificate, 'utf8');
  streamer.base = `https://127.0.0.1:${streamer.port}/`;
  assert.equal((await request(streamer.base + 'health', { ca })).answer.state, 'free');
  const control = await request(streamer.base + 'control', {
    method: 'POST',
    ca,
    headers: { Authorization: `Bearer ${streamer.controlToken()}` },
    body: '{"verb":"START_SESSION"}',
  });
  assert.equal(control.answer.msg, 'SESSION_CONNECTION_DATA');
  const socket = await WebSocketClient.open(t, streamer.base + 'session', { ca });
  const { ticket } = streamer.person(control.answer.session, 'p');
  const { WebRTC_connection_data: url } = await socket.ask('CONNECT_TO_SESSION', { ticket });
  assert.equal(url, `${streamer.base}whep/${control.answer.session}`);
  assert.doesNotMatch(await raw(streamer.port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'), /server_name/);
});

test('clients that go in the middle of their handshake cost nobody else a connection', async t => {
  const directory = temporaryDirectory(t, 'vs');
  const { certificate, key } = makeCertificate(directory);
  const streamer = await startStreamer(t, { tls_certificate: certificate, tls_key: key }, { directory });
  const ca = readFileSync(certificate, 'utf8');
  for (let i = 0; i < 20; i++) {
    const client = connect(streamer.port, '127.0.0.1');
    await once(client, 'connect');
    client.destroy();
  }
  const url = `https://127.0.0.1:${streamer.port}/health`;
  await until(() => request(url, { ca }).then(({ status }) => status === 200, () => false), { what: 'an answer' });
});
