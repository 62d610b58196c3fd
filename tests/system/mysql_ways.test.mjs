// @ts-check
// Other ways to the database: over the network, where nobody but the right server is believed, and as plain CGI.

import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directly } from './lib/cgi.mjs';
import { LISTENING, listed, startCoordinator, startSite } from './lib/coordinator.mjs';
import { administer, Database, hasDatabase } from './lib/database.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { HOUR, PlanningFiles, roundTime, written } from './lib/planning.mjs';
import { freePort } from './lib/ports.mjs';
import { run, temporaryDirectory, until } from './lib/programs.mjs';

const skip = hasDatabase ? false : 'there is no mariadbd on this machine';
const PASSWORD = 'a secret of the database';

/** @param {string[]} args */
function openssl(...args) {
  const { status, stderr } = run('openssl', args);
  assert.equal(status, 0, stderr);
}

/**
 * An authority, and a server's certificate of it for "localhost", which is not for its address.
 * @param {string} directory @param {string} name
 */
function makeAuthority(directory, name) {
  const at = (/** @type {string} */ file) => join(directory, `${name}-${file}`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '30', '-subj', `/CN=${name}`, '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', ...key, '-subj', '/CN=localhost', '-keyout', at('key.pem'), '-out', at('request.pem'));
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost\n');
  openssl('x509', '-req', '-in', at('request.pem'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial',
    '-days', '30', '-extfile', at('names'), '-out', at('certificate.pem'));
  return { ca: at('ca.pem'), certificate: at('certificate.pem'), key: at('key.pem') };
}

/**
 * A database server that is reached by the network, with or without TLS.
 * @param {import('node:test').TestContext} t @param {{ certificate: string, key: string }} [tls]
 */
async function startOnNetwork(t, tls) {
  const port = await freePort();
  const database = new Database(t, ['--skip-networking=0', '--bind-address=127.0.0.1,127.0.0.2', `--port=${port}`]);
  if (tls)
    for (const [option, file] of Object.entries({ cert: tls.certificate, key: tls.key })) {
      const copy = join(database.directory, `${option}.pem`);
      copyFileSync(file, copy);
      database.options.push(`--ssl-${option}=${copy}`);
    }
  await database.start();
  database.query(`CREATE DATABASE vitrina; CREATE USER vitrina IDENTIFIED BY '${PASSWORD}' ${tls ? 'REQUIRE SSL' : ''};
    GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER ON vitrina.* TO vitrina`, '');
  return { database, port };
}

test('over the network nobody but the server of the certificate is believed', { skip }, async t => {
  const authorities = temporaryDirectory(t, 'vitrina-ca');
  const [right, wrong] = [makeAuthority(authorities, 'right'), makeAuthority(authorities, 'wrong')];
  const { port, database } = await startOnNetwork(t, right);
  const files = new PlanningFiles(t);
  writeFileSync(join(files.directory, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
  const store = { type: 'mysql', host: 'localhost', port, password_file: 'password', ca_file: right.ca };
  /** @param {object} other */
  const migrate = other => {
    files.writeConfiguration({ store: { ...store, ...other } });
    return administer(files, '--migrate');
  };
  assert.match(migrate({}), /from version 0/);
  assert.deepEqual(database.query('SELECT COUNT(*) > 0 FROM vitrina_schema'), [['1']]);
  assert.throws(() => migrate({ ca_file: wrong.ca }), /certificate/i, 'an authority that we do not trust');
  assert.throws(() => migrate({ ca_file: undefined }), /certificate/i, 'nor does the system');
  // Not 127.0.0.1: of this machine's own names newer libraries take any for the right one.
  assert.throws(() => migrate({ host: '127.0.0.2' }), /certificate|SSL|TLS|name/i, 'another name than the certificate has');
  assert.throws(() => migrate({ tls: false }), /Access denied/, 'the user must come by TLS');
  writeFileSync(join(files.directory, 'wrong'), 'something else');
  assert.throws(() => migrate({ password_file: 'wrong' }), failure => {
    assert.match(String(failure), /Access denied/);
    assert.doesNotMatch(String(failure), /something else/);
    return true;
  });

  const site = await startSite(t, { files, settings: { store } });
  await until(async () => (await site.health()).status === 'ok', { what: 'it serves' });
  const wrongFiles = new PlanningFiles(t);
  writeFileSync(join(wrongFiles.directory, 'password'), PASSWORD, { mode: 0o600 });
  wrongFiles.writeConfiguration({ store: { ...store, ca_file: wrong.ca } });
  const deceived = await startCoordinator(t, wrongFiles, { ready: LISTENING });
  await deceived.waitFor(/database_unreachable .*certificate/i);
  assert.doesNotMatch(deceived.log, new RegExp(PASSWORD));
});

test('a server without TLS is refused, unless TLS is switched off', { skip }, async t => {
  const { port } = await startOnNetwork(t);
  const files = new PlanningFiles(t);
  writeFileSync(join(files.directory, 'password'), PASSWORD, { mode: 0o600 });
  const store = { type: 'mysql', host: 'localhost', port, password_file: 'password' };
  files.writeConfiguration({ store });
  assert.throws(() => administer(files, '--migrate'), /SSL|TLS/);
  files.writeConfiguration({ store: { ...store, tls: false } });
  assert.match(administer(files, '--migrate'), /from version 0/);
});

test('as plain CGI every verb works on the database, also beside a coordinator; without it nothing is promised', { skip }, async t => {
  const database = await Database.start(t);
  const files = new PlanningFiles(t);
  const streamers = await Promise.all([1, 2].map(n => FakeStreamer.start(t, { name: `river-${n}`, key: files.key })));
  files.writeConfiguration({ store: database.store, access_log: false, call_timeout_seconds: 2, slot_minutes: 1 });
  files.writeServers(streamers.map(streamer => listed(streamer, 'River')));
  administer(files, '--migrate');
  administer(files, '--import', files.servers);
  const ask = directly(files);
  assert.deepEqual((await ask('GET_RCS')).answer.rcs.map((/** @type {any} */ rc) => [rc.rc_name, rc.free]), [['River', 2]]);
  const { answer: session } = await ask('START_SESSION', { rc_name: 'River' });
  assert.equal(session.msg, 'SESSION_CONNECTION_DATA', JSON.stringify(session));
  const at = roundTime(HOUR);
  const wish = { rc_name: 'River', ...written(at), request_id: 'the client\'s own' };
  const { answer: booking } = await ask('PLAN_SESSION', wish);
  assert.equal(booking.msg, 'CONNECTION_CODE', JSON.stringify(booking));
  assert.deepEqual((await ask('PLAN_SESSION', wish)).answer, booking, 'a repeated request is one booking');

  const beside = await startSite(t, { files, settings: { store: database.store, slot_minutes: 1 } });
  await beside.online(2);
  assert.equal((await beside.client.ask('CONNECT_SESSION_WITH_CODE', { code: session.code })).answer.session, session.session);
  const { answer: joined } = await ask('CONNECT_SESSION_WITH_CODE', { code: session.code });
  assert.deepEqual([joined.session, joined.role], [session.session, 'guest']);
  assert.equal((await ask('EXTEND_SESSION', { ticket: session.ticket, minutes: 5 })).answer.msg, 'SESSION_EXTENDED');
  assert.equal((await ask('CANCEL_SESSION', booking)).answer.msg, 'SESSION_CANCELLED');
  const knock = async () => (await beside.client.ask('CONNECT_SESSION_WITH_CODE', { code: booking.code })).answer.msg;
  await until(async () => (await knock()) === 'SESSION_NOT_EXIST', { what: 'the coordinator knows of the cancellation' });
  const refused = (await ask('START_SESSION', { rc_name: 'River' })).answer;
  assert.deepEqual([refused.msg, refused.field], ['LIMIT_REACHED', 'sessions'], 'the last server is for who has none');
  const other = directly(files, '198.51.100.1');
  assert.equal((await other('START_SESSION', { rc_name: 'River' })).status, 200);
  assert.equal((await other('START_SESSION', { rc_name: 'River' })).answer.msg, 'SERVERS_BUSY');

  await beside.coordinator.stop();
  await database.stop();
  const { status, answer } = await ask('PLAN_SESSION', { ...wish, request_id: 'another request' });
  assert.deepEqual([status, answer.msg], [503, 'STORE_UNAVAILABLE']);
  assert.equal((await ask('GET_RCS')).answer.msg, 'STORE_UNAVAILABLE');
});
