// @ts-check
// The coordinator's FastCGI door: where it listens, and what peers do to it that no web server should.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoordinatorFiles, startCoordinator } from './lib/coordinator.mjs';
import { FastCgi, abort, begin, record, wholeRequest } from './lib/fastcgi.mjs';
import { freePort } from './lib/ports.mjs';
import { built, onEnd, run, slowness, until } from './lib/programs.mjs';

const RCS = '{"verb":"GET_RCS"}';
const POLL = '{"verb":"POLL_EVENTS","wait_seconds":60}';

/** @param {import('node:test').TestContext} t @param {object} [settings] */
async function startAlone(t, settings = {}) {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration(settings);
  files.writeServers([]);
  const coordinator = await startCoordinator(t, files);
  /** @param {string | number} [address] @param {{ allowHalfOpen?: boolean }} [options] */
  const dial = (address = files.socket, options = {}) => {
    const peer = new FastCgi(address, options);
    onEnd(t, () => peer.close());
    return peer;
  };
  const ask = async (/** @type {string} */ body) => {
    const peer = dial();
    peer.write(wholeRequest(body));
    return peer.answer();
  };
  const waiting = async () => {
    const peer = dial();
    peer.write(wholeRequest('', { REQUEST_METHOD: 'GET', REQUEST_URI: '/health' }));
    return (await peer.answer()).answer.waiting;
  };
  return { files, coordinator, dial, ask, waiting };
}

/** @param {string} path */
const mode = path => statSync(path).mode & 0o777;

test('a kept connection carries one request after the other', async t => {
  const { dial } = await startAlone(t);
  const peer = dial();
  for (let i = 0; i < 100; i++) {
    peer.write(wholeRequest(`{"verb":"GET_RCS","id":${i}}`));
    assert.equal((await peer.answer()).answer.id, i);
  }
});

test('a connection that is not to be kept is closed after its answer', async t => {
  const { dial } = await startAlone(t);
  const peer = dial();
  peer.write(wholeRequest(RCS, {}, { keep: false }));
  assert.equal((await peer.answer()).status, 200);
  await until(() => peer.closed);
});

test('neither silent peers nor slow ones hold anybody, and half requests are given up', async t => {
  const { dial, ask } = await startAlone(t);
  const silent = Array.from({ length: 200 }, () => dial());
  const whole = wholeRequest(RCS);
  const half = Array.from({ length: 200 }, (_, i) => {
    const peer = dial();
    peer.write(whole.subarray(0, 1 + (i % (whole.length - 1))));
    return peer;
  });
  const began = Date.now();
  for (let i = 0; i < 20; i++) assert.equal((await ask(RCS)).status, 200);
  assert.ok(Date.now() - began < 1000 * slowness, 'others are answered as if they were not there');
  await until(() => half.every(peer => peer.closed), { what: 'half requests are given up', timeout: 20_000 });
  assert.ok(silent.every(peer => !peer.closed));
  silent[0].write(whole);
  assert.equal((await silent[0].answer()).status, 200);
});

test('a request may come in any pieces, again and again', async t => {
  const { dial } = await startAlone(t);
  const peer = dial();
  for (const size of [1, 7, 8, 64, 100]) {
    const whole = wholeRequest(`{"verb":"GET_RCS","id":${size}}`);
    for (let at = 0; at < whole.length; at += size) {
      peer.write(whole.subarray(at, at + size));
      await new Promise(wake => setImmediate(wake));
    }
    assert.equal((await peer.answer()).answer.id, size);
    peer.write(wholeRequest(POLL.replace('60', '0')));
    assert.equal((await peer.answer()).answer.msg, 'EVENTS');
  }
});

test('of very many half requests the oldest are given up at once', async t => {
  const { dial, ask } = await startAlone(t);
  const part = wholeRequest('x'.repeat(60_000)).subarray(0, 50_000);
  const slow = [];
  for (let i = 0; i < 700; i++) {
    const peer = dial();
    peer.write(part);
    slow.push(peer);
  }
  await until(() => slow.filter(peer => peer.closed).length >= 700 - 512, { what: 'there are not too many', timeout: 7000 });
  assert.equal((await ask(RCS)).status, 200);
});

test('an aborted half request, and one larger than anything, close their own connections', async t => {
  const { dial, ask } = await startAlone(t);
  const aborted = dial();
  aborted.write(Buffer.concat([wholeRequest(RCS).subarray(0, -8), abort()]));
  await until(() => aborted.closed);
  const huge = dial();
  const piece = record(5, 'x'.repeat(65_000));
  huge.write(wholeRequest('').subarray(0, -8));
  for (let i = 0; i < 300 && !huge.closed; i++) huge.write(piece);
  await until(() => huge.closed);
  assert.equal((await ask(RCS)).status, 200);
});

test('peers that do not take their long answers hold nobody, those that take them slowly get them whole', async t => {
  const { files, dial, ask, coordinator } = await startAlone(t);
  const info = { deskription: [{ en: 'x'.repeat(2000) }] };
  const servers = Array.from({ length: 1000 }, (_, i) => ({ server_name: `s${i}`, ip: '127.0.0.1', port: '1', rc_info: { rc_name: 'R', info } }));
  files.writeServers(servers);
  const list = '{"verb":"GET_SERVERS","range":"0-999"}';
  await until(async () => (await ask(list)).answer.total === 1000, { timeout: 20_000 });
  const askDeafly = () => {
    const peer = dial();
    peer.socket.pause();
    peer.write(wholeRequest(list));
    return peer;
  };
  const deaf = Array.from({ length: 50 }, askDeafly);
  const began = Date.now();
  for (let i = 0; i < 20; i++) assert.equal((await ask(RCS)).status, 200);
  assert.ok(Date.now() - began < 3000 * slowness, `others are answered: ${Date.now() - began} ms`);
  for (let i = 0; i < 3; i++) {
    const peer = askDeafly();
    assert.equal((await ask(RCS)).status, 200, 'meanwhile');
    peer.socket.resume();
    assert.equal((await peer.answer()).answer.servers.length, 1000);
    peer.write(wholeRequest(RCS));
    assert.equal((await peer.answer()).status, 200, 'the connection is still good');
  }
  const last = dial();
  last.write(wholeRequest(list, {}, { keep: false }));
  assert.equal((await last.answer()).answer.servers.length, 1000);
  await until(() => last.closed);
  const givenUp = () => coordinator.log.match(/ peer_given_up /g)?.length ?? 0;
  await until(() => givenUp() === deaf.length, { what: 'those who take nothing are given up', timeout: 20_000 });
});

