// @ts-check
// Coming in when too many wrong codes were typed, or when a host wants to be asked: invitations, knocks, removals.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { comeFrom, fifty, Inside, proxied, spendBudget, wrongCodes } from './lib/knocking.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { HOUR, planned, roundTime, startRiver } from './lib/planning.mjs';
import { until } from './lib/programs.mjs';
import { operatorTicket } from './lib/staff.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

const settings = { ...proxied, knock_seconds: 5 };
const refusal = { msg: 'SESSION_NOT_EXIST', reason: 'There is no session with this code.' };

/** A site where strangers may type nothing wrong any more, and a session with its host inside. @param {import('node:test').TestContext} t */
async function shut(t) {
  const plan = fifty();
  const site = await startRiver(t, { limits: [3], plan, settings });
  const host = (await site.walkIn({ name: 'Ann' })).answer;
  const codes = [...plan.map(({ code }) => code), host.code];
  await spendBudget(site.client, codes);
  const inside = await Inside.listen(t, site.client, host.ticket);
  return { ...site, host, inside, codes, streamer: site.streamers[0] };
}

/** @param {import('./lib/client.mjs').Client} client @param {string} ticket @param {string} knock */
const admit = (client, ticket, knock) => client.ask('ADMIT_USER', { ticket, knock });

test('when the budget is spent a right code knocks, and the host lets in; an invitation opens at once', async t => {
  const { client, host, inside } = await shut(t);
  const stranger = comeFrom(client, '203.0.113.1', host.code, { name: 'Bob' });
  const knock = await inside.next('KNOCK');
  assert.equal(knock.name, 'Bob');
  assert.ok(knock.lapses_in_seconds >= 1 && knock.lapses_in_seconds <= 5, `in ${knock.lapses_in_seconds} s`);
  const said = await admit(client, host.ticket, knock.knock);
  assert.deepEqual([said.status, said.answer], [200, { msg: 'USER_ADMITTED' }]);
  const { status, answer } = await stranger;
  assert.deepEqual([status, answer.session, answer.role, answer.code], [200, host.session, 'guest', host.code]);
  assert.deepEqual(await inside.next('KNOCK_ENDED'), { msg: 'KNOCK_ENDED', knock: knock.knock, reason: 'admitted' });
  assert.equal((await comeFrom(client, '203.0.113.1', host.code)).status, 200, 'who was let in knows the code');

  const invited = await comeFrom(client, '203.0.113.2', host.code, { invite: host.invite });
  assert.deepEqual([invited.status, invited.answer.role], [200, 'guest']);
  assert.equal(inside.of('KNOCK').length, 1);
});

test('who begins to listen when somebody knocks already hears of it, once', async t => {
  const { client, host, inside } = await shut(t);
  const stranger = comeFrom(client, '203.0.113.1', host.code, { name: 'Bob' });
  const { knock } = await inside.next('KNOCK');
  const first = (await client.ask('POLL_EVENTS', { ticket: host.ticket })).answer;
  /** @param {any} answer @returns {any[]} */
  const knocksIn = answer => answer.events.filter((/** @type {any} */ event) => event.msg === 'KNOCK');
  assert.deepEqual(knocksIn(first).map((/** @type {any} */ event) => [event.knock, event.name]), [[knock, 'Bob']]);
  const then = (await client.ask('POLL_EVENTS', { ticket: host.ticket, cursor: first.cursor })).answer;
  assert.deepEqual(knocksIn(then), []);
  await admit(client, host.ticket, knock);
  assert.equal((await stranger).status, 200);
  const after = (await client.ask('POLL_EVENTS', { ticket: host.ticket })).answer;
  assert.deepEqual(knocksIn(after), []);
});

