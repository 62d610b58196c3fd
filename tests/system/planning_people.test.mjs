// @ts-check
// Staying longer, and codes that are guessed: what the people of a session and strangers are told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeFrom, proxied, wrongCodes } from './lib/knocking.mjs';
import { HOUR, instant, MINUTE, planned, roundTime, startRiver } from './lib/planning.mjs';
import { until } from './lib/programs.mjs';

/** @typedef {import('./lib/client.mjs').Client} Client */

/* A session of five minutes is told of its end at once. */
const short = { session_minutes: 60, extension_minutes: 30, extension_notice_minutes: 5 };

/**
 * What POLL_EVENTS tells the ticket's holder of one kind.
 * @param {Client} client @param {string} ticket @param {string} msg @param {string} cursor of before it could be told
 * @returns {Promise<any>}
 */
function nextEvent(client, ticket, msg, cursor) {
  return until(async () => {
    const { answer } = await client.ask('POLL_EVENTS', { ticket, cursor, wait_seconds: 5 });
    cursor = answer.cursor;
    return answer.events.find((/** @type {any} */ event) => event.msg === msg);
  }, { what: `the event ${msg}` });
}

test('before the end more time is offered to the people of the session alone, and EXTEND_SESSION gives it', async t => {
  const { walkIn, come, client, streamers, files } = await startRiver(t, { limits: [2], settings: short });
  const { cursor } = (await client.ask('POLL_EVENTS')).answer;
  const { answer: other } = await walkIn({ duration_minutes: 60 });
  const { answer: host } = await walkIn({ duration_minutes: 5 });
  const guest = (await come(host.code)).answer;
  for (const { ticket } of [host, guest]) {
    const event = await nextEvent(client, ticket, 'EXTENSION_OFFERED', cursor);
    assert.deepEqual(event, { msg: 'EXTENSION_OFFERED', ends_at: host.ends_at, available_minutes: 30 });
  }
  const late = (await client.ask('POLL_EVENTS', { ticket: guest.ticket })).answer;
  assert.deepEqual(late.events, [{ msg: 'EXTENSION_OFFERED', ends_at: host.ends_at, available_minutes: 30 }],
    'who asks for the first time is told what stands');
  const stranger = (await client.ask('POLL_EVENTS', { ticket: guest.ticket, cursor: 'of-another-start-1' })).answer;
  assert.deepEqual(stranger.events.map((/** @type {any} */ { msg }) => msg), ['SERVERS_CHANGED', 'EXTENSION_OFFERED'],
    'who comes with a cursor from before a restart is told it, too');
  for (const ticket of [undefined, other.ticket]) {
    const { events } = (await client.ask('POLL_EVENTS', { ticket, cursor })).answer;
    assert.ok(events.every((/** @type {any} */ event) => event.msg !== 'EXTENSION_OFFERED'), 'nobody else is told');
  }

  const ends_at = instant(Date.parse(host.ends_at) + 30 * MINUTE);
  assert.equal((await client.ask('EXTEND_SESSION', { ticket: guest.ticket })).answer.msg, 'FORBIDDEN', 'a guest does not decide that');
  const { status, answer } = await client.ask('EXTEND_SESSION', { ticket: host.ticket });
  assert.deepEqual([status, answer], [200, { msg: 'SESSION_EXTENDED', ends_at }]);
  const [told] = streamers[0].requests.filter(({ verb }) => verb === 'EXTEND_SESSION');
  assert.deepEqual([told.session, told.ends_at], [host.session, ends_at]);
  assert.equal(files.find(host.code)?.ends_at, ends_at);
  assert.equal((await come(host.code)).answer.ends_at, ends_at, 'guests who come now are told the new end');
  const ten = await client.ask('EXTEND_SESSION', { ticket: host.ticket, minutes: 10 });
  assert.equal(ten.answer.ends_at, instant(Date.parse(ends_at) + 10 * MINUTE));
});

