// @ts-check
// The streamer as a command: options, broken files, reading again, what it says of itself.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { freePort } from './lib/ports.mjs';
import { build, built, run, source, temporaryDirectory } from './lib/programs.mjs';
import { startStreamer, windowProgram } from './lib/streamer.mjs';

const program = built('vitrina-streamer');
const key = 'k'.repeat(40);
/* Plugins are looked at once, not in every test. */
const env = { GST_REGISTRY: join(build, 'gstreamer-registry.bin') };

/** @param {import('./lib/programs.mjs').Scope} t @param {string} config @param {string | null} [secret] */
function files(t, config, secret = key) {
  const directory = temporaryDirectory(t, 'vs');
  writeFileSync(join(directory, 'config.json'), config);
  if (secret) writeFileSync(join(directory, 'vitrina.key'), secret);
  return join(directory, 'config.json');
}

test('--version, --help and wrong options', () => {
  assert.match(run(program, ['--version']).stdout, /^vitrina-streamer \d+\.\d+/);
  const help = run(program, ['--help']);
  assert.equal(help.status, 0);
  for (const name of ['--config', '--check', 'session_limit', 'bitrate_kbps']) assert.ok(help.stdout.includes(name), name);
  for (const args of [[], ['--config'], ['--no-such'], ['--config', 'x', 'more']]) {
    const { status, stderr } = run(program, args);
    assert.equal(status, 64, args.join(' '));
    assert.match(stderr, /^vitrina-streamer: .+\n$/);
  }
});

test('every setting stands in --help and in the manual', () => {
  const manual = readFileSync(join(source, 'man/vitrina-config.json.5'), 'utf8');
  const names = [...run(program, ['--help']).stdout.matchAll(/^ {2}(\w+) \(/gm)].map(([, name]) => name);
  assert.ok(names.length > 35, String(names.length));
  for (const name of names) assert.match(manual, new RegExp(`^\\.BR? ${name}\\b`, 'm'), name);
});

test('the sample is good, and names the demonstration where it is installed', async t => {
  const sample = JSON.parse(readFileSync(built('conf/config.json'), 'utf8'));
  assert.match(sample.app[0], /^\/.*\/bin\/vitrina-showroom$/);
  const here = { key_file: 'vitrina.key', port: await freePort(), webrtc_program: built('vitrina-webrtc'), state_directory: 'state' };
  const config = files(t, JSON.stringify({ ...sample, ...here, app: [built('vitrina-showroom'), ...sample.app.slice(1)] }));
  assert.deepEqual(run(program, ['--config', config, '--check'], { env }), { status: 0, stdout: 'ok\n', stderr: '' });
});

test('a broken file is one line and status 78, with --check and without', t => {
  const good = '{"app":["a"]}';
  /** @type {[string, string, RegExp, (string | null)?][]} */
  const cases = [
    ['no JSON', '{"app":', /config\.json: .*line 1/],
    ['an unknown setting', '{"app":["a"],"ports":1}', /config\.json: ports: .*did you mean "port"/],
    ['a wrong type', '{"app":["a"],"port":true}', /config\.json: port: /],
    ['out of range', '{"app":["a"],"session_limit":5000}', /config\.json: session_limit: /],
    ['no application', '{}', /config\.json: app: /],
    ['an engine that there is not', '{"app":["a"],"engine":"command"}', /config\.json: engine: must be one of capture$/m],
    ['in the webrtc part', '{"app":["a"],"webrtc":{"width":961}}', /config\.json: webrtc: .*even/],
    ['no key', good, /vitrina\.key/, null],
    ['a short key', good, /vitrina\.key: line 1: a key must have/, 'short'],
  ];
  for (const [what, text, line, secret] of cases) {
    const config = files(t, text, secret === undefined ? key : secret);
    for (const more of [['--check'], []]) {
      const { status, stdout, stderr } = run(program, ['--config', config, ...more]);
      assert.equal(status, 78, `${what}: ${stderr}`);
      assert.equal(stdout, '');
      assert.match(stderr, line, what);
      if (secret === undefined || !more.length) assert.match(stderr, /^[^\n]+\n$/, what);
    }
  }
  assert.equal(run(program, ['--config', '/nonexistent/config.json']).status, 78);
});

test('--check changes nothing', async t => {
  const settings = { app: [windowProgram], webrtc_program: built('vitrina-webrtc'), state_directory: 'state', port: await freePort() };
  const config = files(t, JSON.stringify(settings));
  assert.deepEqual(run(program, ['--config', config, '--check'], { env }), { status: 0, stdout: 'ok\n', stderr: '' });
  assert.ok(!existsSync(join(config, '../state')));
});

test('a port that is taken, an address that is none: status 1, and nothing left', async t => {
  const streamer = await startStreamer(t);
  for (const [change, line] of /** @type {[object, RegExp][]} */ ([
    [{}, /cannot listen on 127\.0\.0\.1 port \d+: .*in use/],
    [{ ip: 'here' }, /ip: "here" is no IP address/],
  ])) {
    const config = files(t, JSON.stringify({ app: ['a'], port: streamer.port, state_directory: 'state', isolation: 'none', ...change }));
    const { status, stderr } = run(program, ['--config', config]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, line);
    assert.deepEqual(run('ls', [join(config, '../state')]).stdout, '');
  }
});

test('SIGHUP reads the file again: limits at once, a broken file never', async t => {
  const streamer = await startStreamer(t);
  await streamer.startSession();
  const { version } = await streamer.status();
  const watched = streamer.control('GET_STATUS', { version, wait_seconds: 30 });
  await streamer.reload({ session_limit: 2, server_name: 'other' });
  assert.match(streamer.program.log, /reloaded needs_restart=server_name/);
  assert.equal((await watched).answer.session_limit, 2);
  await streamer.startSession();
  await streamer.reload({ session_limit: 'many' });
  assert.match(streamer.program.log, /reload_failed error=".*session_limit/);
  const status = await streamer.status();
  assert.deepEqual([status.session_limit, status.sessions.length], [2, 2]);
  await streamer.reload({ session_limit: 1 });
  assert.equal((await streamer.status()).sessions.length, 2, 'running sessions go on');
  assert.equal((await streamer.control('START_SESSION')).answer.msg, 'SESSION_LIMIT_REACHED');
});
