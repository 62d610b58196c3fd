// @ts-check
// A session's cell (vitrina-config.json(5), CELLS), seen by an application: a shell script that writes what it finds and becomes
// a window.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { noCells } from './lib/cells.mjs';
import { startDisplay } from './lib/engine.mjs';
import { freePort } from './lib/ports.mjs';
import { built, run, slowness, temporaryDirectory, until } from './lib/programs.mjs';
import { runs, startStreamer, windowProgram } from './lib/streamer.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */
/** @typedef {import('./lib/streamer.mjs').Streamer} Streamer */

const skip = noCells;
const isRoot = process.getuid?.() === 0;

/** The window may be shown beside what a test shows. @param {Record<string, any>} [cell] */
const withWindow = (cell = {}) => ({ ...cell, read_only: [dirname(windowProgram), ...(cell.read_only ?? [])] });

/** Settings of an application that runs these lines of shell, and then is a window. @param {string} lines @param {Record<string, any>} [cell] */
const script = (lines, cell) => ({
  isolation: 'cell',
  app: ['/bin/bash', '-c', `${lines}\nexec "$0"`, windowProgram],
  cell: withWindow(cell),
  max_restarts: 0,
});

/** What the application of the newest session has written, a line each. @param {Streamer} streamer */
const said = streamer =>
  [...streamer.program.log.matchAll(/output session=\S+ process=app text=(.*)$/gm)].map(([, text]) => text.replace(/^"(.*)"$/, '$1'));

/** Starts a session of that application and gives what it wrote before its window was there. @param {Scope} t @param {string} lines @param {Record<string, any>} [cell] */
async function look(t, lines, cell) {
  const streamer = await startStreamer(t, script(`${lines}\necho looked`, cell));
  await streamer.startSession();
  await streamer.program.waitFor(/text=looked/);
  return { streamer, lines: said(streamer) };
}

/** All processes whose command line has `word`. @param {string} word */
const processesCalled = word =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter(pid => pid !== process.pid && runs(pid));

test('the application has the display :0, a home of its own, and sees no process but its own', { skip }, async t => {
  const { lines } = await look(t, 'echo "display $DISPLAY"; pwd; cd; pwd -P; echo mine >file && cat file; ls -d /proc/[0-9]* | wc -l; id -u');
  assert.deepEqual(lines.slice(0, 4), ['display :0', '/home/session', '/tmp/home', 'mine']);
  assert.ok(Number(lines[4]) <= 5, `${lines[4]} processes`);
  assert.equal(Number(lines[5]), process.getuid?.());
});

test('nothing of the host is writable but for what the cell has for itself', { skip }, async t => {
  const directory = temporaryDirectory(t, 'shown');
  writeFileSync(join(directory, 'scene'), 'a yard\n');
  const places = ['/', '/dev', '/usr', '/etc', '/run', '/run/vitrina', '/tmp/.X11-unix', '/home', '/sys', directory];
  const { lines } = await look(
    t,
    `cat ${directory}/scene; for at in ${places.join(' ')}; do touch $at/x 2>&- && echo "wrote to $at"; done
    for at in ~ /tmp /var/tmp /dev/shm $TMPDIR $XDG_RUNTIME_DIR; do touch $at/x || echo "cannot write to $at"; done`,
    { read_only: [directory] },
  );
  assert.deepEqual(lines, ['a yard', 'looked']);
});

