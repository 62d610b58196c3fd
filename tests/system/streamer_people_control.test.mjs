// @ts-check
// Who steers: asked for, granted, given back, taken; by silence and by touch; told to everybody and to the engine.

import assert from 'node:assert/strict';
import test from 'node:test';
import { fakeEngine } from './lib/fake_engine.mjs';
import { until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

/** What happened to control, in short: "granted one". @param {any[]} events */
const turns = events =>
  events
    .filter(({ msg, id }) => id === undefined && /^CONTROL_/.test(msg))
    .map(({ msg, controller, user, reason }) => (msg === 'CONTROL_REQUESTED' ? `asked ${user}` : `${reason} ${controller ?? user}`));

/**
 * A session with a host and two guests, all on WebSockets, and an engine that says what the test wants.
 * @param {Scope} t @param {Record<string, unknown>} [settings]
 */
async function company(t, settings = {}) {
  const engine = await fakeEngine(t);
  const streamer = await startStreamer(t, { webrtc_program: engine.path, ...settings });
  const { session } = await streamer.startSession();
  const people = ['host', 'one', 'two'].map(name => streamer.person(session, name, { role: name === 'host' ? 'host' : 'guest' }));
  const [host, one, two] = [await people[0].socket(t), await people[1].socket(t), await people[2].socket(t)];
  /** Waits until `who` were told these turns since they came, one after another. @param {string[]} expected */
  const told = async (expected, who = [host, two]) => {
    for (const { messages } of who) {
      await until(() => turns(messages).length >= expected.length, { what: `${expected} in ${turns(messages)}` });
      assert.deepEqual(turns(messages), expected);
    }
  };
  return { engine, streamer, session, people, host, one, two, told };
}

test('the host has it first; others ask, are granted, give it back; the host takes it back', async t => {
  const { engine, people, host, one, two, told } = await company(t);
  await engine.controlledBy('host');

  assert.deepEqual(await one.ask('REQUEST_CONTROL'), { id: 2, msg: 'CONTROL', controller: 'host' });
  await one.ask('REQUEST_CONTROL'); /* once is enough */
  await two.ask('REQUEST_CONTROL');
  assert.deepEqual((await people[2].connect()).answer.requests, ['one', 'two']);
  assert.deepEqual(await two.end(), { code: 4001 });
  const again = await people[2].socket(t);
  assert.equal((await host.ask('GRANT_CONTROL', { user: 'one' })).controller, 'one');
  await engine.controlledBy('one');
  assert.equal((await host.ask('DECLINE_CONTROL', { user: 'two' })).controller, 'one');
  assert.equal((await again.ask('REQUEST_CONTROL')).controller, 'one');
  assert.equal((await again.ask('RELEASE_CONTROL')).controller, 'one');
  assert.equal((await one.ask('RELEASE_CONTROL')).controller, 'host');
  assert.equal((await host.ask('GRANT_CONTROL', { user: 'two' })).controller, 'two');
  assert.equal((await again.ask('GRANT_CONTROL', { user: 'one' })).controller, 'one');
  assert.equal((await host.ask('REQUEST_CONTROL')).controller, 'host');
  const turnsTaken = ['asked one', 'asked two', 'granted one', 'declined two', 'asked two', 'withdrawn two'];
  turnsTaken.push('released host', 'granted two', 'granted one', 'taken host');
  await told(turnsTaken, [host, one]);
  const expected = ['host', 'one', 'host', 'two', 'one', 'host'];
  const holders = () => engine.controllers().slice(engine.controllers().indexOf('one') - 1);
  await until(() => holders().length >= expected.length, { what: 'all of it told to the engine' });
  assert.deepEqual(holders(), expected);
});

test('who may not decide is refused, and so are decisions about nobody', async t => {
  const { host, one, told } = await company(t);
  for (const verb of ['GRANT_CONTROL', 'DECLINE_CONTROL']) {
    const forbidden = await one.ask(verb, { user: 'two' });
    assert.deepEqual([forbidden.msg, forbidden.field], ['FORBIDDEN', undefined]);
    const nobody = await host.ask(verb, { user: 'nobody' });
    assert.deepEqual([nobody.msg, nobody.field], ['FORBIDDEN', 'user']);
    assert.deepEqual([(await host.ask(verb)).msg, (await host.ask(verb, { user: '' })).field], ['BAD_REQUEST', 'user']);
  }
  assert.equal((await one.ask('RELEASE_CONTROL')).controller, 'host');
  await told([]);
});

test('a poll tells of control as a WebSocket does', async t => {
  const { host, people } = await company(t);
  const [, one, two] = people;
  const { cursor } = (await two.connect()).answer;
  assert.equal((await one.ask('REQUEST_CONTROL')).answer.controller, 'host');
  await host.ask('GRANT_CONTROL', { user: 'one' });
  const { answer } = await two.ask('POLL_EVENTS', { cursor, wait_seconds: 10 });
  await host.event('CONTROL_CHANGED');
  await until(() => turns(host.messages).length === 2);
  assert.deepEqual(answer.events, host.messages.filter(({ msg }) => /^CONTROL_/.test(msg)));
  assert.deepEqual(turns(answer.events), ['asked one', 'granted one']);
});

test('who leaves, or is lost, gives it back', async t => {
  const { engine, host, one, two, told } = await company(t, { reconnect_grace_seconds: 1 });
  await host.ask('GRANT_CONTROL', { user: 'one' });
  await one.ask('DISCONNECT');
  await told(['granted one', 'left host']);
  host.stream.destroy();
  const lost = await two.event('USER_LEFT');
  assert.equal(lost.user, 'one');
  const gone = await until(() => two.messages.find(({ msg, user }) => msg === 'USER_LEFT' && user === 'host'));
  assert.equal(gone.reason, 'lost');
  await engine.controlledBy('');
  assert.equal((await two.ask('REQUEST_CONTROL')).controller, 'two'); /* nobody is there to grant it */
  await engine.controlledBy('two');
});

test('who does nothing for control_idle_seconds gives it back; input, talk and KEEP_ALIVE are something', async t => {
  const { engine, host, one, told } = await company(t, { control_idle_seconds: 2 });
  await host.ask('GRANT_CONTROL', { user: 'one' });
  const signs = [() => engine.say({ msg: 'input', user: 'one' }), () => one.ask('KEEP_ALIVE'), () => one.ask('SEND_DATA', { data: 1 })];
  const begun = Date.now();
  for (const sign of signs) {
    await sign();
    const next = Date.now() + 1200;
    await until(() => Date.now() > next);
  }
  assert.ok(Date.now() - begun > 3500);
  assert.deepEqual(turns(host.messages), ['granted one']);
  await told(['granted one', 'idle host']);
  await engine.controlledBy('host');
});

test('a silent host keeps it until somebody asks', async t => {
  const { one, two, told } = await company(t, { control_idle_seconds: 1 });
  await one.ask('REQUEST_CONTROL'); /* before the second is over, or after: either way it is theirs then */
  await told([...(turns(two.messages).includes('asked one') ? ['asked one'] : []), 'idle one']);
});

test('with control "free" a touch takes it when the hands of the other are off', async t => {
  const { engine, people, host, told } = await company(t, { control: 'free' });
  const { answer } = await people[2].connect();
  assert.deepEqual([answer.control, answer.controller], ['free', '']);
  assert.deepEqual(engine.controllers().filter(user => user), []);
  engine.say({ msg: 'touch', user: 'one' });
  await engine.controlledBy('one');
  engine.say({ msg: 'touch', user: 'host' }); /* too early */
  engine.say({ msg: 'input', user: 'one' });
  engine.say({ msg: 'touch', user: 'stranger' });
  const begun = Date.now();
  await until(() => (engine.say({ msg: 'touch', user: 'host' }), engine.controllers().at(-1) === 'host'));
  assert.ok(Date.now() - begun > 1500, `after ${Date.now() - begun} ms`);
  await told(['touched one', 'touched host'], [host]);
});

test('with control "host" a touch takes nothing, but shows that somebody is there', async t => {
  const { engine, host, told } = await company(t, { inactivity_seconds: 4, inactivity_warning_seconds: 2 });
  await host.event('INACTIVITY_WARNING');
  engine.say({ msg: 'touch', user: 'one' });
  await host.event('INACTIVITY_ENDED');
  await told([]);
});

test('a person without a place in the session gets nothing by the verbs of control and talk', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const stranger = streamer.person(session, 'stranger');
  const forged = streamer.person(session, 'forged');
  forged.ticket = forged.ticket.slice(0, -4) + 'AAAA';
  /** @type {[string, Record<string, unknown>][]} */
  const verbs = [
    ['REQUEST_CONTROL', {}],
    ['RELEASE_CONTROL', {}],
    ['GRANT_CONTROL', { user: 'stranger' }],
    ['DECLINE_CONTROL', { user: 'stranger' }],
    ['REMOVE_USER', { user: 'stranger' }],
    ['SET_NAME', { name: 'S' }],
    ['SEND_DATA', { data: {} }],
    ['KEEP_ALIVE', {}],
  ];
  for (const [verb, fields] of verbs) {
    assert.equal((await stranger.ask(verb, fields)).answer.msg, 'FORBIDDEN', verb);
    assert.equal((await forged.ask(verb, fields)).answer.msg, 'NOT_AUTHORIZED', verb);
    assert.equal((await stranger.client.ask(verb, fields)).answer.msg, 'NOT_AUTHORIZED', verb);
    assert.equal((await stranger.ask(verb, { ...fields, ticket: 7 })).answer.msg, 'BAD_REQUEST', verb);
  }
  assert.equal((await streamer.status()).sessions[0].users, 0);
});
