// @ts-check
// Bytes that come before they are due: the next request before the answer, more than the length said, frames before the
// upgrade is answered. Whatever they are, at every port: who sent them is answered or cut off, the daemon answers others,
// is at rest, and ends when it is told to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, startCoordinator } from './lib/coordinator.mjs';
import { EarlyConnection, atRest } from './lib/early.mjs';
import { FastCgi, begin, record, wholeRequest } from './lib/fastcgi.mjs';
import { makeCertificate } from './lib/nginx.mjs';
import { freePort } from './lib/ports.mjs';
import { onEnd, slowness, temporaryDirectory, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

const ask = (/** @type {string} */ method, /** @type {string} */ path, /** @type {string | null} */ body = null, more = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}${body === null ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body ?? ''}`;

const post = ask('POST', '/session', '{}');
const get = ask('GET', '/health');
const options = ask('OPTIONS', '/session');
const remove = ask('DELETE', '/whep/none/none');
const empty = ask('POST', '/session', '');
const patch = ask('PATCH', '/whep/none/none', 'candidate');
const last = ask('POST', '/session', '{}', 'Connection: close\r\n');
const large = ask('POST', '/session', ' '.repeat(40_000));
const upgrade = (/** @type {string} */ path, protocol = 'websocket') =>
  ask('GET', path, null, `Upgrade: ${protocol}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`);

/** A text frame of a client (RFC 6455, section 5.2), masked with nothing. @param {string} text */
const frame = text => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

const together = (/** @type {(string | Buffer)[]} */ ...parts) => [Buffer.concat(parts.map(part => Buffer.from(part)))];

/** In many segments. @param {string} text */
const apart = text => text.match(/[^]{1,7}/g) ?? [];

const firsts = { post, get, options, remove, empty, patch, last, large };
const seconds = {
  post,
  get,
  upgrade: upgrade('/session'),
  'part of a head': 'POST /ses',
  'a head without its body': 'POST /session HTTP/1.1\r\nContent-Length: 2\r\n\r\n',
  'a byte': '\n',
  'less than a request': '{"verb"',
  'more than a request': 'x'.repeat(30_000),
  'many requests': (post + get).repeat(200),
};

/** What is sent, by what it is: the name, and the segments. @returns {[string, (string | Buffer)[]][]} */
function httpCases() {
  /** @type {[string, (string | Buffer)[]][]} */
  const cases = [];
  for (const [first, head] of Object.entries(firsts))
    for (const [second, rest] of Object.entries(seconds)) {
      cases.push([`${first} and ${second} together`, together(head, rest)]);
      cases.push([`${first}, then ${second}`, [head, rest]]);
    }
  cases.push(['two posts in many segments', apart(post + post)]);
  cases.push(['a post whose end comes with the next', [post.slice(0, -1), `}${post}`]]);
  cases.push(['a body in two, the second with more', [post.slice(0, -1), `}${'x'.repeat(5000)}`]]);
  for (const path of ['/session', '/nothing'])
    for (const protocol of ['websocket', 'h2c', 'something'])
      for (const [second, rest] of Object.entries(seconds)) cases.push([`upgrade of ${path} to ${protocol}, and ${second}`, together(upgrade(path, protocol), rest)]);
  cases.push(['upgrade with a body', together(upgrade('/session').replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\n'), 'hello', post)]);
  return cases;
}

/**
 * @param {import('node:test').TestContext} t
 * @param {{ port: number, tls?: boolean, pid: number, isWell: () => Promise<void>, cases: [string, (string | Buffer)[]][] }} daemon
 */
async function tryAll(t, { port, tls, pid, isWell, cases }) {
  for (const [name, segments] of cases) {
    const early = await EarlyConnection.open(t, { port, host: '127.0.0.1' }, { tls });
    await early.send(segments);
    await until(() => early.received || early.closed, { what: `an answer to ${name}` });
    if (!early.closed) assert.match(early.received, /^HTTP\/1\.[01] \d\d\d /, name);
    await isWell().catch(failure => assert.fail(`after ${name}: ${failure.message}`));
  }
  await atRest(pid);
}

for (const tls of [false, true])
  test(`the streamer's port${tls ? ', with a certificate' : ''}`, async t => {
    const directory = temporaryDirectory(t, 'vs');
    const { certificate, key } = makeCertificate(directory);
    const ca = readFileSync(certificate, 'utf8');
    const streamer = await startStreamer(t, tls ? { tls_certificate: certificate, tls_key: key } : {}, { directory });
    const { port, program } = streamer;
    const isWell = async () => {
      const { status } = await request(`http${tls ? 's' : ''}://127.0.0.1:${port}/health`, { ca, signal: AbortSignal.timeout(10_000 * slowness) });
      assert.equal(status, 200);
    };
    await tryAll(t, { port, tls, pid: program.pid, isWell, cases: httpCases() });
    await program.stop();
  });