test('what the configuration names is hidden, also beside the application and after it was replaced', { skip }, async t => {
  const directory = temporaryDirectory(t, 'vs');
  mkdirSync(join(directory, 'keys'));
  for (const name of ['keys/one', 'keys/next']) writeFileSync(join(directory, name), 'k'.repeat(64), { mode: 0o600 });
  const app = join(directory, 'app.sh');
  const find = `cd ${directory}; echo "here $(ls -A | tr '\\n' ' ')"; for file in *.json *.key keys/* state/*; do [ ! -s "$file" ] || cat "$file"; done`;
  writeFileSync(app, `#!/bin/bash\n${find}\nuntil [ -e go ]; do sleep 0.1; done 2>&-\n${find}\necho looked; exec ${windowProgram}\n`);
  chmodSync(app, 0o755);
  const settings = { isolation: 'cell', app: [app], cell: withWindow(), turn_secret_file: 'keys/one' };
  const streamer = await startStreamer(t, settings, { directory });
  const starting = streamer.startSession();
  await streamer.program.waitFor(/text="here/);
  renameSync(join(directory, 'keys/next'), join(directory, 'keys/one'));
  writeFileSync(join(directory, 'go'), '');
  await starting;
  assert.deepEqual(said(streamer), ['here app.sh config.json keys state vitrina.key ', 'here app.sh config.json go keys state vitrina.key ', 'looked']);
});

test('no other session, no state directory and nothing of the host’s /tmp is there', { skip }, async t => {
  const streamer = await startStreamer(t, { ...script('ls -A /tmp /run /run/vitrina; ls ${VITRINA_SESSION_DIRECTORY%/*}; echo looked'), session_limit: 2 });
  await streamer.startSession();
  await streamer.startSession();
  await until(() => said(streamer).filter(line => line === 'looked').length === 2, { what: 'both to have looked' });
  const found = said(streamer).filter(line => !/^(\/|$|looked|ls: |gstreamer-registry\.bin$)/.test(line));
  assert.deepEqual([...new Set(found)].sort(), ['.X11-unix', 'cell-init', 'cookie', 'home', 'runtime', 'sound', 'vitrina', ...shownBelowTmp()].sort());
});

/** Where the window program is shown, when that is below /tmp. */
const shownBelowTmp = () => (windowProgram.startsWith('/tmp/') ? [windowProgram.split('/')[2]] : []);

for (const [network, answer] of /** @type {const} */ ([['none', 'not reached'], ['host', 'reached']]))
  test(`with the network "${network}" the streamer's own port is ${answer}`, { skip }, async t => {
    const port = await freePort();
    const settings = script(`(exec 3<>/dev/tcp/127.0.0.1/${port}) 2>&- && echo reached || echo "not reached"; echo looked`, { network });
    const streamer = await startStreamer(t, { ...settings, port });
    await streamer.startSession();
    await streamer.program.waitFor(/text=looked/);
    assert.deepEqual(said(streamer), [answer, 'looked']);
  });

for (const network of ['none', 'host'])
  test(`an X server of the host's is never taken for the session's (network "${network}")`, { skip }, async t => {
    /* It takes the first number that is free: after it :0 is somebody's. */
    await startDisplay(t);
    const { streamer, lines } = await look(t, 'echo "$DISPLAY"', { network });
    assert.match(lines[0], network === 'none' ? /^:0$/ : /^:\d{6}$/);
    assert.equal((await streamer.status()).sessions.length, 1);
  });

test('temporary space and shared memory have the size that disk_mb says', { skip }, async t => {
  const fill = (/** @type {string} */ at) => `head -c 20M /dev/zero >${at}/big 2>&-; stat -c %s ${at}/big; rm ${at}/big`;
  const { lines } = await look(t, [fill('~'), fill('/dev/shm'), 'head -c 6M /dev/zero >~/a; head -c 6M /dev/zero 2>&- >/var/tmp/b; stat -c %s /tmp/b'].join('\n'), { disk_mb: 8 });
  const sizes = lines.slice(0, 3).map(Number);
  assert.ok(sizes[0] > 7e6 && sizes[0] <= 8 * 1024 ** 2, `${sizes[0]} bytes in the home`);
  assert.ok(sizes[1] > 7e6 && sizes[1] <= 8 * 1024 ** 2, `${sizes[1]} bytes of shared memory`);
  assert.ok(sizes[2] < 3e6, 'home and temporary directories share theirs');
});

test('for a user without rights it is the same, and processes are bounded', { skip: skip || (!isRoot && 'needs root, to be somebody else') }, async t => {
  const user = 65534;
  if (run('setpriv', ['--reuid', String(user), '--clear-groups', 'test', '-x', built('vitrina-streamer')]).status !== 0)
    return t.skip('the programs lie where nobody else may go');
  const lines = 'id -u; for i in $(seq 100); do sleep 300 & done 2>&1 | grep -m 1 -o "fork: .*"; jobs -p | wc -l; kill $(jobs -p)';
  const settings = { ...script(`(${lines}) 2>&1\necho looked`, { processes: 40 }) };
  const streamer = await startStreamer(t, settings, { user });
  await streamer.startSession();
  await streamer.program.waitFor(/text=looked/);
  assert.equal(said(streamer)[0], String(user));
  assert.match(said(streamer)[1], /^fork: .*Resource temporarily unavailable/);
  assert.doesNotMatch(streamer.program.log, /processes_unbounded/);
});

test('root is told what does not bind it', { skip: skip || (!isRoot && 'needs root') }, async t => {
  const streamer = await startStreamer(t, { isolation: 'cell', cell: withWindow({ processes: 40 }) });
  assert.match(streamer.program.log, / cgroups_claimed|warning: processes_unbounded setting=cell\.processes /);
  const without = await startStreamer(t, { isolation: 'cell', cell: withWindow({ processes: 0 }) });
  assert.doesNotMatch(without.program.log, /processes_unbounded/);
});

test('engine and application share nothing but the IPC namespace', { skip }, async t => {
  const streamer = await startStreamer(t, { isolation: 'cell' });
  await streamer.startSession();
  const { app, engine, display } = streamer.processes();
  const space = (/** @type {number | string} */ pid, /** @type {string} */ name) => readlinkSync(`/proc/${pid}/ns/${name}`);
  for (const name of ['pid', 'user', 'mnt']) {
    const spaces = [app, engine, display, 'self'].map(pid => space(pid, name));
    assert.equal(new Set(spaces).size, 4, `${name}: ${spaces}`);
  }
  assert.equal(space(app, 'ipc'), space(display, 'ipc'));
  assert.equal(space(engine, 'ipc'), space(display, 'ipc'));
  assert.notEqual(space(app, 'ipc'), space('self', 'ipc'));
  assert.equal(space(engine, 'net'), space('self', 'net'));
  assert.notEqual(space(app, 'net'), space('self', 'net'));
});

/** Two sessions' would be each other's. */
const mark = `${process.pid}${Date.now() % 1e6}`;

test('what the application leaves behind ends with the session, whatever it did to get away', { skip }, async t => {
  const streamer = await startStreamer(t, script(`env -i setsid sleep 1000.${mark} & (trap '' TERM HUP INT; env -i setsid -f sleep 2000.${mark})`));
  const { session } = await streamer.startSession();
  await until(() => processesCalled(`000.${mark}`).length >= 2, { what: 'what it leaves behind' });
  await streamer.control('END_SESSION', { session });
  assert.deepEqual(processesCalled(`000.${mark}`), []);
});

test('SIGKILL of the streamer ends what has neither its group nor its mark', { skip }, async t => {
  const streamer = await startStreamer(t, script(`env -i setsid -f sleep 3000.${mark}`));
  await streamer.startSession();
  await until(() => processesCalled(`3000.${mark}`).length > 0, { what: 'what it leaves behind' });
  const { keeper } = streamer.processes();
  process.kill(keeper, 'SIGSTOP'); /* the kernel does it alone */
  streamer.program.kill();
  await until(() => processesCalled(`3000.${mark}`).length === 0, { what: 'its end' });
  process.kill(keeper, 'SIGCONT');
});

test('TERM is heard once by all that is in the cell', { skip }, async t => {
  const hear = (/** @type {string} */ who) => `trap 'echo "${who} heard"' TERM; for i in 1 2 3 4 5; do sleep 0.2; done`;
  const streamer = await startStreamer(t, {
    isolation: 'cell',
    app: ['/bin/bash', '-c', `"$0" & setsid bash -c '${hear('the stray').replaceAll("'", `'\\''`).replace('1 2 3 4 5', '$(seq 300)')}; ' & ${hear('it').replace('1 2 3 4 5', '$(seq 300)')}`, windowProgram],
    cell: withWindow(),
  });
  const { session } = await streamer.startSession();
  const ending = streamer.control('END_SESSION', { session });
  await until(() => said(streamer).length >= 2, { what: 'both to hear it' });
  await ending;
  assert.deepEqual(said(streamer).filter(line => / heard$/.test(line)).sort(), ['it heard', 'the stray heard']);
});

for (const isolation of ['cell', 'none']) {
  const launcher = (/** @type {string} */ end) => ({
    isolation,
    app: ['/bin/bash', '-c', `"$0" & ${end}`, windowProgram],
    cell: withWindow(),
    max_restarts: 0,
  });
  const skipThis = isolation === 'cell' && skip;

  test(`a launcher may end once it has started the application (isolation "${isolation}")`, { skip: skipThis }, async t => {
    const streamer = await startStreamer(t, launcher('exit 0'));
    const { session } = await streamer.startSession();
    const socket = await streamer.person(session, 'p').socket(t);
    const real = await until(() => streamer.sessionProcesses().find(pid => runs(pid) && readlinkSync(`/proc/${pid}/exe`) === windowProgram));
    process.kill(real, 'SIGKILL');
    assert.equal((await socket.event('SESSION_ENDED')).reason, 'app_failed');
    await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
  });

  test(`a launcher that fails ends all that it started (isolation "${isolation}")`, { skip: skipThis }, async t => {
    const streamer = await startStreamer(t, { ...launcher('exit 3'), start_timeout_seconds: 60 * slowness });
    const { answer } = await streamer.control('START_SESSION');
    assert.match(answer.reason, /the application ended with status 3/);
    await until(() => streamer.sessionProcesses().length === 0, { what: 'the end of all processes' });
  });
}

test('how the application ended is told as it was', { skip }, async t => {
  for (const [lines, end] of [['exit 7', 'ended with status 7'], ['kill -SEGV $$', 'was killed by signal 11']]) {
    const streamer = await startStreamer(t, script(lines));
    assert.match((await streamer.control('START_SESSION')).answer.reason, new RegExp(`the application ${end}`));
    await until(async () => (await streamer.status()).state === 'free', { what: 'the free place' });
  }
});

test('where no cell can be made the streamer does not start and says why, unless it is told to do without', async t => {
  const directory = temporaryDirectory(t, 'vs');
  const config = join(directory, 'config.json');
  writeFileSync(join(directory, 'vitrina.key'), 'k'.repeat(64), { mode: 0o600 });
  writeFileSync(config, JSON.stringify({ app: ['a'], port: await freePort(), state_directory: 'state' }));
  const { status, stderr } = run(built('vitrina-streamer'), ['--config', config], { env: { PATH: '/nowhere' } });
  assert.equal(status, 78);
  assert.match(stderr, /^vitrina-streamer: [^\n]*config\.json: isolation: no cell can be made here: there is no program bwrap [^\n]*"none"[^\n]*$/m);
  assert.ok(!existsSync(join(directory, 'state')));
  await startStreamer(t, { isolation: 'none' }, { before: ['env', 'PATH=/nowhere'] });
});
