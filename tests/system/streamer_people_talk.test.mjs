// @ts-check
// What people in a session say to each other: names, data to all or to one, at a rate; and who is removed.

import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

const words = (/** @type {any[]} */ events) => events.map(({ msg }) => msg);
const data = (/** @type {any[]} */ events) => events.filter(({ msg }) => msg === 'DATA').map(event => event.data);

/** A session with a host and guests. @param {Scope} t @param {Record<string, unknown>} [settings] @param {string[]} guests */
async function company(t, settings = {}, guests = ['one', 'two']) {
  const streamer = await startStreamer(t, settings);
  const { session } = await streamer.startSession();
  const host = streamer.person(session, 'host', { role: 'host' });
  return { streamer, session, people: [host, ...guests.map(name => streamer.person(session, name))] };
}

test('people are numbered as they come, and called what they want', async t => {
  const { people } = await company(t);
  const [host, one, two] = people;
  const watcher = await host.socket(t);
  await one.connect();
  const { users } = (await two.connect({ name: 'Two' })).answer;
  assert.deepEqual(users, [
    { user: 'host', name: '', role: 'host', number: 1 },
    { user: 'one', name: '', role: 'guest', number: 2 },
    { user: 'two', name: 'Two', role: 'guest', number: 3 },
  ]);
  assert.deepEqual((await one.ask('SET_NAME', { name: ' О\u202eля\n' })).answer, { msg: 'NAME_SET', name: 'Оля' });
  assert.equal((await one.ask('SET_NAME', { name: 'Оля' })).answer.msg, 'NAME_SET'); /* nothing changes */
  assert.equal((await two.connect({ name: 'Zwei' })).answer.users[2].name, 'Zwei');
  assert.equal((await two.connect()).answer.users[2].name, 'Zwei');
  assert.deepEqual((await one.ask('SET_NAME', { name: '' })).answer, { msg: 'NAME_SET', name: '' });
  assert.equal((await one.ask('SET_NAME', { name: 'Я'.repeat(200) })).answer.name, 'Я'.repeat(50));
  for (const name of [7, 'x'.repeat(401), undefined])
    assert.deepEqual([(await one.ask('SET_NAME', { name })).answer.msg], ['BAD_REQUEST']);
  await until(() => watcher.messages.filter(({ msg }) => msg === 'USER_CHANGED').length === 4);
  const changes = watcher.messages.filter(({ msg }) => msg === 'USER_CHANGED').map(({ user, name }) => [user, name]);
  assert.deepEqual(changes, [['one', 'Оля'], ['two', 'Zwei'], ['one', ''], ['one', 'Я'.repeat(50)]]); // prettier-ignore
  await one.ask('DISCONNECT');
  const joined = watcher.messages.find(({ msg, user }) => msg === 'USER_JOINED' && user === 'one');
  assert.deepEqual([joined.name, joined.role, joined.number], ['', 'guest', 2]);
  assert.equal((await one.connect()).answer.users.at(-1).number, 4); /* a new coming */
});

test('data reach everybody in order, by WebSocket and by poll', async t => {
  const { people } = await company(t);
  const [host, one, two] = people;
  const [a, b] = [await host.socket(t), await one.socket(t)];
  let { cursor } = (await two.connect()).answer;
  const sent = [{ chat: 'Привет' }, 'text', 3.5, [null, { deep: [true] }], { '"\\\u0001': '\u{1F600}' }];
  for (const [index, value] of sent.entries()) {
    const answer = await (index % 2 ? a : b).ask('SEND_DATA', { data: value });
    assert.deepEqual(Object.keys(answer), ['msg', 'id', 'cursor']);
    assert.equal(answer.msg, 'DATA_SENT');
  }
  for (let n = 0; n < 50; n++) a.send(JSON.stringify({ verb: 'SEND_DATA', data: n }));
  const all = [...sent, ...Array(50).keys()];
  /** @type {any[]} */
  const polled = [];
  while (data(polled).length < all.length) {
    const { answer } = await two.ask('POLL_EVENTS', { cursor, wait_seconds: 10 });
    cursor = answer.cursor;
    polled.push(...answer.events);
  }
  await until(() => data(b.messages).length === all.length && data(a.messages).length === all.length);
  for (const heard of [polled, a.messages, b.messages]) assert.deepEqual(data(heard), all);
  assert.deepEqual(
    polled.filter(({ msg }) => msg === 'DATA'),
    b.messages.filter(({ msg, id }) => msg === 'DATA' && id === undefined),
  );
  assert.deepEqual(polled.filter(({ msg }) => msg === 'DATA').map(({ from }) => from).slice(0, 5), ['one', 'host', 'one', 'host', 'one']); // prettier-ignore
});

