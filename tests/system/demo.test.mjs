// @ts-check
// `./quickstart demo` as a visitor and an operator see it: it gets ready, serves the site, and Ctrl-C ends all of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { Client, request } from './lib/client.mjs';
import { freePort, listens } from './lib/ports.mjs';
import { onEnd, source, start, temporaryDirectory } from './lib/programs.mjs';

/**
 * Every process of this machine: its parent, and a name that no later process of the same number has.
 * @returns {Map<number, { parent: number, name: string }>}
 */
function processes() {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
    try {
      // proc(5): behind the command in parentheses stand state, parent, …, and as the 20th the time it started at.
      const rest = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
      if (rest[0] !== 'Z') all.set(Number(pid), { parent: Number(rest[1]), name: `${pid}@${rest[19]}` });
    } catch {
      // It ended meanwhile.
    }
  return all;
}

/** The names of all processes below this one. @param {number} pid @returns {string[]} */
function below(pid) {
  const all = processes();
  const names = [];
  const parents = new Set([pid]);
  for (let found = true; found; ) {
    found = false;
    for (const [child, { parent, name }] of all)
      if (parents.has(parent) && !parents.has(child)) {
        parents.add(child);
        names.push(name);
        found = true;
      }
  }
  return names;
}

/** Those of the named processes that still run. @param {string[]} names */
const stillRunning = names => {
  const running = new Set([...processes().values()].map(({ name }) => name));
  return names.filter(name => running.has(name));
};

/** @param {import('./lib/programs.mjs').Scope} t @param {'json' | 'mysql'} [store] */
async function startDemo(t, store = 'json') {
  const state = temporaryDirectory(t, 'vitrina-demo-test');
  const [http, https] = [await freePort(), await freePort()];
  const demo = await start(t, join(source, 'quickstart'), ['demo'], {
    env: {
      VITRINA_HTTP_PORT: String(http),
      VITRINA_HTTPS_PORT: String(https),
      VITRINA_STATE_DIR: state,
      VITRINA_STORE: store,
    },
    ready: /^Ready: .*$/m,
    timeout: 600_000,
    deathSignal: 'TERM',
  });
  return { demo, http, https, ca: readFileSync(join(state, 'certificate.pem'), 'utf8') };
}

for (const { signal, code, store } of /** @type {const} */ ([
  { signal: 'SIGINT', code: 130, store: 'json' },
  { signal: 'SIGTERM', code: 143, store: 'mysql' },
]))
  test(`the demonstration (${store}) starts a session, and ${signal} ends every process`, { timeout: 900_000 }, async t => {
    const { demo, http, https, ca } = await startDemo(t, store);
    assert.match(demo.log, new RegExp(`^Ready: .*https://localhost:${https}/`, 'm'));
    const page = await request(`https://localhost:${https}/`, { ca });
    assert.equal(page.status, 200);
    assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'/);
    assert.equal((await request(`http://localhost:${http}/`)).status, 200);

    const visitor = new Client(`https://localhost:${https}/api`, { ca });
    const { answer } = await visitor.ask('GET_RCS');
    assert.deepEqual(
      answer.rcs.map((/** @type {any} */ rc) => [rc.rc_name, rc.servers, rc.free]),
      [
        ['River Quarter', 2, 2],
        ['Park Side', 1, 1],
      ],
    );
    const started = await visitor.ask('START_SESSION', { rc_name: 'Park Side' });
    assert.equal(started.answer.msg, 'SESSION_CONNECTION_DATA');
    const joined = await visitor.ask('CONNECT_SESSION_WITH_CODE', { code: started.answer.code });
    assert.equal(joined.answer.role, 'guest');
    assert.equal(joined.answer.session, started.answer.session);
    visitor.close();

    // Three streamers, each with its keeper; coordinator, nginx and its worker; the session's display, engine and application.
    const house = below(demo.pid);
    assert.ok(house.length >= 12, `${house.length} processes`);
    demo.signal(signal);
    assert.deepEqual(await demo.waitForExit({ timeout: 30_000 }), { code, signal: null });
    assert.deepEqual(stillRunning(house), []);
    assert.equal(await listens(https), false);
  });

test('a store that there is not is said in one line', async t => {
  const demo = await start(t, join(source, 'quickstart'), ['demo'], { env: { VITRINA_STORE: 'files' } });
  assert.equal((await demo.waitForExit()).code, 1);
  assert.equal(demo.log, 'quickstart: VITRINA_STORE must be json or mysql\n');
});

test('a port that is taken is said in one line', { timeout: 600_000 }, async t => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  onEnd(t, () => other.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (other.address());
  const demo = await start(t, join(source, 'quickstart'), ['demo'], {
    env: { VITRINA_HTTP_PORT: String(port), VITRINA_STATE_DIR: temporaryDirectory(t) },
  });
  assert.equal((await demo.waitForExit({ timeout: 300_000 })).code, 1);
  assert.match(demo.log, new RegExp(`^quickstart: port ${port} is taken; set VITRINA_HTTP_PORT$`, 'm'));
});
