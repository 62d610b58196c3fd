// @ts-check
// Certificates that are renewed: who connects then is shown the new one, who is connected does not notice, and what is about to
// hurt is told before.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { fakeEngine } from './lib/fake_engine.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { replaceFile } from './lib/files.mjs';
import { run, temporaryDirectory, until } from './lib/programs.mjs';
import { startStreamer } from './lib/streamer.mjs';
import { WebSocketClient } from './lib/websocket.mjs';

/** @param {string[]} args */
function openssl(...args) {
  const { status, stderr } = run('openssl', args);
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
}

/** The day as openssl has it. @param {number} days from today */
const day = days => new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');

/**
 * Makes a self-signed certificate for 127.0.0.1.
 * @param {string} directory @param {string} name of its files
 * @param {{ kind?: string[], from?: number, days?: number }} [options] `kind`: of its key; `from` and `days`: its first and last
 *   day, from today
 */
function makePair(directory, name, { kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], from = -30, days = 90 } = {}) {
  const [certificate, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  const request = join(directory, `${name}.request`);
  const extensions = join(directory, 'extensions');
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n');
  openssl('req', '-newkey', ...kind, '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
  const authority = join(directory, 'authority');
  writeFileSync(`${authority}.index`, '');
  writeFileSync(`${authority}.serial`, '01');
  writeFileSync(`${authority}.cnf`, [
    '[ca]', 'default_ca=own', '[own]', `database=${authority}.index`, `serial=${authority}.serial`, `new_certs_dir=${directory}`,
    'default_md=sha256', 'policy=any', 'unique_subject=no', '[any]', 'commonName=supplied', '',
  ].join('\n'));
  openssl('ca', '-batch', '-notext', '-selfsign', '-config', `${authority}.cnf`, '-keyfile', key, '-in', request, '-out', certificate,
    '-startdate', day(from), '-enddate', day(days), '-extfile', extensions);
  return { certificate, key };
}

/** The name in the certificate that somebody who connects now is shown. @param {number} port @returns {Promise<string>} */
const shown = port =>
  new Promise((settle, fail) => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      settle(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', fail);
  });

/** Puts what `from` has in the place of `to`. @param {string} from @param {string} to */
const put = (from, to) => replaceFile(to, readFileSync(from));

/**
 * A streamer with a certificate of its own in "used.pem" and "used.key".
 * @param {import('./lib/programs.mjs').Scope} t @param {Parameters<typeof makePair>[2]} [options]
 */
async function startSecure(t, options) {
  const directory = temporaryDirectory(t, 'vs');
  const first = makePair(directory, 'first', options);
  const used = { certificate: join(directory, 'used.pem'), key: join(directory, 'used.key') };
  put(first.certificate, used.certificate);
  put(first.key, used.key);
  const { path } = await fakeEngine(t);
  const settings = { tls_certificate: used.certificate, tls_key: used.key, webrtc_program: path };
  const streamer = await startStreamer(t, settings, { directory });
  streamer.base = `https://127.0.0.1:${streamer.port}/`;
  const ca = readFileSync(first.certificate, 'utf8');
  /** @param {{ certificate: string, key: string }} pair */
  const renew = pair => {
    put(pair.certificate, used.certificate);
    put(pair.key, used.key);
  };
  return { streamer, directory, ca, renew };
}

/** A control verb or a person's. @param {string} url @param {string} ca @param {object} body @param {string} [token] */
const ask = (url, ca, body, token) =>
  request(url, {
    method: 'POST',
    ca,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });

test('a renewed certificate is shown from then on, and who is connected does not notice', async t => {
  const { streamer, directory, ca, renew } = await startSecure(t);
  const { session } = (await ask(`${streamer.base}control`, ca, { verb: 'START_SESSION' }, streamer.controlToken())).answer;
  const socket = await WebSocketClient.open(t, `${streamer.base}session`, { ca });
  const { ticket } = streamer.person(session, 'p');
  const { cursor } = await socket.ask('CONNECT_TO_SESSION', { ticket });
  const poll = ask(`${streamer.base}session`, ca, { verb: 'POLL_EVENTS', ticket, cursor, wait_seconds: 60 });
  assert.equal(await shown(streamer.port), 'first');

  renew(makePair(directory, 'second', { kind: ['rsa:2048'] }));
  await until(async () => (await shown(streamer.port)) === 'second', { what: 'the new certificate, with a key of another kind' });
  renew(makePair(directory, 'third'));
  streamer.program.signal('SIGHUP');
  await until(async () => (await shown(streamer.port)) === 'third', { what: 'the newest certificate' });

  assert.equal((await socket.ask('SEND_DATA', { data: 1 })).msg, 'DATA_SENT');
  assert.ok((await poll).answer.events.length > 0, 'who waited is answered');
  assert.doesNotMatch(streamer.program.log, /certificate_kept/);
});

test('a pair that cannot be used leaves the one that was, and is told', async t => {
  const { streamer, directory, renew } = await startSecure(t);
  const second = makePair(directory, 'second');
  const cases = /** @type {[string, string, RegExp][]} */ ([
    [second.certificate, join(directory, 'first.key'), /used\.key: is not the key of the certificate in /],
    [second.key, second.key, /used\.pem: has no certificate/],
    [second.certificate, second.certificate, /used\.key: has no private key/],
  ]);
  for (const [certificate, key, reason] of cases) {
    const from = streamer.program.log.length;
    renew({ certificate, key });
    const [line] = await streamer.program.waitFor(/ error: certificate_kept [^\n]*/, { from });
    assert.match(line, reason);
    assert.equal(await shown(streamer.port), 'first');
  }
  const from = streamer.program.log.length;
  renew(second);
  await streamer.program.waitFor(/ certificate_read file=\S*used\.pem/, { from });
  assert.equal(await shown(streamer.port), 'second');
  renew({ certificate: second.certificate, key: join(directory, 'first.key') });
  await streamer.program.stop();
  const refused = run(streamer.program.child.spawnfile, streamer.program.child.spawnargs.slice(1));
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /used\.key: is not the key of the certificate in /);
});

test('a certificate that ends soon or has ended is told at the start and when it is read, and measured', async t => {
  const { streamer, directory, ca, renew } = await startSecure(t, { days: 13 });
  const left = async () => {
    const { text } = await request(`${streamer.base}metrics`, { ca });
    return Number(text.match(/^vitrina_streamer_certificate_expires_seconds (\S+)$/m)?.[1]) / 86_400;
  };
  assert.match(streamer.program.log, / warning: certificate_expires file=\S*used\.pem ends_at=\S+Z note=/);
  assert.ok(Math.abs((await left()) - 13) < 0.1);

  const from = streamer.program.log.length;
  renew(makePair(directory, 'second', { days: -1 }));
  await streamer.program.waitFor(/ warning: certificate_expired file=\S*used\.pem/, { from });
  renew(makePair(directory, 'third', { from: 2 }));
  await streamer.program.waitFor(/ warning: certificate_not_yet file=\S*used\.pem/, { from });
  const good = streamer.program.log.length;
  renew(makePair(directory, 'fourth', { days: 15 }));
  await streamer.program.waitFor(/ certificate_read file=\S*used\.pem/, { from: good });
  assert.doesNotMatch(streamer.program.log.slice(good), / certificate_expire/);
});

test("a streamer's new certificate is trusted when ca_file has it, without a restart of the coordinator", async t => {
  const files = new CoordinatorFiles(t);
  const trusted = join(files.directory, 'trusted.pem');
  const [first, second] = ['first', 'second'].map(name => makePair(files.directory, name));
  put(first.certificate, trusted);
  const streamer = await FakeStreamer.start(t, { name: 'river-1', key: files.key, tls: first });
  const settings = { streamer_tls: true, ca_file: trusted };
  const { online } = await startSite(t, { files, servers: [listed(streamer, 'River')], settings });
  await online(1);
  put(second.certificate, trusted);
  await streamer.close();
  streamer.tls = second;
  await streamer.listen();
  const asked = streamer.requests.length;
  await until(() => streamer.requests.length > asked, { what: 'a call over a connection by the new certificate' });
});

test('another secret of the TURN servers is used as soon as it is there', async t => {
  const directory = temporaryDirectory(t, 'vs');
  const secret = join(directory, 'turn.secret');
  writeFileSync(secret, 'first secret of them\n', { mode: 0o600 });
  const { path } = await fakeEngine(t);
  const settings = { webrtc_program: path, turn_secret_file: secret, ice_servers: [{ urls: ['turn:127.0.0.1:3478'] }] };
  const streamer = await startStreamer(t, settings, { directory });
  const { session } = await streamer.startSession();
  const credential = async () => (await streamer.person(session, 'p').connect()).answer.ice_servers[0];
  const before = await credential();
  replaceFile(secret, 'second secret of them\n');
  await streamer.program.waitFor(/ turn_secret_read/);
  assert.notEqual((await credential()).credential, before.credential);
});
