// @ts-check
// Bytes that come before they are due, at the streamer's port: who sent them is answered or cut off, the daemon answers others, is at rest,
// and ends when it is told to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { EarlyConnection, apart, ask, atRest, frame, get, httpCases, last, options, post, together, tryAll, upgrade } from './lib/early.mjs';
import { makeCertificate } from './lib/nginx.mjs';
import { slowness, temporaryDirectory, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

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