test('what is for one person reaches that person alone, also later', async t => {
  const { people } = await company(t);
  const [host, one, two] = people;
  const [a, b] = [await host.socket(t), await one.socket(t)];
  const { cursor } = (await two.connect()).answer;
  const polled = two.ask('POLL_EVENTS', { cursor, wait_seconds: 30 });
  await a.ask('SEND_DATA', { data: 'secret', to: 'one' });
  await a.ask('SEND_DATA', { data: 'pointer', to: 'one', transient: true });
  await a.ask('SEND_DATA', { data: 'open' });
  const { events } = (await polled).answer;
  assert.deepEqual(data(events), ['open']); /* it waited for that */
  await until(() => data(b.messages).length === 3 && data(a.messages).length === 1);
  assert.deepEqual(data(b.messages), ['secret', 'pointer', 'open']);
  assert.equal(b.messages.find(message => message.data === 'secret').to, 'one');
  assert.deepEqual(data((await two.ask('POLL_EVENTS', { cursor: 0 })).answer.events), ['open']);
  const again = await two.socket(t, { cursor: 0 });
  await until(() => data(again.messages).length === 1);
  assert.ok(!JSON.stringify(again.messages).includes('secret'));
  const nobody = await a.ask('SEND_DATA', { data: 1, to: 'nobody' });
  assert.deepEqual([nobody.msg, nobody.field], ['FORBIDDEN', 'to']);
});

test('of transient data only the newest of each sender is kept', async t => {
  const { people } = await company(t);
  const [host, one, two] = people;
  const [a, b] = [await host.socket(t), await one.socket(t)];
  const { cursor } = (await two.connect()).answer;
  for (let x = 0; x < 20; x++) await a.ask('SEND_DATA', { data: { x }, transient: true });
  await b.ask('SEND_DATA', { data: 'mine', transient: true });
  await a.ask('SEND_DATA', { data: 'said' });
  await until(() => data(b.messages).length === 22);
  assert.deepEqual(data(b.messages).slice(0, 2), [{ x: 0 }, { x: 1 }]);
  assert.deepEqual(data((await two.ask('POLL_EVENTS', { cursor })).answer.events), [{ x: 19 }, 'mine', 'said']);
});

test('data are any JSON of at most 16 KiB', async t => {
  const { people } = await company(t);
  const [host] = people;
  await host.connect();
  /** @type {[unknown, string][]} */
  const cases = [
    ['x'.repeat(16 * 1024 - 2), 'DATA_SENT'],
    ['x'.repeat(16 * 1024 - 1), 'BAD_REQUEST'],
    [undefined, 'BAD_REQUEST'],
    [0, 'DATA_SENT'],
    [false, 'DATA_SENT'],
    ['', 'DATA_SENT'],
    [{}, 'DATA_SENT'],
  ];
  for (const [value, msg] of cases) assert.equal((await host.ask('SEND_DATA', { data: value })).answer.msg, msg);
  for (const fields of [{ to: 7 }, { to: 'u'.repeat(201) }, { to: '' }, { transient: 'yes' }])
    assert.deepEqual([(await host.ask('SEND_DATA', { data: 1, ...fields })).answer.field], Object.keys(fields));
  const deep = '['.repeat(40) + ']'.repeat(40);
  const body = `{"verb":"SEND_DATA","ticket":"${host.ticket}","data":${deep}}`;
  assert.equal((await host.client.send(body)).answer.msg, 'BAD_REQUEST');
});

