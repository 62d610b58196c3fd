// @ts-check
// Bytes that come before they are due, at the coordinator's doors: who sent them is answered or cut off, the daemon answers others, is at rest,
// and ends when it is told to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoordinatorFiles, startCoordinator } from './lib/coordinator.mjs';
import { EarlyConnection, atRest, frame, httpCases, seconds, together, tryAll, upgrade } from './lib/early.mjs';
import { FastCgi, begin, record, wholeRequest } from './lib/fastcgi.mjs';
import { freePort } from './lib/ports.mjs';
import { onEnd, until } from './lib/programs.mjs';

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
