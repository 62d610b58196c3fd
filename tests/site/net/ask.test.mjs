// @ts-check
// One verb over HTTP: what is an answer, and what is none.

import assert from 'node:assert/strict';
import test from 'node:test';
import { askByPost, serverNowMs, Unreachable } from '../../../www/net/ask.js';

/** @param {test.TestContext} t @param {(url: string, init: any) => Promise<any>} answer what a server does */
function serve(t, answer) {
  t.mock.method(globalThis, 'fetch', answer);
}

test('a refusal is an answer, whatever its HTTP status', async t => {
  serve(t, async () => new Response('{"msg":"SERVERS_BUSY","retry_after_seconds":7}', { status: 503 }));
  assert.deepEqual(await askByPost('api', 'START_SESSION', { rc_name: 'X' }), { msg: 'SERVERS_BUSY', retry_after_seconds: 7 });
});

test('a proxy’s error page is no answer', async t => {
  serve(t, async () => new Response('<html>Bad Gateway</html>', { status: 502 }));
  await assert.rejects(askByPost('api', 'GET_RCS'), Unreachable);
});

test('whoever does not answer in time is unreachable', async t => {
  serve(t, (_, { signal }) => new Promise((_settle, fail) => signal.addEventListener('abort', () => fail(signal.reason))));
  await assert.rejects(askByPost('api', 'GET_RCS', {}, { timeoutMs: 5 }), Unreachable);
});

test('countdowns go by the server’s clock', async t => {
  let serverMs = Date.now() + 3_600_000;
  serve(t, async () => new Response('{"msg":"RCS_FOUND"}', { headers: { Date: new Date(serverMs).toUTCString() } }));
  await askByPost('api', 'GET_RCS');
  assert.ok(Math.abs(serverNowMs() - Date.now() - 3_600_000) < 5_000);
  serverMs = Date.now();
  await askByPost('api', 'GET_RCS');
  assert.ok(Math.abs(serverNowMs() - Date.now()) < 5_000);
});
