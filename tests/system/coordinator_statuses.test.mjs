// @ts-check
// Streamers whose statuses break the rules: nobody is hurt by it but they, and the operator is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { HOUR, instant, roundTime, startRiver } from './lib/planning.mjs';
import { until } from './lib/programs.mjs';

/** A session as a status tells of it. @param {string} session @param {object} [more] */
const told = (session, more = {}) => ({
  session,
  code: '4321',
  state: 'running',
  users: 0,
  starts_at: instant(Date.now() - HOUR),
  ends_at: instant(Date.now() + HOUR),
  ...more,
});

/** @typedef {Awaited<ReturnType<typeof startRiver>>} River */

/** What GET_SERVERS has of each server. @param {River} site @returns {Promise<any[]>} */
const servers = async ({ client }) => (await client.ask('GET_SERVERS', { range: '0-9' })).answer.servers;

/**
 * Has a server's status tell of these sessions beside its own, and waits until the coordinator has said what is wrong with them.
 * @param {River} site @param {number} index of the server @param {unknown[]} sessions @param {RegExp} complaint
 */
async function tellOdd(site, index, sessions, complaint) {
  site.streamers[index].odd = sessions;
  site.streamers[index].change();
  await until(async () => complaint.test((await servers(site))[index].complaint ?? ''), { what: `a complaint like ${complaint}` });
}