test('there is no more time than the next booking leaves; what there is, is said and can be had', async t => {
  const { walkIn, book, client, streamers } = await startRiver(t, { settings: short });
  const { ticket, ends_at } = (await walkIn({ duration_minutes: 5 })).answer;
  /* The minute in which the session ends is its own, but for one at whose very beginning it ends. */
  const next = Math.ceil(Date.parse(ends_at) / MINUTE) * MINUTE + 10 * MINUTE;
  const booking = (await book(next)).answer;
  const { events: [event] } = (await client.ask('POLL_EVENTS', { ticket })).answer; /* what stands now: it was told before, perhaps */
  assert.deepEqual([event.msg, event.available_minutes], ['EXTENSION_OFFERED', 10]);
  const refused = await client.ask('EXTEND_SESSION', { ticket });
  assert.deepEqual([refused.status, refused.answer.msg, refused.answer.available_minutes], [409, 'EXTENSION_NOT_AVAILABLE', 10]);
  assert.equal(streamers[0].count('EXTEND_SESSION'), 0);
  assert.equal((await client.ask('EXTEND_SESSION', { ticket, minutes: 10 })).status, 200);
  const full = await client.ask('EXTEND_SESSION', { ticket, minutes: 1 });
  assert.deepEqual([full.status, full.answer.available_minutes], [409, 0]);
  await client.ask('CANCEL_SESSION', booking);
  assert.equal((await client.ask('EXTEND_SESSION', { ticket, minutes: 1 })).status, 200, 'a cancelled booking needs no place');
});

test('EXTEND_SESSION refuses bad tickets, minutes out of range, and sessions that are over', async t => {
  const { walkIn, client, streamers } = await startRiver(t, { settings: short });
  const { ticket, session } = (await walkIn()).answer;
  for (const bad of ['', 'x', `${ticket.slice(0, -4)}AAAA`, ticket.split('.').slice(0, 2).join('.')]) {
    const { status, answer } = await client.ask('EXTEND_SESSION', { ticket: bad });
    assert.deepEqual([status, answer.msg], [401, 'NOT_AUTHORIZED'], bad);
    assert.equal((await client.ask('POLL_EVENTS', { ticket: bad })).status, 401);
  }
  assert.equal((await client.ask('EXTEND_SESSION')).answer.field, 'ticket');
  for (const minutes of [0, -1, 1441, 1.5, '10'])
    assert.equal((await client.ask('EXTEND_SESSION', { ticket, minutes })).answer.field, 'minutes', String(minutes));
  streamers[0].end(session);
  await until(async () => (await client.ask('EXTEND_SESSION', { ticket, minutes: 1 })).answer.msg === 'SESSION_NOT_EXIST');
});

test('a streamer whose answer is lost is told of the longer time again', async t => {
  const { walkIn, client, streamers } = await startRiver(t, { settings: short });
  const { ticket, ends_at } = (await walkIn({ duration_minutes: 10 })).answer;
  streamers[0].extending = 'loses_reply';
  const { status, answer } = await client.ask('EXTEND_SESSION', { ticket, minutes: 10 });
  assert.deepEqual([status, answer.ends_at], [200, instant(Date.parse(ends_at) + 10 * MINUTE)]);
  const told = streamers[0].requests.filter(({ verb }) => verb === 'EXTEND_SESSION');
  assert.deepEqual(told.map(asked => asked.ends_at), [answer.ends_at, answer.ends_at], 'the same end, not one still later');
});

/** Who says to come from this address, by a proxy. @param {string} address */
const from = address => ({ headers: { 'X-Forwarded-For': address } });

/** Time is up for who knocks, and for who types a wrong code when too many were wrong. */
const knocking = { knock_seconds: 5 };
/**
 * What somebody is told who types a code, and whether it took as long as a knock.
 * @param {Promise<import('./lib/client.mjs').Reply>} reply
 */
async function timed(reply) {
  const began = performance.now();
  const { status, answer } = await reply;
  return { status, answer, held: performance.now() - began > 4900 };
}