test('a wrong code, a right one that nobody admits and one that the host refuses wait equally long and hear the same', async t => {
  const { client, host, inside, codes, nginx } = await shut(t);
  /** @param {string} address @param {string} code @param {object} [more] */
  const timed = async (address, code, more) => {
    const began = performance.now();
    const { status, answer, headers } = await comeFrom(client, address, code, more);
    return { ms: performance.now() - began, said: [status, answer, headers['retry-after']] };
  };
  const [wrong] = wrongCodes(codes, 1);
  const waiting = [
    timed('203.0.113.1', wrong),
    timed('203.0.114.1', host.code, { name: 'nobody answers' }),
    timed('203.0.115.1', host.code, { name: 'refused' }),
    timed('203.0.116.1', host.code, { invite: 'f'.repeat(32), name: 'a wrong invitation' }),
    timed('203.0.117.1', codes[0], { key: '0'.repeat(32) }),
  ];
  const knocking = async () =>
    readMetrics((await request(`${nginx.url}metrics`, { ca: nginx.ca })).text).get('vitrina_coordinator_knocking_requests');
  await until(async () => (await knocking()) === 5, { what: 'all of them in the metrics' });
  const { knock } = await until(() => inside.of('KNOCK').find(({ name }) => name === 'refused'));
  assert.deepEqual((await client.ask('REFUSE_USER', { ticket: host.ticket, knock })).answer, { msg: 'USER_REFUSED' });
  const answers = await Promise.all(waiting);
  for (const { ms, said } of answers) {
    assert.deepEqual(said, [404, refusal, undefined]);
    assert.ok(ms >= 4900, `after ${ms} ms`);
  }
  const times = answers.map(({ ms }) => ms);
  assert.ok(Math.max(...times) - Math.min(...times) < 500, `${times}`);
  assert.deepEqual(inside.of('KNOCK_ENDED').find(ended => ended.knock === knock).reason, 'refused');
  await until(() => inside.of('KNOCK_ENDED').filter(({ reason }) => reason === 'lapsed').length === 2);
  assert.equal((await admit(client, host.ticket, knock)).answer.msg, 'NOT_FOUND', 'a no is a no');
  assert.equal(inside.of('KNOCK').length, 3, 'a wrong code and a booking of later are no knocks at this session');
});

test('knocks are bounded, and what is over the bound waits and fails like a wrong code', async t => {
  const { client, host, inside } = await shut(t);
  const three = Array.from({ length: 3 }, () => comeFrom(client, '203.0.113.1', host.code));
  const many = Array.from({ length: 12 }, (_, i) => comeFrom(client, `203.1.${i}.1`, host.code));
  for (const { status, answer } of await Promise.all([...three, ...many])) assert.deepEqual([status, answer], [404, refusal]);
  assert.equal(inside.of('KNOCK').length, 8);
});

test('who was let in takes no more room at the door', async t => {
  const { client, host, inside, walkIn } = await shut(t);
  const others = [(await walkIn()).answer, (await walkIn()).answer];
  const hosts = [{ ...host, inside }];
  for (const other of others) hosts.push({ ...other, inside: await Inside.listen(t, client, other.ticket) });
  for (const { code, ticket, inside: heard } of hosts) {
    await client.ask('SET_DOOR', { ticket, door: 'knock' }); /* who was let in has a reserve of the budget */
    const stranger = comeFrom(client, '203.0.113.1', code);
    await admit(client, ticket, (await heard.next('KNOCK')).knock);
    assert.equal((await stranger).status, 200);
  }
});

test('who was admitted when the connection had broken types the code again and is in', async t => {
  const { client, host, inside } = await shut(t);
  assert.equal((await client.ask('SET_DOOR', { ticket: host.ticket, door: 'knock' })).answer.door, 'knock');
  const gone = new AbortController();
  const body = JSON.stringify({ verb: 'CONNECT_SESSION_WITH_CODE', code: host.code });
  const lost = client.send(body, { headers: { 'X-Forwarded-For': '203.0.113.9' }, signal: gone.signal });
  const { knock } = await inside.next('KNOCK');
  gone.abort();
  await assert.rejects(lost);
  assert.equal((await admit(client, host.ticket, knock)).status, 200);
  await inside.next('KNOCK_ENDED');
  assert.equal((await comeFrom(client, '203.0.113.9', host.code)).status, 200);
});