test('rubbish closes its own connection and nothing else', async t => {
  const { dial, ask, coordinator } = await startAlone(t);
  const rubbish = [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    Buffer.alloc(10_000, 0xff),
    Buffer.alloc(10_000),
    record(5, 'stdin before its beginning'),
    Buffer.concat([begin(), record(4, Buffer.from([0x80, 0, 0, 5, 0x80, 0, 0xff, 0xff, 1, 2, 3])), record(4)]),
    Buffer.concat([begin(), record(4, Buffer.from([0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe])), record(4)]), // CVE-2025-23016
    Buffer.concat([begin(), record(99, 'unknown'), abort()]),
    Buffer.concat([begin(), begin(), begin()]),
  ];
  for (const bytes of rubbish) {
    const peer = dial();
    peer.write(bytes);
    peer.socket.end();
    await until(() => peer.closed, { what: 'it is closed' });
    assert.equal((await ask(RCS)).status, 200);
  }
  assert.equal(coordinator.exit, null);
});

test('a body longer than it says, or than is allowed, is read to its end and refused', async t => {
  const { dial } = await startAlone(t);
  const peer = dial();
  for (const length of ['1', '', 'x', '-5', '99999999999']) {
    peer.write(wholeRequest('x'.repeat(70_000), { CONTENT_LENGTH: length }));
    assert.deepEqual((await peer.answer()).answer.msg, 'TOO_LARGE', length);
    peer.write(wholeRequest(RCS));
    assert.equal((await peer.answer()).status, 200, 'the connection is still good');
  }
});

test('waiting requests are dropped by an abort, and by a close', async t => {
  const { dial, waiting } = await startAlone(t);
  const aborted = dial();
  const closed = dial();
  aborted.write(wholeRequest(POLL));
  closed.write(wholeRequest(POLL));
  await until(async () => (await waiting()) === 2);
  aborted.write(abort());
  await until(async () => (await waiting()) === 1, { what: 'the aborted one is dropped' });
  closed.close();
  await until(async () => (await waiting()) === 0, { what: 'the closed one is dropped' });
});

test('a peer that only stops writing still gets its answer', async t => {
  const { dial, waiting } = await startAlone(t);
  const peer = dial(undefined, { allowHalfOpen: true });
  peer.write(wholeRequest('{"verb":"POLL_EVENTS","wait_seconds":1}'));
  await until(async () => (await waiting()) === 1);
  peer.socket.end();
  assert.equal((await peer.answer()).answer.msg, 'EVENTS');
});

test('by TCP it listens at ip and port, and a client that closes is dropped, too', async t => {
  const port = await freePort();
  const files = new CoordinatorFiles(t);
  files.writeConfiguration({ socket: undefined, ip: '127.0.0.1', port: String(port) });
  files.writeServers([]);
  await startCoordinator(t, files);
  const peer = new FastCgi(port);
  onEnd(t, () => peer.close());
  peer.write(wholeRequest(RCS));
  assert.equal((await peer.answer()).status, 200);
  const leaving = new FastCgi(port);
  leaving.write(wholeRequest(POLL));
  const waiting = async () => {
    peer.write(wholeRequest('', { REQUEST_METHOD: 'GET', REQUEST_URI: '/health' }));
    return (await peer.answer()).answer.waiting;
  };
  await until(async () => (await waiting()) === 1);
  leaving.close();
  await until(async () => (await waiting()) === 0, { what: 'it is dropped' });
});

test('the socket is for the group, and one left behind by a killed coordinator is replaced', async t => {
  const { files, coordinator } = await startAlone(t);
  assert.equal(mode(files.socket), 0o660);
  const other = new CoordinatorFiles(t);
  other.writeConfiguration({ socket: files.socket });
  other.writeServers([]);
  for (const [configuration, reason] of /** @type {const} */ ([
    [other.configuration, /Address already in use/],
    [files.configuration, /another coordinator has it open/],
  ])) {
    const second = run(built('vitrina-coordinator'), ['--config', configuration]);
    assert.equal(second.status, 1, 'not 78: it may be better a moment later');
    assert.match(second.stderr, reason);
  }
  coordinator.kill();
  await coordinator.exited;
  await startCoordinator(t, files);
});

test('a missing key is made, for its owner alone, and said; a short one is refused', async t => {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration({ key_file: 'new.key' });
  files.writeServers([]);
  const coordinator = await startCoordinator(t, files);
  const key = join(files.directory, 'new.key');
  assert.equal(mode(key), 0o600);
  assert.ok(readFileSync(key, 'utf8').trim().length >= 32);
  assert.match(coordinator.log, / key_created /);
  assert.ok(!coordinator.log.includes(readFileSync(key, 'utf8').trim()));
  await coordinator.stop();
  writeFileSync(key, 'short');
  const refused = run(built('vitrina-coordinator'), ['--config', files.configuration]);
  assert.equal(refused.status, 78);
  assert.match(refused.stderr, /new\.key/);
});