test('who mistypes twice is let in with the right code; who guesses has to knock, with the right code too', async t => {
  const plan = [planned(-1000, HOUR)];
  const [{ code }] = plan;
  const { client } = await startRiver(t, { plan, settings: { ...proxied, ...knocking } });
  const wrong = wrongCodes([code], 100);
  for (const mistyped of wrong.slice(0, 2)) {
    const { status, answer } = await comeFrom(client, '192.0.2.7', mistyped);
    assert.deepEqual([status, answer.msg], [404, 'SESSION_NOT_EXIST']);
  }
  assert.equal((await comeFrom(client, '192.0.2.7', code)).status, 200);

  const answers = await Promise.all(wrong.slice(2, 22).map(guess => timed(comeFrom(client, '198.51.100.9', guess))));
  const held = answers.filter(answer => answer.held);
  assert.ok(held.length >= 10, `of 20 wrong codes ${held.length} were not answered at once`);
  for (const { status, answer } of answers) assert.deepEqual([status, answer], [404, answers[0].answer]);
  const right = timed(comeFrom(client, '198.51.100.9', code));
  assert.equal((await comeFrom(client, '203.0.113.1', code)).status, 200, 'others are not held up');
  assert.equal((await comeFrom(client, '192.0.2.7', code)).status, 200, 'nor is who knows the code');
  assert.deepEqual(await right, { ...answers[0], held: true }, 'no answer about the right one either');
});

test("a booking's key is no guess: it opens and cancels when guessing has used all attempts up", async t => {
  const { client, book } = await startRiver(t, { limits: [2], settings: { ...proxied, ...knocking } });
  const at = roundTime(HOUR);
  const [one, two] = [(await book(at)).answer, (await book(at)).answer];
  await Promise.all(wrongCodes([one.code, two.code], 12).map(guess => comeFrom(client, '192.0.2.7', guess)));
  const strange = timed(comeFrom(client, '192.0.2.7', one.code, { key: two.key }));
  assert.equal((await comeFrom(client, '192.0.2.7', one.code, { key: one.key })).answer.msg, 'SESSION_NOT_STARTED');
  const cancel = (/** @type {string} */ key) =>
    client.send(JSON.stringify({ verb: 'CANCEL_SESSION', code: two.code, key }), from('192.0.2.7'));
  assert.equal((await cancel('wrong')).status, 429, 'a wrong key is a guess');
  assert.equal((await cancel(two.key)).status, 200);
  const { status, held } = await strange;
  assert.deepEqual([status, held], [404, true], "another booking's key is none");
});

test('X-Forwarded-For counts from trusted proxies alone, and what a client wrote into it does not', async t => {
  const { client, coordinator, files, restart } = await startRiver(t);
  const guess = async (/** @type {(i: number) => string} */ address) => {
    const cancel = (/** @type {number} */ i) =>
      client.send(JSON.stringify({ verb: 'CANCEL_SESSION', code: String(1000 + i), key: 'guessed' }), from(address(i)));
    for (let i = 0; i < 12; i++) await cancel(i);
    return (await cancel(12)).status;
  };
  assert.equal(await guess(i => `192.0.2.${i}`), 429, 'nobody is trusted: all of these are one client');
  assert.doesNotMatch(coordinator.log, /client=192\.0\.2/);

  const trusting = await restart(() => files.writeConfiguration({ trusted_proxies: ['127.0.0.0/8', '203.0.113.5'] }));
  assert.equal(await guess(i => `10.${i}.0.1`), 404, 'each is a client of its own');
  assert.equal(await guess(i => `10.${i}.0.1, 198.51.100.20`), 429, 'the nearest address that is not trusted is the client');
  assert.equal(await guess(i => `10.${i}.0.1, 198.51.100.21, 203.0.113.5`), 429, 'behind two proxies, too');
  await trusting.waitFor(/client=198\.51\.100\.21 /);
  assert.equal(await guess(i => `2001:db8:0:7::${i + 1}`), 429, 'a /64 is one client');
  assert.equal(await guess(() => 'unknown, <script>'), 429, 'what is no address is the proxy itself');
  assert.doesNotMatch(trusting.log, /script/);
});
