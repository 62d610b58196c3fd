// @ts-check
// Coordinator and streamer together: a host removes somebody, and lets somebody in who knocks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { fakeEngine } from './lib/fake_engine.mjs';
import { Inside } from './lib/knocking.mjs';
import { onEnd, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

test('who is removed comes in by nothing that they have; who knocks is heard by both ways, and let in', async t => {
  const files = new CoordinatorFiles(t);
  const engine = await fakeEngine(t);
  const streamer = await startStreamer(t, { server_name: 'river-1', webrtc_program: engine.path }, { key: files.key });
  const server = listed({ name: 'river-1', port: streamer.port }, 'River');
  const { client, online } = await startSite(t, { files, servers: [server], settings: { knock_seconds: 10 } });
  await online(1);
  const come = (/** @type {string} */ code, /** @type {object} */ more = {}) => client.ask('CONNECT_SESSION_WITH_CODE', { code, ...more });
  const people = new Client(`${streamer.base}session`);
  onEnd(t, () => people.close());
  const enter = (/** @type {string} */ ticket) => people.ask('CONNECT_TO_SESSION', { ticket });

  const host = (await client.ask('START_SESSION', { rc_name: 'River', name: 'Ann' })).answer;
  const socket = await WebSocketClient.open(t, `${streamer.base}session`);
  assert.equal((await socket.ask('CONNECT_TO_SESSION', { ticket: host.ticket })).role, 'host');
  const [rude, second] = [(await come(host.code, { name: 'rude' })).answer, (await come(host.code)).answer];
  const { user } = (await enter(rude.ticket)).answer;
  const inside = await Inside.listen(t, client, host.ticket);

  assert.equal((await socket.ask('REMOVE_USER', { user })).msg, 'USER_REMOVED');
  const { code, invite, door } = await inside.next('INVITATION_CHANGED');
  assert.equal(door, 'knock');
  assert.equal((await enter(rude.ticket)).answer.msg, 'FORBIDDEN');
  assert.equal((await enter(second.ticket)).answer.msg, 'FORBIDDEN', 'a ticket that was kept for later');
  for (const more of [{}, { invite: host.invite }]) assert.equal((await come(host.code, more)).answer.msg, 'SESSION_NOT_EXIST');
  assert.equal((await client.ask('EXTEND_SESSION', { ticket: rude.ticket })).status, 401);
  await until(async () => (await streamer.control('CONNECT_SESSION_WITH_CODE', { code })).status === 200);

  const stranger = come(code, { invite, name: 'Bob' });
  const { knock } = await inside.next('KNOCK');
  const heard = await until(() => socket.messages.find(({ msg }) => msg === 'KNOCK'));
  assert.deepEqual([heard.knock, heard.name], [knock, 'Bob']);
  assert.equal((await client.ask('ADMIT_USER', { ticket: host.ticket, knock })).answer.msg, 'USER_ADMITTED');
  const { status, answer } = await stranger;
  assert.deepEqual([status, answer.role, answer.code], [200, 'guest', code]);
  assert.equal((await enter(answer.ticket)).answer.msg, 'SESSION_CONNECTION_ESTABLISHED');
  assert.equal((await until(() => socket.messages.find(({ msg }) => msg === 'KNOCK_ENDED'))).reason, 'admitted');
  assert.equal((await client.ask('EXTEND_SESSION', { ticket: host.ticket, minutes: 5 })).status, 200);
});