test('the first of two requests is answered, then the connection ends', async t => {
  const { port } = await startStreamer(t);
  for (const [name, first, status] of /** @type {const} */ ([
    ['a post', post, 400],
    ['a get', get, 200],
    ['options', options, 204],
    ['a post that says that it is the last', last, 400],
    ['an upgrade of nothing', upgrade('/nothing'), 403],
  ])) {
    const early = await EarlyConnection.open(t, { port, host: '127.0.0.1' });
    await early.send(together(first, post));
    await until(() => early.closed, { what: `the end after ${name}` });
    assert.equal(early.answers, 1, name);
    assert.match(early.received, new RegExp(`^HTTP/1\\.[01] ${status} [^]*\r\nconnection: close\r\n`, 'i'), name);
  }
});

test('a request that waits for its answer is given up when more comes', async t => {
  const streamer = await startStreamer(t);
  const { version } = await streamer.status();
  const body = JSON.stringify({ verb: 'GET_STATUS', version, wait_seconds: 60 });
  const wait = ask('POST', '/control', body, `Authorization: Bearer ${streamer.controlToken()}\r\n`);
  for (const segments of [together(wait, post), [wait, post], apart(wait + post)]) {
    const early = await EarlyConnection.open(t, { port: streamer.port, host: '127.0.0.1' });
    await early.send(segments);
    await until(() => early.closed, { what: 'the end' });
    assert.equal(early.received, '');
  }
  await atRest(streamer.program.pid);
});

test('frames that come with the upgrade are read', async t => {
  const { port } = await startStreamer(t);
  const early = await EarlyConnection.open(t, { port, host: '127.0.0.1' });
  await early.send(together(upgrade('/session'), frame('{"verb":"NO"}'), frame('{"verb":"NO"}'), frame('{"ve').subarray(0, 5)));
  await until(() => early.received.split('UNKNOWN_VERB').length === 3, { what: 'two answers' });
  await early.send([frame('{"verb":"NO"}').subarray(5)]);
});

test("the coordinator's port for WebSockets", async t => {
  const files = new CoordinatorFiles(t);
  const port = await freePort();
  files.writeConfiguration({ websocket_socket: undefined, websocket_ip: '127.0.0.1', websocket_port: port });
  files.writeServers([]);
  const coordinator = await startCoordinator(t, files);
  const isWell = async () => {
    const early = await EarlyConnection.open(t, { port, host: '127.0.0.1' });
    await early.send(together(upgrade('/ws'), frame('{"verb":"GET_RCS"}'), frame('{"verb":"GET_RCS"}')));
    await until(() => early.received.split('RCS_FOUND').length === 3, { what: 'two answers' });
    early.socket.destroy();
  };
  const cases = httpCases();
  for (const [second, rest] of Object.entries(seconds))
    for (const protocol of ['websocket', 'h2c', 'something'])
      cases.push([`upgrade of /ws to ${protocol}, and ${second}`, together(upgrade('/ws', protocol), rest)]);
  await tryAll(t, { port, pid: coordinator.pid, isWell, cases });
  await coordinator.stop();
});

test("the coordinator's FastCGI socket", async t => {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration();
  files.writeServers([]);
  const coordinator = await startCoordinator(t, files);
  const whole = wholeRequest('{"verb":"GET_RCS"}');
  const parting = wholeRequest('{"verb":"GET_RCS"}', {}, { keep: false });
  for (const [name, segments] of /** @type {[string, Buffer[]][]} */ ([
    ['two requests', [Buffer.concat([whole, whole])]],
    ['many requests', [Buffer.concat(Array(200).fill(whole))]],
    ['a request and part of one', [Buffer.concat([whole, whole.subarray(0, 9)])]],
    ['a request and a record of the last', [Buffer.concat([whole, record(5, 'more')])]],
    ['a request and the begin of another', [Buffer.concat([whole, begin()])]],
    ['a request and rubbish', [Buffer.concat([whole, Buffer.alloc(30_000, 'x')])]],
    ['a parting request and another', [Buffer.concat([parting, whole])]],
    ['two requests, one after the other', [whole, whole]],
    ['two requests byte by byte', [...Buffer.concat([whole, whole])].map(byte => Buffer.from([byte]))],
  ])) {
    const early = new FastCgi(files.socket);
    onEnd(t, () => early.close());
    for (const segment of segments) {
      early.write(segment);
      await new Promise(setImmediate);
    }
    await early.answer().then(
      ({ answer }) => assert.equal(answer.msg, 'RCS_FOUND', name),
      () => assert.ok(early.closed, name),
    );
    const other = new FastCgi(files.socket);
    onEnd(t, () => other.close());
    other.write(whole);
    assert.equal((await other.answer()).answer.msg, 'RCS_FOUND', `after ${name}`);
  }
  await atRest(coordinator.pid);
  await coordinator.stop();
});
