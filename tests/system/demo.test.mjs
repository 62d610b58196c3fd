// @ts-check
// `./quickstart demo` as a visitor and an operator see it: it gets ready, serves the site, and Ctrl-C ends all of it.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Client, request } from './lib/client.mjs';
import { freePort, listens } from './lib/ports.mjs';
import { source, start, temporaryDirectory } from './lib/programs.mjs';

/** The processes that have `mark` in their environment. @param {string} mark @returns {number[]} */
function processesWith(mark) {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter(pid => pid !== process.pid);
}

/** @param {import('./lib/programs.mjs').Scope} t */
async function startDemo(t) {
  const state = temporaryDirectory(t, 'vitrina-demo-test');
  const mark = `VITRINA_DEMO_TEST=${state}`;
  const [http, https] = [await freePort(), await freePort()];
  const demo = await start(t, join(source, 'quickstart'), ['demo'], {
    env: {
      VITRINA_HTTP_PORT: String(http),
      VITRINA_HTTPS_PORT: String(https),
      VITRINA_STATE_DIR: state,
      VITRINA_DEMO_TEST: state,
    },
    ready: /^Ready: .*$/m,
    timeout: 600_000,
    deathSignal: 'TERM',
  });
  return { demo, mark, http, https, state, ca: readFileSync(join(state, 'certificate.pem'), 'utf8') };
}

for (const { signal, code } of /** @type {const} */ ([
  { signal: 'SIGINT', code: 130 },
  { signal: 'SIGTERM', code: 143 },
]))
  test(`the demonstration starts a session, and ${signal} ends every process`, { timeout: 900_000 }, async t => {
    const { demo, mark, http, https, ca } = await startDemo(t);
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

    assert.ok(processesWith(mark).length > 8);
    demo.signal(signal);
    assert.deepEqual(await demo.waitForExit({ timeout: 30_000 }), { code, signal: null });
    assert.deepEqual(processesWith(mark), []);
    assert.equal(await listens(https), false);
  });

test('a port that is taken is said in one line', { timeout: 600_000 }, async t => {
  const { http } = await startDemo(t);
  const second = await start(t, join(source, 'quickstart'), ['demo'], {
    env: { VITRINA_HTTP_PORT: String(http), VITRINA_STATE_DIR: temporaryDirectory(t) },
  });
  assert.equal((await second.waitForExit({ timeout: 300_000 })).code, 1);
  assert.match(second.log, new RegExp(`^quickstart: port ${http} is taken; set VITRINA_HTTP_PORT$`, 'm'));
  second.kill();
});