/** @type {[string, object, RegExp][]} */
const broken = [
  ['without a code', { code: undefined }, /^sessions\[1\]\.code: is missing$/],
  ['with a code of three digits', { code: '777' }, /^sessions\[1\]\.code: must have at least 4 bytes$/],
  ['with a code of ten digits', { code: '1234567890' }, /^sessions\[1\]\.code: must have at most 9 bytes$/],
  ['with a code of letters', { code: 'code' }, /^sessions\[1\]\.code: must be of digits$/],
  ['with an id of 65 bytes', { session: 'x'.repeat(65) }, /^sessions\[1\]\.session: must have at most 64 bytes$/],
  ['with a line break in its id', { session: 'a\nb' }, /^sessions\[1\]\.session: must be of letters/],
  ['without an id', { session: undefined }, /^sessions\[1\]\.session: is missing$/],
  ['that ends before it starts', { ends_at: instant(Date.now() - 2 * HOUR) }, /^sessions\[1\]\.ends_at: is before starts_at$/],
  ['that ends in the year 9999', { ends_at: '9999-12-31T23:59:59Z' }, /^sessions\[1\]\.ends_at: must be from /],
  ['that starts when there is no end yet', { starts_at: '1970-01-01T00:00:00.5Z' }, /^sessions\[1\]\.starts_at: must be from /],
];
for (const [what, fields, complaint] of broken)
  test(`a session ${what} is told of, takes its place, and stands in no plan; a restart goes well`, async t => {
    const site = await startRiver(t, { limits: [2] });
    const { answer: ours } = await site.walkIn();
    await tellOdd(site, 0, [told('by-hand', fields)], complaint);
    const [server] = await servers(site);
    assert.deepEqual([server.state, server.sessions], ['busy', 2]);
    await site.coordinator.waitFor(/ status_breaks_rules server=river-1 why="?sessions\[1\]/);
    assert.equal((await site.walkIn()).status, 503, 'its place is taken');
    await site.restart();
    await until(async () => complaint.test((await servers(site))[0].complaint), { what: 'it is told of again' });
    assert.equal((await site.come(ours.code)).answer.session, ours.session, 'others are joined as ever');
    assert.deepEqual(site.files.readPlan().map(({ id }) => id), [ours.session]);
    site.streamers[0].odd = [];
    site.streamers[0].change();
    await until(async () => (await servers(site))[0].state === 'free', { what: 'its place is free when it is gone' });
    assert.equal((await servers(site))[0].complaint, undefined);
  });

test('a session of ours that a status tells of against the rules goes on', async t => {
  const site = await startRiver(t);
  const { answer: ours } = await site.walkIn();
  const [streamer] = site.streamers;
  const own = /** @type {any} */ (streamer.sessions.get(ours.session));
  streamer.sessions = new Map();
  await tellOdd(site, 0, [{ ...own, ends_at: 'soon' }], /^sessions\[0\]\.ends_at: must be an instant/);
  await tellOdd(site, 0, [{ ...own, code: '9999' === own.code ? '9998' : '9999' }], /^sessions\[0\]\.code: is not the one/);
  const [{ state, sessions }] = await servers(site);
  assert.deepEqual([state, sessions], ['busy', 1]);
  assert.equal((await site.come(ours.code)).answer.session, ours.session);
  assert.equal((await site.come(ours.code)).answer.code, ours.code);
});

test('a session by hand that keeps to the rules is joined by its code, also after a restart', async t => {
  const site = await startRiver(t);
  site.streamers[0].odd = [told('by-hand')];
  site.streamers[0].change();
  await until(() => site.files.find('4321'), { what: 'it stands in the plan' });
  assert.equal((await site.come('4321')).answer.session, 'by-hand');
  await site.restart();
  assert.equal((await site.come('4321')).answer.session, 'by-hand');
  assert.equal((await servers(site))[0].complaint, undefined);
});

test('a session that stands twice in a status is one', async t => {
  const site = await startRiver(t, { limits: [2] });
  await tellOdd(site, 0, [told('by-hand'), told('by-hand', { code: '5678' })], /^sessions\[1\]\.session: stands there twice$/);
  assert.equal((await servers(site))[0].sessions, 1);
  assert.equal((await site.come('4321')).answer.session, 'by-hand');
  assert.equal((await site.come('5678')).answer.msg, 'SESSION_NOT_EXIST');
});

test("another server's session, by id or by code, stays with the other", async t => {
  const site = await startRiver(t, { limits: [2, 2] });
  const { answer: ours } = await site.walkIn();
  const here = site.streamers.findIndex(streamer => streamer.sessions.has(ours.session));
  const there = 1 - here;
  const { port } = site.streamers[here];
  await tellOdd(site, there, [told(ours.session, { code: ours.code })], /^sessions\[0\]\.session: is that of a session on another server$/);
  await tellOdd(site, there, [told('by-hand', { code: ours.code })], /^sessions\[0\]\.code: is that of another session or booking$/);
  await site.coordinator.waitFor(new RegExp(` status_breaks_rules server=river-${there + 1} `));
  const { answer: guest } = await site.come(ours.code);
  assert.deepEqual([guest.session, guest.port], [ours.session, String(port)]);
  await site.restart();
  assert.equal((await site.come(ours.code)).answer.session, ours.session);
  site.streamers[there].end('by-hand');
  site.streamers[there].odd = [];
  site.streamers[there].change();
  await until(async () => !(await servers(site))[there].complaint);
  assert.equal((await site.come(ours.code)).answer.session, ours.session, 'the end of the other is not its end');
});

test("a booking's code is not taken from it by a session by hand", async t => {
  const site = await startRiver(t, { limits: [2] });
  const { answer: booking } = await site.book(roundTime(HOUR));
  await tellOdd(site, 0, [told('by-hand', { code: booking.code })], /^sessions\[0\]\.code: is that of another/);
  assert.equal((await site.come(booking.code)).answer.msg, 'SESSION_NOT_STARTED');
  assert.equal((await site.client.ask('CANCEL_SESSION', booking)).status, 200);
});

test('a complaint is in the log once, however often it is told, and in the metrics', async t => {
  const site = await startRiver(t, { limits: [5], settings: { status_wait_seconds: 1 } });
  await tellOdd(site, 0, [told('a', { code: '1' }), told('b', { code: '2' })], /^sessions\[0\]/);
  const asked = site.streamers[0].count('GET_STATUS');
  for (let i = 0; i < 5; i++) {
    site.streamers[0].change();
    const before = site.streamers[0].count('GET_STATUS');
    await until(() => site.streamers[0].count('GET_STATUS') > before);
  }
  await until(() => site.streamers[0].count('GET_STATUS') > asked + 5, { what: 'it is asked again' });
  await site.coordinator.waitFor(/ status_breaks_rules /);
  assert.equal(site.coordinator.log.match(/status_breaks_rules/g)?.length, 1);
  const { text } = await request(`${site.nginx.url}metrics`, { ca: site.nginx.ca });
  assert.equal(readMetrics(text).get('vitrina_coordinator_strange_sessions'), 2);
});

test('a status of more sessions than a streamer can have is not understood; the server is asked again', async t => {
  const site = await startRiver(t, { limits: [2] });
  const { answer: ours } = await site.walkIn();
  const [streamer] = site.streamers;
  streamer.odd = Array.from({ length: 1001 }, (_, i) => ({ session: `s${i}`, code: String(10_000 + i) }));
  streamer.change();
  await until(async () => (await servers(site))[0].state === 'offline', { what: 'it is offline' });
  assert.match((await servers(site))[0].complaint, /^sessions: must have at most 1000 elements$/);
  await site.coordinator.waitFor(/ server_offline server=river-1 .*why=not_understood .*sessions: must have at most/);
  streamer.odd = [];
  await until(async () => (await servers(site))[0].state === 'free', { what: 'it comes back' });
  assert.equal((await site.come(ours.code)).answer.session, ours.session, 'its session goes on');
});