test('who says too much is told when to go on, and takes nothing from the others', async t => {
  const { people } = await company(t);
  const [host, one] = people;
  const [a, b] = [await host.socket(t), await one.socket(t)];
  for (let n = 0; n < 300; n++) a.send(JSON.stringify({ id: `n${n}`, verb: 'SEND_DATA', data: n }));
  const refused = await until(() => a.messages.find(({ msg }) => msg === 'TOO_MANY_ATTEMPTS'));
  assert.ok(refused.retry_after_seconds >= 1);
  assert.equal((await b.ask('SEND_DATA', { data: 'mine' })).msg, 'DATA_SENT');
  await until(() => a.messages.some(({ id }) => id === 'n299'));
  const taken = a.messages.filter(({ msg, id }) => msg === 'DATA_SENT' && id).length;
  assert.ok(taken >= 198 && taken < 300, `${taken} taken`); /* of 200 at once; coming, by HTTP and by WebSocket, is two of them */
  const { status, headers, answer } = await until(async () => {
    const reply = await host.ask('SEND_DATA', { data: 'x'.repeat(8000) });
    return reply.status === 429 && reply;
  });
  assert.equal(headers['retry-after'], String(answer.retry_after_seconds));
  assert.equal(status, 429);
  await host.ask('SEND_DATA', { data: 'x'.repeat(8000) });
  const names = await Promise.all([...Array(250).keys()].map(n => host.connect({ name: `name ${n}` })));
  assert.ok(names.some(reply => reply.status === 429)); /* coming again and again is talk too */
  await until(async () => (await host.ask('SEND_DATA', { data: 'again' })).answer.msg === 'DATA_SENT');
  await until(() => data(b.messages).includes('again'));
  const heard = data(b.messages).filter(value => typeof value === 'number');
  assert.deepEqual(heard, [...heard].sort((x, y) => x - y));
  assert.equal(heard.length, taken);
});

test('the host removes somebody, whose ticket is then dead', async t => {
  const { streamer, people } = await company(t, {}, ['one', 'two', 'three']);
  const [host, one, two, three] = people;
  const [a, b] = [await host.socket(t), await one.socket(t)];
  const { cursor } = (await two.connect()).answer;
  const { cursor: from } = (await three.connect()).answer;
  const waiting = two.ask('POLL_EVENTS', { cursor: from, wait_seconds: 30 });
  for (const [socket, user, field] of /** @type {const} */ ([[b, 'two', undefined], [b, 'one', undefined], [a, 'host', 'user'], [a, 'nobody', 'user']])) { // prettier-ignore
    const refused = await socket.ask('REMOVE_USER', { user });
    assert.deepEqual([refused.msg, refused.field], ['FORBIDDEN', field]);
  }
  assert.equal((await a.ask('REMOVE_USER', { user: 'one' })).msg, 'USER_REMOVED');
  assert.equal((await b.end()).code, 1000);
  assert.equal(b.messages.at(-1).msg, 'REMOVED');
  const left = await a.event('USER_LEFT');
  assert.deepEqual([left.user, left.reason], ['one', 'removed']);
  const { answer } = await waiting;
  assert.deepEqual(words(answer.events), ['USER_LEFT']);
  const last = two.ask('POLL_EVENTS', { cursor: answer.cursor, wait_seconds: 30 });
  await until(async () => (await host.ask('REMOVE_USER', { user: 'two' })).answer.msg === 'USER_REMOVED');
  assert.deepEqual(words((await last).answer.events), ['REMOVED']);
  for (const verb of ['CONNECT_TO_SESSION', 'POLL_EVENTS', 'KEEP_ALIVE', 'REQUEST_CONTROL', 'DISCONNECT'])
    for (const person of [one, two]) {
      const refused = await person.ask(verb);
      assert.deepEqual([refused.status, refused.answer.msg, refused.answer.field], [403, 'FORBIDDEN', 'ticket'], verb);
    }
  assert.equal((await one.whep({ body: 'v=0\r\n' })).status, 403);
  assert.deepEqual((await three.connect()).answer.users.map((/** @type {any} */ { user }) => user), ['host', 'three']);
  assert.equal((await streamer.status()).sessions[0].users, 2);
  assert.ok(cursor <= from);
});
