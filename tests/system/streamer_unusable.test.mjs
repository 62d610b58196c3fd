// @ts-check
// A host that cannot show sessions says so, offers itself to nobody, and is of use again as soon as what was wrong is mended.

import assert from 'node:assert/strict';
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { request } from './lib/client.mjs';
import { build, built, run, start, temporaryDirectory, until } from './lib/programs.mjs';
import { freePort } from './lib/ports.mjs';
import { startStreamer, windowProgram } from './lib/streamer.mjs';
import { find, programs, script } from './lib/stand_ins.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */
/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

const engine = join(build, 'vitrina-webrtc');

/** Waits until the streamer is in this state, and gives its status. @param {Streamer} streamer @param {string} state @returns {Promise<any>} */
async function becomes(streamer, state) {
  const status = await until(
    async () => {
      const now = await streamer.status();
      return now.state === state && now;
    },
    { what: `the state ${state}`, timeout: 30_000 },
  );
  return status;
}

/** What --check says of a streamer's file. @param {Streamer} streamer @param {Record<string, string>} [env] */
const check = (streamer, env) =>
  run(built('vitrina-streamer'), ['--check', '--config', streamer.config], { env: { GST_REGISTRY: join(build, 'gstreamer-registry.bin'), ...env } });

/**
 * @typedef {{ settings?: Record<string, any>, env?: Record<string, string>, reason: RegExp, line: RegExp | null,
 *             mend?: () => void }} Fault  `line`: of --check, null where only a session shows it; `mend`: what makes it good
 */

/** @type {Record<string, (t: Scope) => Fault>} */
const faults = {
  'the application is missing': t => {
    const app = join(temporaryDirectory(t, 'app'), 'walk');
    return {
      settings: { app: [app] },
      reason: /cannot run .*\/walk: there is no such program/,
      line: /: app: cannot run .*\/walk: there is no such program$/m,
      mend: () => symlinkSync(windowProgram, app),
    };
  },
  'the application is not executable': t => {
    const app = join(temporaryDirectory(t, 'app'), 'walk');
    writeFileSync(app, '#!/bin/sh\n');
    return {
      settings: { app: [app] },
      reason: /cannot run .*\/walk/,
      line: /: app: cannot run .*\/walk: it is no executable file$/m,
      mend: () => (rmSync(app), symlinkSync(windowProgram, app)),
    };
  },
  'there is no Xvfb': t => {
    const path = programs(t, ['Xvfb']);
    return {
      env: { PATH: path },
      reason: /cannot run Xvfb: there is no such program/,
      line: /: engine: cannot run Xvfb: there is no such program$/m,
      mend: () => symlinkSync(find('Xvfb'), join(path, 'Xvfb')),
    };
  },
  'Xvfb does not come up': t => {
    const path = programs(t, ['Xvfb']);
    script(join(path, 'Xvfb'), 'echo no screen for you >&2; exit 1');
    return {
      settings: { standby_displays: 1 },
      env: { PATH: path },
      reason: /the X server ended with status 1: no screen for you/,
      line: null,
      mend: () => script(join(path, 'Xvfb'), `exec ${find('Xvfb')} "$@"`),
    };
  },
  'there is no such encoder': () => ({
    settings: { webrtc: { width: 320, height: 240, h264_encoder: 'nosuchenc' } },
    reason: /nosuchenc/,
    line: /: webrtc\.h264_encoder: .*nosuchenc/,
  }),
  'the engine program is missing': t => {
    const program = join(temporaryDirectory(t, 'engine'), 'vitrina-webrtc');
    return {
      settings: { webrtc_program: program },
      reason: /cannot run .*\/vitrina-webrtc/,
      line: /: webrtc_program: cannot run .*\/vitrina-webrtc: there is no such program$/m,
      mend: () => symlinkSync(engine, program),
    };
  },
  'the engine dies before it is ready': t => {
    const program = join(temporaryDirectory(t, 'engine'), 'vitrina-webrtc');
    script(program, 'echo no such library >&2; exit 127');
    return {
      settings: { webrtc_program: program },
      reason: /the engine ended with status 127: no such library/,
      line: /: webrtc_program: the engine ended with status 127: no such library$/m,
      mend: () => script(program, `exec ${engine} "$@"`),
    };
  },
};