test('a door on knock asks everybody but who has the key or runs the site; anybody inside may know it', async t => {
  const plan = [planned(-1000, HOUR, { code: '4711' })];
  const { client, files, come } = await startRiver(t, { plan, settings });
  const staff = operatorTicket(files).ticket;
  const host = (await come('4711')).answer;
  assert.deepEqual([host.role, host.door], ['host', 'open']);
  const guest = (await come('4711', { invite: host.invite })).answer;
  for (const verb of ['SET_DOOR', 'ADMIT_USER', 'REFUSE_USER', 'EXTEND_SESSION'])
    assert.deepEqual((await client.ask(verb, { ticket: guest.ticket, door: 'knock', knock: 'x' })).answer.msg, 'FORBIDDEN', verb);
  assert.equal((await client.ask('SET_DOOR', { ticket: host.ticket, door: 'ajar' })).answer.field, 'door');

  const inside = await Inside.listen(t, client, guest.ticket);
  const { answer: set } = await client.ask('SET_DOOR', { ticket: host.ticket, door: 'knock' });
  assert.deepEqual(set, { msg: 'INVITATION', code: '4711', invite: host.invite, door: 'knock' });
  assert.deepEqual((await client.ask('GET_INVITATION', { ticket: guest.ticket })).answer, set);
  assert.deepEqual(await inside.next('INVITATION_CHANGED'), { ...set, msg: 'INVITATION_CHANGED' });
  assert.equal(files.find('4711')?.door, 'knock');

  for (const more of [{}, { invite: host.invite }]) {
    const knocks = inside.of('KNOCK').length;
    const stranger = comeFrom(client, '203.0.113.1', '4711', more);
    const { knock } = await inside.next('KNOCK', knocks + 1);
    await client.ask('REFUSE_USER', { ticket: host.ticket, knock });
    assert.deepEqual((await stranger).answer, refusal);
  }
  const operator = (await come('4711', { staff })).answer;
  assert.deepEqual([operator.msg, operator.role], ['SESSION_CONNECTION_DATA', 'guest']);
  assert.equal((await come('4711', { staff: 'x' })).answer.msg, 'NOT_AUTHORIZED');
  assert.equal((await client.ask('SET_DOOR', { ticket: host.ticket, door: 'open' })).answer.door, 'open');
  assert.equal((await comeFrom(client, '203.0.114.1', '4711')).status, 200);
});

test('the key of a booking makes its holder the host, whoever came first; its invitation does not', async t => {
  const { client, book, files, restart, coordinator } = await startRiver(t, { settings });
  const booking = (await book(roundTime(HOUR))).answer;
  assert.match(booking.invite, /^[0-9a-f]{32}$/);
  assert.notEqual(booking.invite, booking.key);
  await restart(() => {
    const [record] = files.readPlan();
    files.writePlan([{ ...record, starts_at: new Date(Date.now() - 1000).toISOString() }]);
  }, coordinator);
  const first = (await comeFrom(client, '203.0.113.1', booking.code, { invite: booking.invite })).answer;
  const second = (await comeFrom(client, '203.0.114.1', booking.code, { invite: booking.invite })).answer;
  const owner = (await comeFrom(client, '203.0.115.1', booking.code, { key: booking.key })).answer;
  assert.deepEqual([first.role, second.role, owner.role], ['host', 'guest', 'host']);
  assert.equal((await client.ask('CANCEL_SESSION', { code: booking.code, key: booking.invite })).answer.msg, 'FORBIDDEN');
});

test('at a booking that nobody has begun a knock waits for who has the key, and goes on with what is left of its time', async t => {
  const plan = [...fifty(), planned(-1000, HOUR, { code: '4711' })];
  const { client, files, streamers } = await startRiver(t, { plan, settings: { ...settings, knock_seconds: 20 } });
  const staff = operatorTicket(files).ticket;
  await spendBudget(client, plan.map(({ code }) => code));
  const stranger = comeFrom(client, '203.0.113.1', '4711', { name: 'early' });
  const host = (await comeFrom(client, '203.0.114.1', '4711', { staff })).answer;
  assert.equal(host.role, 'host', 'the first of a booking');
  const { knock, name, lapses_in_seconds } = await until(() => streamers[0].knocks(host.session)[0], { what: 'the knock goes on' });
  assert.equal(name, 'early');
  assert.ok(lapses_in_seconds < 20, `${lapses_in_seconds} s are left`);
  assert.equal((await admit(client, host.ticket, knock)).status, 200);
  assert.equal((await stranger).answer.session, host.session);
});

