// @ts-check
// Invitations and knocks where two coordinators share a database: the host is at one, the knocker at the other.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Database, hasDatabase } from './lib/database.mjs';
import { Inside, wrongCodes } from './lib/knocking.mjs';
import { until } from './lib/programs.mjs';
import { startSeveral } from './lib/several.mjs';

const server = hasDatabase ? await Database.start({ after: fn => after(fn) }) : null;
const skip = hasDatabase ? false : 'there is no mariadbd on this machine';
const settings = { knock_seconds: 8 };

/** The person a ticket is of. @param {string} ticket */
const userOf = ticket => JSON.parse(Buffer.from(ticket.split('.')[1], 'base64url').toString()).sub;

/** @param {import('node:test').TestContext} t */
async function begin(t) {
  const database = /** @type {Database} */ (server?.fresh());
  const several = await startSeveral(t, { database, limits: [2], settings });
  const [here, there] = [await several.visitorOf(0), await several.visitorOf(1)];
  const host = (await here.walkIn({ name: 'Ann' })).answer;
  const inside = await Inside.listen(t, here.client, host.ticket);
  const [streamer] = several.streamers;
  return { several, here, there, host, inside, streamer };
}

test('a knock at one coordinator is heard at the other, and the yes there opens here', { skip }, async t => {
  const { here, there, host, inside } = await begin(t);
  const guest = (await there.ask('CONNECT_SESSION_WITH_CODE', { code: host.code, invite: host.invite })).answer;
  assert.equal(guest.session, host.session);
  const elsewhere = await Inside.listen(t, there.client, guest.ticket);
  assert.equal((await here.ask('SET_DOOR', { ticket: host.ticket, door: 'knock' })).answer.door, 'knock');
  const { code, invite } = host;
  assert.deepEqual(await elsewhere.next('INVITATION_CHANGED'), { msg: 'INVITATION_CHANGED', code, invite, door: 'knock' });

  const began = performance.now();
  const stranger = there.ask('CONNECT_SESSION_WITH_CODE', { code, name: 'Bob' });
  const { knock, name } = await inside.next('KNOCK');
  assert.equal(name, 'Bob');
  assert.equal((await here.ask('ADMIT_USER', { ticket: host.ticket, knock })).status, 200);
  const { status, answer } = await stranger;
  assert.deepEqual([status, answer.session, answer.role], [200, host.session, 'guest']);
  assert.ok(performance.now() - began < 8000, 'before its time was over');
  for (const person of [inside, elsewhere])
    assert.deepEqual(await person.next('KNOCK_ENDED'), { msg: 'KNOCK_ENDED', knock, reason: 'admitted' });
  assert.equal(elsewhere.of('KNOCK').length, 1);
});

test('both learn of a removal, and one of them renews: they agree on the code', { skip }, async t => {
  const { several, here, there, host, inside, streamer } = await begin(t);
  const rude = (await there.ask('CONNECT_SESSION_WITH_CODE', { code: host.code })).answer;
  const guest = (await there.ask('CONNECT_SESSION_WITH_CODE', { code: host.code })).answer;
  const elsewhere = await Inside.listen(t, there.client, guest.ticket);
  for (let generation = 1; generation <= 3; generation++) {
    streamer.remove(host.session, generation === 1 ? userOf(rude.ticket) : `somebody-${generation}`);
    const told = await Promise.all([inside.next('INVITATION_CHANGED', generation), elsewhere.next('INVITATION_CHANGED', generation)]);
    assert.deepEqual(told[0], told[1]);
    assert.equal(told[0].door, 'knock');
    await until(() => streamer.sessions.get(host.session)?.code === told[0].code, { what: 'the streamer has it' });
  }
  const { code, invite } = inside.of('INVITATION_CHANGED')[2];
  assert.notEqual(code, host.code);
  for (const person of [here, there]) {
    const ticket = person === here ? host.ticket : guest.ticket;
    assert.deepEqual((await person.ask('GET_INVITATION', { ticket })).answer, { msg: 'INVITATION', code, invite, door: 'knock' });
    assert.equal((await person.ask('CONNECT_SESSION_WITH_CODE', { code: host.code, invite: host.invite })).status, 404);
    assert.equal((await person.ask('EXTEND_SESSION', { ticket: rude.ticket })).status, 401);
  }
  const link = there.ask('CONNECT_SESSION_WITH_CODE', { code, invite });
  const { knock } = await inside.next('KNOCK');
  assert.equal((await here.ask('ADMIT_USER', { ticket: host.ticket, knock })).status, 200);
  assert.equal((await link).answer.code, code);
  const { answer } = await here.ask('GET_SERVERS', { range: '0-0' });
  assert.equal(answer.servers[0].complaint, undefined);

  await several.coordinators[1].stop();
  await several.start(1);
  assert.deepEqual((await there.ask('GET_INVITATION', { ticket: guest.ticket })).answer.code, code);
});

test('a wrong code is looked for in the database first, and is refused like any other', { skip }, async t => {
  const { there, host } = await begin(t);
  for (const code of wrongCodes([host.code], 2)) {
    const { status, answer } = await there.ask('CONNECT_SESSION_WITH_CODE', { code });
    assert.deepEqual([status, answer.msg], [404, 'SESSION_NOT_EXIST']);
  }
});

test('while the database cannot be asked, a code that is not known here is a guess like any other', { skip }, async t => {
  const database = await Database.start(t);
  const several = await startSeveral(t, { database, limits: [2], settings: { knock_seconds: 8, coordinators: 64 } });
  const visitor = await several.visitorOf(0);
  const { code } = (await visitor.walkIn()).answer;
  await database.stop();
  const answers = await Promise.all(wrongCodes([code], 8).map(wrong => visitor.ask('CONNECT_SESSION_WITH_CODE', { code: wrong })));
  const words = answers.map(({ answer }) => answer.msg).sort();
  const unsure = words.filter(word => word === 'STORE_UNAVAILABLE');
  assert.ok(unsure.length <= 3, `${unsure.length} of 8 were told that it is not known here`);
  assert.deepEqual(words.slice(0, 8 - unsure.length), Array(8 - unsure.length).fill('SESSION_NOT_EXIST'));
});

test('while the database cannot be asked, who shows a secret hears so at once, whether the code is known here or not', { skip }, async t => {
  const database = await Database.start(t);
  const several = await startSeveral(t, { database, limits: [2], settings: { knock_seconds: 8, coordinators: 64 } });
  const visitor = await several.visitorOf(0);
  const { code, invite } = (await visitor.walkIn()).answer;
  await database.stop();
  const none = wrongCodes([code], 8);
  await Promise.all(none.map(wrong => visitor.ask('CONNECT_SESSION_WITH_CODE', { code: wrong }))); /* the budget is spent */
  for (const one of [code, none[0]])
    for (const [verb, secret] of [['CANCEL_SESSION', 'key'], ['CONNECT_SESSION_WITH_CODE', 'key'], ['CONNECT_SESSION_WITH_CODE', 'invite']]) {
      const { answer } = await visitor.ask(verb, { code: one, [secret]: 'f'.repeat(32) });
      assert.equal(answer.msg, 'STORE_UNAVAILABLE', `${verb} ${secret}`);
    }
  assert.equal((await visitor.ask('CONNECT_SESSION_WITH_CODE', { code, invite })).answer.msg, 'SESSION_CONNECTION_DATA');
});