for (const [what, make] of Object.entries(faults)) {
  test(`${what}: nobody is sent here, whoever asks is told why, and it ends when it is mended`, async t => {
    const { settings, env, reason, line, mend } = make(t);
    const streamer = await startStreamer(t, { log_level: 'info', isolation: 'none', ...settings }, { env });
    const status = await becomes(streamer, 'unusable');
    assert.match(status.reason, reason);
    await streamer.program.waitFor(new RegExp(` unusable reason=.*${reason.source}`));

    const { answer: health } = await request(`${streamer.base}health`);
    assert.deepEqual([health.state, health.reason], ['unusable', status.reason]);
    assert.match((await request(`${streamer.base}metrics`)).text, /^vitrina_streamer_unusable 1$/m);
    const refused = await streamer.control('START_SESSION');
    assert.deepEqual([refused.status, refused.answer.msg], [502, 'SESSION_START_FAILED']);
    assert.match(refused.answer.reason, reason);
    if (line) {
      const checked = check(streamer, env);
      assert.equal(checked.status, 78, checked.stderr);
      assert.match(checked.stderr, line);
    }
    /* It is tried again by itself, and ever more rarely. */
    await streamer.program.waitFor(/standby_failed session=trial-\d+ .*next_in_ms=2000/, { timeout: 30_000 });
    if (!mend) return;

    mend();
    const mended = await becomes(streamer, 'free');
    assert.equal(mended.reason, undefined);
    assert.match(streamer.program.log, / usable_again/);
    assert.match((await request(`${streamer.base}metrics`)).text, /^vitrina_streamer_unusable 0$/m);
    await streamer.startSession();
    if (line) assert.deepEqual(check(streamer, env), { status: 0, stdout: 'ok\n', stderr: '' });
  });
}

test('SIGHUP has it tried at once', async t => {
  const app = join(temporaryDirectory(t, 'app'), 'walk');
  const streamer = await startStreamer(t, { app: [app], isolation: 'none' });
  await streamer.program.waitFor(/standby_failed session=trial-\d+ .*next_in_ms=4000/, { timeout: 30_000 });
  symlinkSync(windowProgram, app);
  const from = streamer.program.log.length;
  await streamer.reload({});
  await becomes(streamer, 'free');
  assert.doesNotMatch(streamer.program.log.slice(from), /standby_failed/);
});

test('an application that fails for one visitor is tried for the next; one that fails for all is not', async t => {
  const app = join(temporaryDirectory(t, 'app'), 'walk');
  script(app, 'echo no licence >&2; exit 3');
  const streamer = await startStreamer(t, { app: [app], isolation: 'none' });
  for (const session of ['a', 'b']) {
    assert.match((await streamer.control('START_SESSION', { session })).answer.reason, /the application ended with status 3/);
    await streamer.program.waitFor(new RegExp(`session_gone session=${session}`));
    assert.equal((await streamer.status()).state, 'free', `after ${session}`);
  }
  await streamer.control('START_SESSION', { session: 'c' });
  assert.match((await becomes(streamer, 'unusable')).reason, /the application ended with status 3/);
  script(app, `exec ${windowProgram}`);
  await becomes(streamer, 'free');
  await streamer.startSession({ session: 'd' });
});

test('what ends in a session that was up says nothing of the next', async t => {
  const streamer = await startStreamer(t, { max_restarts: 0, isolation: 'none' });
  for (const of of ['app', 'engine', 'display', 'app', 'engine', 'display']) {
    const { session } = await streamer.startSession();
    process.kill(streamer.processes()[of], 'SIGKILL');
    await streamer.program.waitFor(new RegExp(`session_gone session=${session}`));
    assert.equal((await streamer.status()).state, 'free', `after the end of the ${of}`);
  }
});