test('a removal renews code and invitation, sets the door on knock, and makes the ticket worthless here too', async t => {
  const { client, walkIn, come, streamers, files, nginx } = await startRiver(t, { settings });
  const host = (await walkIn()).answer;
  const guest = (await come(host.code, { name: 'rude' })).answer;
  const other = (await come(host.code)).answer;
  const user = JSON.parse(Buffer.from(guest.ticket.split('.')[1], 'base64url').toString()).sub;
  const inside = await Inside.listen(t, client, host.ticket);
  const removed = await Inside.listen(t, client, guest.ticket);
  const socket = await WebSocketClient.open(t, `${nginx.url}ws`, { ca: nginx.ca });
  assert.equal((await socket.ask('POLL_EVENTS', { ticket: guest.ticket })).msg, 'EVENTS');

  streamers[0].remove(host.session, user);
  const changed = await inside.next('INVITATION_CHANGED');
  assert.notEqual(changed.code, host.code);
  assert.notEqual(changed.invite, host.invite);
  assert.equal(changed.door, 'knock');
  const { code, invite } = changed;
  assert.deepEqual((await client.ask('GET_INVITATION', { ticket: other.ticket })).answer, { msg: 'INVITATION', code, invite, door: 'knock' });
  const record = /** @type {any} */ (files.find(code));
  assert.deepEqual([record.door, record.generation, files.find(host.code)], ['knock', 1, undefined]);
  await until(() => streamers[0].sessions.get(host.session)?.code === code, { what: 'the streamer has the new code' });

  for (const more of [{}, { invite: host.invite }])
    assert.deepEqual((await comeFrom(client, '203.0.113.1', host.code, more)).answer, refusal, 'the old code and the old link');
  await until(() => removed.last?.status === 401, { what: 'who was removed is told nothing more' });
  assert.equal(removed.of('INVITATION_CHANGED').length, 0);
  for (const verb of ['EXTEND_SESSION', 'POLL_EVENTS', 'GET_INVITATION', 'SET_DOOR', 'ADMIT_USER']) {
    const { status, answer } = await client.ask(verb, { ticket: guest.ticket, door: 'open', knock: 'x' });
    assert.deepEqual([status, answer.msg], [401, 'NOT_AUTHORIZED'], verb);
  }
  assert.ok(socket.messages.every((/** @type {any} */ event) => event.msg !== 'INVITATION_CHANGED'), 'nor on a WebSocket');
  assert.equal((await client.ask('EXTEND_SESSION', { ticket: host.ticket, minutes: 1 })).status, 200);

  const link = comeFrom(client, '203.0.114.1', code, { invite });
  const { knock } = await inside.next('KNOCK');
  assert.equal((await admit(client, host.ticket, knock)).status, 200);
  assert.equal((await link).answer.code, code);
});

test('a restart forgets nothing of a removal; a streamer that was not told the new code is told it then', async t => {
  const { client, walkIn, come, streamers, files, coordinator, restart } = await startRiver(t, { settings });
  const host = (await walkIn()).answer;
  const guest = (await come(host.code)).answer;
  const user = JSON.parse(Buffer.from(guest.ticket.split('.')[1], 'base64url').toString()).sub;
  streamers[0].settingCode = 'garbage';
  streamers[0].remove(host.session, user);
  await until(() => streamers[0].count('SET_CODE') > 0);
  const { answer: invitation } = await client.ask('GET_INVITATION', { ticket: host.ticket });
  streamers[0].settingCode = 'right';
  await restart(null, coordinator);
  await until(() => streamers[0].sessions.get(host.session)?.code === invitation.code);
  assert.deepEqual((await client.ask('GET_INVITATION', { ticket: host.ticket })).answer, invitation);
  assert.equal((await client.ask('EXTEND_SESSION', { ticket: guest.ticket })).status, 401);
  assert.equal(/** @type {any} */ (files.find(invitation.code)).generation, 1);
  assert.equal((await client.ask('GET_SERVERS', { range: '0-0' })).answer.servers[0].complaint, undefined);
});
