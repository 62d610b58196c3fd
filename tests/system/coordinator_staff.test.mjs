// @ts-check
// Operators' tickets: who has one takes servers out, ends sessions, cancels bookings and sees what there is; nobody else
// does, and a ticket that is revoked is dead at once.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Database, hasDatabase, startShared } from './lib/database.mjs';
import { command, operatorTicket } from './lib/staff.mjs';
import { DAY, HOUR, instant, MINUTE, planned, roundTime, startRiver, usual } from './lib/planning.mjs';
import { serverKey, staffKey } from './lib/keys.mjs';
import { until } from './lib/programs.mjs';

/** A token with these claims. @param {string} key @param {object} claims */
function signed(key, claims) {
  const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/** Every verb of operators, with arguments that are in form. */
const verbs = {
  DRAIN_SERVER: { server_name: 'river-1', on: true },
  END_SESSION: { code: '1234' },
  CANCEL_SESSION: { code: '1234' },
  CANCEL_HELD: { code: '1234' },
  LIST_SESSIONS: {},
  LIST_BOOKINGS: { from: instant(0), to: instant(1000) },
};

/** @param {import('./lib/client.mjs').Reply} reply */
const told = ({ status, answer }) => [status, answer.msg];

test('the verbs of operators want their ticket, and no other serves', async t => {
  const { client, files, walkIn } = await startRiver(t);
  const { ticket: person } = (await walkIn()).answer;
  const { ticket, id } = operatorTicket(files);
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const bad = [
    person,
    signed(serverKey(files.key, 'river-1'), { aud: 'river-1', role: 'coordinator', iat: exp - 3600, exp }),
    signed(staffKey(files.key), { aud: 'vitrina-staff', role: 'operator', jti: 'never-listed', exp }),
    ...[files.key, serverKey(files.key, 'river-1')].map(key => signed(key, { aud: 'vitrina-staff', role: 'operator', jti: id, exp })),
    signed('another key that is long enough for it', { aud: 'vitrina-staff', role: 'operator', jti: '1', exp }),
    `${ticket}x`,
    '',
  ];
  for (const [verb, fields] of Object.entries(verbs)) {
    for (const staff of bad) assert.deepEqual(told(await client.ask(verb, { ...fields, staff })), [401, 'NOT_AUTHORIZED'], `${verb} ${staff}`);
    const without = await client.ask(verb, fields);
    assert.deepEqual(told(without), verb === 'CANCEL_SESSION' ? [400, 'BAD_REQUEST'] : [401, 'NOT_AUTHORIZED'], verb);
    assert.notEqual((await client.ask(verb, { ...fields, staff: ticket })).answer.msg, 'NOT_AUTHORIZED', verb);
  }
  const extended = await client.ask('EXTEND_SESSION', { ticket });
  assert.deepEqual(told(extended), [401, 'NOT_AUTHORIZED'], 'it is no ticket of a person');
});

test('a ticket is made, listed and revoked on the command line, and is dead at once', async t => {
  const { client, files } = await startRiver(t);
  const { ticket, id } = operatorTicket(files, '--name', 'Night shift', '--days', '7');
  const other = operatorTicket(files);
  assert.deepEqual(told(await client.ask('LIST_SESSIONS', { staff: ticket })), [200, 'SESSIONS_FOUND']);
  assert.match(command(files, '--tickets').stdout, new RegExp(`^${id} operator \\S+Z good "Night shift"$`, 'm'));
  assert.equal(command(files, '--revoke', id).status, 0);
  assert.deepEqual(told(await client.ask('LIST_SESSIONS', { staff: ticket })), [401, 'NOT_AUTHORIZED']);
  assert.deepEqual(told(await client.ask('LIST_SESSIONS', { staff: other.ticket })), [200, 'SESSIONS_FOUND']);
  assert.match(command(files, '--tickets').stdout, new RegExp(`^${id} operator \\S+Z revoked `, 'm'));
});

test('the command line says what is wrong with what it was asked', async t => {
  const { files } = await startRiver(t);
  for (const args of [['--ticket', 'host'], ['--ticket', 'operator', '--days', '100000'], ['--ticket', 'operator', '--name', 'x'.repeat(101)], ['--revoke', 'nobody']]) {
    const { status, stdout, stderr } = command(files, ...args);
    assert.deepEqual([status, stdout], [1, ''], args.join(' '));
    assert.match(stderr, /^vitrina-coordinator: .+\n$/);
  }
});

test('a broken list of tickets changes nothing, and is told', async t => {
  const { client, files, coordinator } = await startRiver(t);
  const { ticket } = operatorTicket(files);
  const path = join(files.directory, 'staff_tickets.json');
  assert.equal((await client.ask('LIST_SESSIONS', { staff: ticket })).status, 200);
  writeFileSync(`${path}.new`, '[{]');
  renameSync(`${path}.new`, path);
  assert.equal((await client.ask('LIST_SESSIONS', { staff: ticket })).status, 200);
  await coordinator.waitFor(/ staff_tickets_kept tickets=1 /);
  assert.equal(command(files, '--check').status, 78);
});

test('DRAIN_SERVER takes a server out and in again, and leaves a line in the log', async t => {
  const { client, files, streamers, coordinator, walkIn } = await startRiver(t, { limits: [1] });
  const { ticket: staff, id } = operatorTicket(files, '--name', 'Anna');
  const session = (await walkIn()).answer;
  const drain = (/** @type {boolean} */ on) => client.ask('DRAIN_SERVER', { staff, server_name: 'river-1', on });
  const out = await drain(true);
  assert.deepEqual([out.status, out.answer], [200, { msg: 'SERVER_STATE', server_name: 'river-1', state: 'draining', sessions: 1 }]);
  assert.equal(streamers[0].draining, true);
  assert.equal((await client.ask('CONNECT_SESSION_WITH_CODE', { code: session.code })).status, 200);
  await coordinator.waitFor(new RegExp(` staff_did request=\\w+ ticket=${id} name=Anna verb=DRAIN_SERVER server=river-1 state=draining`));
  assert.equal((await drain(false)).answer.state, 'busy');
  const unknown = await client.ask('DRAIN_SERVER', { staff, server_name: 'nobody', on: true });
  assert.deepEqual([...told(unknown), unknown.answer.field], [404, 'SERVERS_NOT_FOUND', 'server_name']);
  await streamers[0].close();
  assert.deepEqual(told(await drain(true)), [503, 'SERVERS_UNREACHABLE']);
  assert.ok(!coordinator.log.includes(staff), 'the ticket is not in the log');
});

test('END_SESSION ends a session by its id or its code, and its place is free', async t => {
  const { client, files, streamers, coordinator, walkIn, book } = await startRiver(t);
  const { ticket: staff, id } = operatorTicket(files);
  for (const by of ['session', 'code']) {
    const session = (await walkIn()).answer;
    assert.deepEqual(told(await client.ask('END_SESSION', { staff, [by]: session[by] })), [200, 'SESSION_ENDED']);
    assert.equal(streamers[0].sessions.size, 0);
    assert.deepEqual(told(await client.ask('CONNECT_SESSION_WITH_CODE', { code: session.code })), [404, 'SESSION_NOT_EXIST']);
    await coordinator.waitFor(new RegExp(` staff_did .*ticket=${id} name=- verb=END_SESSION server=river-1 session=${session.session}`));
    await until(() => files.readPlan().find(record => record.id === session.session)?.reason === 'ended_by_operator');
    await until(async () => (await client.ask('GET_RCS')).answer.rcs[0].free === 1);
    assert.deepEqual(told(await client.ask('END_SESSION', { staff, session: session.session })), [404, 'SESSION_NOT_EXIST']);
  }
  const booking = (await book(roundTime(HOUR))).answer;
  assert.deepEqual(told(await client.ask('END_SESSION', { staff, code: booking.code })), [409, 'SESSION_NOT_STARTED']);
  for (const fields of [{}, { session: 'a', code: '1234' }])
    assert.deepEqual(told(await client.ask('END_SESSION', { staff, ...fields })), [400, 'BAD_REQUEST']);
});

test('END_SESSION says so when the server cannot be told, and the session stays', async t => {
  const { client, files, streamers, walkIn } = await startRiver(t);
  const { ticket: staff } = operatorTicket(files);
  const session = (await walkIn()).answer;
  await streamers[0].close();
  assert.deepEqual(told(await client.ask('END_SESSION', { staff, session: session.session })), [503, 'SERVERS_UNREACHABLE']);
  assert.equal(files.find(session.code)?.state, 'running');
});

test('CANCEL_SESSION needs no key from an operator', async t => {
  const { client, files, coordinator, book } = await startRiver(t);
  const { ticket: staff, id } = operatorTicket(files);
  const { code } = (await book(roundTime(HOUR))).answer;
  assert.deepEqual(told(await client.ask('CANCEL_SESSION', { code, staff })), [200, 'SESSION_CANCELLED']);
  assert.deepEqual(told(await client.ask('CANCEL_SESSION', { code, staff })), [404, 'SESSION_NOT_EXIST']);
  await coordinator.waitFor(new RegExp(` staff_did .*ticket=${id} name=- verb=CANCEL_SESSION session=`));
});

test('LIST_SESSIONS and LIST_BOOKINGS tell what there is, in order and a page at a time', async t => {
  const at = roundTime(DAY);
  const bookings = Array.from({ length: 7 }, (_, i) =>
    planned(0, 0, { code: `100${i}`, starts_at: instant(at + (6 - i) * 30 * MINUTE), ends_at: instant(at + (7 - i) * 30 * MINUTE) }));
  const { client, files, walkIn, book } = await startRiver(t, { limits: [2], plan: bookings });
  const { ticket: staff } = operatorTicket(files);
  const session = (await walkIn({ name: 'Анна' })).answer;
  const running = (await client.ask('LIST_SESSIONS', { staff })).answer;
  assert.deepEqual(running, {
    msg: 'SESSIONS_FOUND',
    sessions: [{ session: session.session, code: session.code, rc_name: 'River', name: 'Анна', state: 'running',
      starts_at: running.sessions[0].starts_at, ends_at: session.ends_at, booked: false, server_name: 'river-1' }],
  });
  const late = (await book(at + 10 * HOUR, { duration_minutes: 5 })).answer;
  assert.deepEqual(told(await client.ask('CANCEL_SESSION', { code: late.code, key: late.key })), [200, 'SESSION_CANCELLED']);
  /** @type {string[]} */
  const seen = [];
  let cursor;
  let pages = 0;
  do {
    const page = await client.ask('LIST_BOOKINGS', { staff, from: instant(at), to: instant(at + DAY), limit: 3, cursor });
    assert.equal(page.answer.msg, 'BOOKINGS_FOUND');
    assert.ok(page.answer.bookings.length <= 3);
    seen.push(...page.answer.bookings.map((/** @type {any} */ line) => `${line.code} ${line.state} ${line.reason ?? ''}`));
    cursor = page.answer.next;
    pages += 1;
  } while (cursor);
  assert.deepEqual(seen, [...[6, 5, 4, 3, 2, 1, 0].map(i => `100${i} planned `), `${late.code} ended cancelled`]);
  assert.equal(pages, 3);
  const some = await client.ask('LIST_BOOKINGS', { staff, from: instant(at + 30 * MINUTE), to: instant(at + 90 * MINUTE) });
  assert.deepEqual(some.answer.bookings.map((/** @type {any} */ line) => line.code), ['1005', '1004']);
  assert.ok(!('next' in some.answer));
  for (const fields of [{ to: instant(at) }, { cursor: 'x' }, { limit: 1001 }, { from: 'soon' }])
    assert.deepEqual(told(await client.ask('LIST_BOOKINGS', { staff, from: instant(at), to: instant(at + DAY), ...fields })), [400, 'BAD_REQUEST'], JSON.stringify(fields));
});

test('with a database tickets are good at every coordinator, and revoked at all', { skip: !hasDatabase && 'no MariaDB here' }, async t => {
  const database = await Database.start(t);
  const { sites } = await startShared(t, { database, settings: usual });
  const { ticket: staff, id } = operatorTicket(sites[0].files, '--name', 'Anna');
  const ask = () => Promise.all(sites.map(async ({ client }) => (await client.ask('LIST_SESSIONS', { staff })).status));
  assert.deepEqual(await ask(), [200, 200]);
  assert.match(command(sites[1].files, '--tickets').stdout, new RegExp(`^${id} operator \\S+Z good Anna$`, 'm'));
  assert.equal(command(sites[1].files, '--revoke', id).status, 0);
  await until(async () => (await ask()).every(status => status === 401), { what: 'the ticket to be dead at both' });
  assert.equal(command(sites[0].files, '--revoke', 'nobody').status, 1);
  await database.stop();
  await until(async () => (await ask()).every(status => status === 503), { what: 'nobody to be let through without the table' });
});