test('all that is wrong is told, a line each with its setting, with --check and at a start', async t => {
  const streamer = await startStreamer(t, { isolation: 'none' });
  const config = join(streamer.directory, 'other.json');
  const settings = {
    ...streamer.settings,
    app: ['/nowhere/walk', '--size={width}', '--level={level}', '{"json":1}'],
    key_file: 'none.key',
    webrtc_program: '/nowhere/vitrina-webrtc',
    webrtc: { sound: true },
    state_directory: '/proc/state',
  };
  writeFileSync(config, JSON.stringify(settings));
  const { status, stdout, stderr } = run(built('vitrina-streamer'), ['--check', '--config', config]);
  assert.deepEqual([status, stdout], [78, '']);
  const lines = stderr.trimEnd().split('\n');
  for (const rule of [
    /none\.key/,
    /app: \{level\} is no placeholder/,
    /app: cannot run \/nowhere\/walk: there is no such program/,
    /webrtc_program: cannot run \/nowhere\/vitrina-webrtc/,
    /state_directory: \/proc/,
    /port: cannot listen on 127\.0\.0\.1 port \d+: .*in use/, // the other's, which has another state directory
  ])
    assert.equal(lines.filter(line => rule.test(line)).length, 1, `${rule} in\n${stderr}`);
  for (const line of lines) assert.match(line, /^vitrina-streamer: .*other\.json: \S+: \S/);

  writeFileSync(config, JSON.stringify({ ...settings, key_file: 'vitrina.key', state_directory: 'other' }));
  const started = run(built('vitrina-streamer'), ['--config', config]);
  assert.equal(started.status, 78);
  assert.match(started.stderr, /app: \{level\} is no placeholder/);
  assert.match(started.stderr, /check_failed problem="app: cannot run/);
});

test('a state directory below which sockets would have no names is told at once', async t => {
  const streamer = await startStreamer(t, { isolation: 'none' });
  const config = join(streamer.directory, 'other.json');
  const directory = join(streamer.directory, 'd'.repeat(65));
  /** @param {number} length */
  const told = length => {
    writeFileSync(config, JSON.stringify({ ...streamer.settings, state_directory: directory.slice(0, length) }));
    return run(built('vitrina-streamer'), ['--check', '--config', config]).stderr;
  };
  assert.doesNotMatch(told(65), /state_directory/);
  assert.match(told(66), /state_directory: \S+: has more than 65 bytes/);
});

test('the port of a streamer that runs is no flaw of its file', async t => {
  const streamer = await startStreamer(t, { isolation: 'none' });
  assert.deepEqual(check(streamer), { status: 0, stdout: 'ok\n', stderr: '' });
});

/** A certificate and its key. @param {string} directory @param {string} name @param {string} days until it ends */
function certificate(directory, name, days = '30') {
  const at = (/** @type {string} */ ending) => join(directory, `${name}.${ending}`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key')];
  for (const args of [
    ['req', ...key, '-subj', '/CN=test', '-out', at('request')],
    ['x509', '-req', '-in', at('request'), '-signkey', at('key'), '-days', days, '-out', at('pem')],
  ]) {
    const made = run('openssl', args);
    assert.equal(made.status, 0, made.stderr);
  }
  return { tls_certificate: at('pem'), tls_key: at('key') };
}

test('a check needs no list of plugins that somebody else has made, and leaves none', async t => {
  const streamer = await startStreamer(t, { isolation: 'none' });
  const home = temporaryDirectory(t, 'home');
  const { status, stdout, stderr } = run('env', ['-u', 'GST_REGISTRY', built('vitrina-streamer'), '--check', '--config', streamer.config], {
    env: { HOME: home, XDG_CACHE_HOME: home, TMPDIR: home },
  });
  assert.equal(stdout, 'ok\n', stderr);
  assert.equal(status, 0);
  assert.deepEqual(readdirSync(home), []);
});

test('a broken certificate is told before anybody comes', async t => {
  const directory = temporaryDirectory(t, 'tls');
  const good = certificate(directory, 'good');
  const other = certificate(directory, 'other');
  writeFileSync(join(directory, 'vitrina.key'), 'k'.repeat(40));
  writeFileSync(join(directory, 'text'), 'no PEM');
  const config = join(directory, 'config.json');
  const base = { app: [windowProgram], webrtc_program: engine, state_directory: 'state', standby_displays: 0, port: await freePort() };
  const write = (/** @type {object} */ change) => writeFileSync(config, JSON.stringify({ ...base, ...change }));
  for (const [change, line] of /** @type {[object, RegExp][]} */ ([
    [{ ...good, tls_certificate: 'text' }, /: tls_certificate: .*no certificate/],
    [{ ...good, tls_certificate: 'none' }, /: tls_certificate: .*none/],
    [{ ...good, tls_key: 'text' }, /: tls_certificate: .*no private key/],
    [{ ...good, tls_key: other.tls_key }, /: tls_certificate: .*is not the key of the certificate in /],
  ]))
    for (const more of [['--check'], []]) {
      write(change);
      const { status, stderr } = run(built('vitrina-streamer'), ['--config', config, ...more]);
      assert.equal(status, 78, stderr);
      assert.match(stderr, line);
    }

  write(certificate(directory, 'late', '-1'));
  const late = run(built('vitrina-streamer'), ['--config', config, '--check']);
  assert.equal(late.status, 78);
  assert.match(late.stderr, /: tls_certificate: has expired$/m);
  const streamer = await start(t, built('vitrina-streamer'), ['--config', config], { ready: /listening/ });
  await streamer.waitFor(/ unusable reason="tls_certificate: has expired"/);
  await streamer.waitFor(/standby_failed session=trial-1 reason="tls_certificate: has expired"/);
});
