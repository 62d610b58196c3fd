// @ts-check
// Pages in browsers that ask by HTTP: those of the site itself may, those of other sites may not, unless they are allowed to;
// whichever web server stands before the coordinator. Programs, which send no Origin, notice nothing.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startApache } from './lib/apache.mjs';
import { invoke } from './lib/cgi.mjs';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startCoordinator, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { FastCgi, wholeRequest } from './lib/fastcgi.mjs';
import { readMetrics } from './lib/metrics.mjs';
import { readPlanFiles } from './lib/planning.mjs';
import { onEnd, until } from './lib/programs.mjs';

/** @typedef {import('node:test').TestContext} T */

const ALLOWED = { allowed_origins: ['https://partner.example'] };
const JSON_TYPE = { CONTENT_TYPE: 'application/json' };
const HOST = { HTTP_HOST: 'site.example' };
const BOOKING = { rc_name: 'R', date: '', time: '12:00' };

/** A booking of the day after tomorrow. */
function booking() {
  const day = new Date(Date.now() + 2 * 86_400_000);
  return { ...BOOKING, date: `${day.getUTCDate()}/${day.getUTCMonth() + 1}/${day.getUTCFullYear()}` };
}

/** The coordinator alone, with one server. @param {T} t @param {object} [settings] */
async function startAlone(t, settings = {}) {
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'a', key: files.key });
  files.writeConfiguration(settings);
  files.writeServers([listed(streamer, 'R')]);
  const coordinator = await startCoordinator(t, files);
  await until(() => streamer.count('GET_STATUS') > 1, { what: 'the server is known' });
  return { files, streamer, coordinator };
}

/**
 * Asks as a web server does.
 * @param {T} t @param {CoordinatorFiles} files @param {string} verb @param {Record<string, string>} parameters @param {object} [fields]
 */
async function askDirectly(t, files, verb, parameters, fields = {}) {
  const connection = new FastCgi(files.socket);
  onEnd(t, () => connection.close());
  connection.write(wholeRequest(verb ? JSON.stringify({ verb, ...fields }) : '', parameters));
  return connection.answer();
}

const planOf = (/** @type {CoordinatorFiles} */ files) => readPlanFiles(join(files.directory, 'sessions_planned.json'));

test('a page may ask if it is of the site itself or allowed; the rule is that of the WebSocket', async t => {
  const { files } = await startAlone(t, { allowed_origins: ['https://partner.example', 'http://other.example:81'] });
  const proxied = { HTTP_HOST: 'inner', HTTP_X_FORWARDED_HOST: 'site.example' };
  /** @type {[Record<string, string>, boolean][]} */
  const rows = [
    [{}, true],
    [{ HTTP_ORIGIN: 'https://site.example' }, true],
    [{ HTTP_ORIGIN: 'http://site.example' }, true],
    [{ HTTP_ORIGIN: 'https://SITE.example:443' }, true],
    [{ HTTP_ORIGIN: 'https://site.example:8443', HTTP_HOST: 'site.example:8443' }, true],
    [{ HTTP_ORIGIN: 'https://site.example', ...proxied }, true],
    [{ HTTP_ORIGIN: 'https://partner.example' }, true],
    [{ HTTP_ORIGIN: 'http://other.example:81' }, true],
    [{ HTTP_ORIGIN: 'https://site.example:8443' }, false],
    [{ HTTP_ORIGIN: 'https://site.example.evil.example' }, false],
    [{ HTTP_ORIGIN: 'https://evil.example' }, false],
    [{ HTTP_ORIGIN: 'http://other.example' }, false],
    [{ HTTP_ORIGIN: 'https://partner.example, https://evil.example' }, false],
    [{ HTTP_ORIGIN: 'null' }, false],
    [{ HTTP_ORIGIN: 'file://site.example' }, false],
  ];
  for (const [parameters, isRight] of rows) {
    const { status, answer } = await askDirectly(t, files, 'GET_RCS', { ...HOST, ...JSON_TYPE, ...parameters });
    const told = JSON.stringify(parameters);
    assert.deepEqual([status, answer.msg], isRight ? [200, 'RCS_FOUND'] : [403, 'FORBIDDEN'], told);
    if (!isRight) assert.match(answer.reason, /^[^.]+\.$/, told);
  }
});

test('from a page a request is JSON and says so; a program may say what it likes', async t => {
  const { files } = await startAlone(t);
  const page = { ...HOST, HTTP_ORIGIN: 'https://site.example' };
  for (const type of ['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset=utf-8'])
    assert.equal((await askDirectly(t, files, 'GET_RCS', { ...page, CONTENT_TYPE: type })).status, 200, type);
  for (const type of ['text/plain', 'text/plain;application/json', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    const { status, answer } = await askDirectly(t, files, 'GET_RCS', { ...page, CONTENT_TYPE: type });
    assert.deepEqual([status, answer.msg], [403, 'FORBIDDEN'], type);
    assert.equal((await askDirectly(t, files, 'GET_RCS', { ...HOST, CONTENT_TYPE: type })).status, 200, `no page, ${type}`);
  }
});

test('a page that may not does nothing: no booking, no start, no guess; it is counted and told', async t => {
  const { files, streamer, coordinator } = await startAlone(t);
  const foreign = { ...HOST, HTTP_ORIGIN: 'https://evil.example', CONTENT_TYPE: 'text/plain' };
  for (const [verb, fields] of /** @type {[string, object][]} */ ([
    ['PLAN_SESSION', booking()],
    ['START_SESSION', { rc_name: 'R' }],
    ['CONNECT_SESSION_WITH_CODE', { code: '1234' }],
  ]))
    assert.equal((await askDirectly(t, files, verb, foreign, fields)).status, 403, verb);
  assert.equal(streamer.count('START_SESSION'), 0);
  assert.deepEqual(planOf(files), []);
  await coordinator.waitFor(/ origin_refused door=http origin=https:\/\/evil\.example/);
  const { text } = await askDirectly(t, files, '', { REQUEST_METHOD: 'GET', REQUEST_URI: '/metrics' });
  const metrics = readMetrics(text);
  assert.equal(metrics.get('vitrina_coordinator_origins_refused_total{door="http"}'), 3);
  assert.equal(metrics.get('vitrina_coordinator_requests_total{verb="none",answer="FORBIDDEN"}'), 3);
  assert.equal(metrics.get('vitrina_coordinator_guess_budget_ratio'), 0);
});

test('refused pages cannot fill the log', async t => {
  const { files, coordinator } = await startAlone(t, { access_log: false });
  const connection = new FastCgi(files.socket);
  onEnd(t, () => connection.close());
  for (let i = 0; i < 200; i++) {
    connection.write(wholeRequest('{}', { ...HOST, HTTP_ORIGIN: `https://evil-${i}.example` }));
    assert.equal((await connection.answer()).status, 403);
  }
  await coordinator.stop();
  const lines = coordinator.log.match(/ origin_refused door/g) ?? [];
  assert.ok(lines.length >= 20 && lines.length <= 40, `${lines.length} lines, 20 in a minute`);
  assert.match(coordinator.log, / lines_left_out event=origin_refused lines=\d+/);
});

test('a page elsewhere that is allowed may ask beforehand, and read answers and refusals', async t => {
  const { files } = await startAlone(t, ALLOWED);
  const page = { ...HOST, HTTP_ORIGIN: 'https://partner.example' };
  const asking = { REQUEST_METHOD: 'OPTIONS', HTTP_ACCESS_CONTROL_REQUEST_METHOD: 'POST' };
  const before = await askDirectly(t, files, '', { ...page, ...asking });
  assert.equal(before.status, 204);
  assert.equal(before.headers['access-control-allow-origin'], 'https://partner.example');
  assert.equal(before.headers['access-control-allow-methods'], 'POST');
  assert.match(before.headers['access-control-allow-headers'], /\bContent-Type\b/i);
  assert.equal(before.headers['access-control-allow-credentials'], undefined);
  assert.equal(before.text, '');
  for (const verb of ['GET_RCS', 'NONE']) {
    const { headers } = await askDirectly(t, files, verb, { ...page, ...JSON_TYPE });
    assert.equal(headers['access-control-allow-origin'], 'https://partner.example', verb);
    assert.match(headers['access-control-expose-headers'], /Retry-After/);
    assert.equal(headers.vary, 'Origin');
  }
  const foreign = await askDirectly(t, files, '', { ...page, ...asking, HTTP_ORIGIN: 'https://evil.example' });
  assert.deepEqual([foreign.status, foreign.headers['access-control-allow-origin']], [403, undefined]);
  const own = await askDirectly(t, files, 'GET_RCS', { ...page, ...JSON_TYPE, HTTP_ORIGIN: 'https://site.example' });
  assert.equal(own.headers['access-control-allow-origin'], undefined, 'the site itself needs none');
  const plain = await askDirectly(t, files, '', { ...HOST, REQUEST_METHOD: 'OPTIONS' });
  assert.deepEqual([plain.status, plain.answer.msg], [405, 'METHOD_NOT_ALLOWED']);
});

test('with "*" every page may, and what it says of itself is not repeated', async t => {
  const { files } = await startAlone(t, { allowed_origins: ['*'] });
  for (const origin of ['https://anybody.example', 'null']) {
    const { status, headers } = await askDirectly(t, files, 'GET_RCS', { ...HOST, ...JSON_TYPE, HTTP_ORIGIN: origin });
    assert.deepEqual([status, headers['access-control-allow-origin']], [200, '*']);
  }
});

test('the next request on a kept connection is not taken for one of the last page', async t => {
  const { files } = await startAlone(t, ALLOWED);
  const connection = new FastCgi(files.socket);
  onEnd(t, () => connection.close());
  const body = '{"verb":"GET_RCS"}';
  connection.write(wholeRequest(body, { ...HOST, ...JSON_TYPE, HTTP_ORIGIN: 'https://partner.example' }));
  assert.equal((await connection.answer()).headers['access-control-allow-origin'], 'https://partner.example');
  connection.write(wholeRequest(body, { ...HOST, ...JSON_TYPE }));
  assert.equal((await connection.answer()).headers['access-control-allow-origin'], undefined);
});

/** What each web server has to pass on. @param {import('./lib/nginx.mjs').Nginx} server */
async function asksThrough({ url, ca }) {
  const body = '{"verb":"GET_RCS"}';
  const type = { 'Content-Type': 'application/json' };
  /** @param {Record<string, string>} headers @param {string} [method] */
  const ask = (headers, method = 'POST') => request(`${url}api`, { ca, method, headers, body: method === 'POST' ? body : undefined });
  assert.equal((await ask({ 'Content-Type': 'application/x-www-form-urlencoded' })).status, 200, 'as curl does');
  assert.equal((await ask({ ...type, Origin: new URL(url).origin })).status, 200, 'the site itself');
  assert.equal((await ask({ ...type, Origin: 'https://proxied.example', 'X-Forwarded-Host': 'proxied.example' })).status, 200, 'behind a proxy');
  const allowed = await ask({ ...type, Origin: 'https://partner.example' });
  assert.deepEqual([allowed.status, allowed.headers['access-control-allow-origin']], [200, 'https://partner.example']);
  const before = await ask({ Origin: 'https://partner.example', 'Access-Control-Request-Method': 'POST' }, 'OPTIONS');
  assert.deepEqual([before.status, before.headers['access-control-allow-methods']], [204, 'POST']);
  for (const headers of [{ ...type, Origin: 'https://evil.example' }, { ...type, Origin: 'null' }, { 'Content-Type': 'text/plain', Origin: new URL(url).origin }]) {
    const refused = await ask(headers);
    assert.deepEqual([refused.status, refused.answer.msg], [403, 'FORBIDDEN'], JSON.stringify(headers));
  }
}

test('behind nginx', async t => {
  const { nginx } = await startSite(t, { settings: ALLOWED });
  await asksThrough(nginx);
});

test('behind Apache', async t => {
  const { files } = await startAlone(t, ALLOWED);
  await asksThrough(await startApache(t, { coordinatorSocket: files.socket, websocketSocket: files.websocket }));
});

test('as plain CGI', async t => {
  const files = new CoordinatorFiles(t);
  files.writeConfiguration(ALLOWED);
  files.writeServers([listed({ name: 'dead', port: 1 }, 'R')]);
  const ask = (/** @type {Record<string, string>} */ variables, body = JSON.stringify({ verb: 'PLAN_SESSION', ...booking() })) =>
    invoke(files, body, { ...HOST, ...JSON_TYPE, ...variables });
  for (const origin of ['https://evil.example', 'null']) {
    const { status, answer } = await ask({ HTTP_ORIGIN: origin });
    assert.deepEqual([status, answer.msg], [403, 'FORBIDDEN'], origin);
  }
  assert.equal((await ask({ HTTP_ORIGIN: 'https://site.example', CONTENT_TYPE: 'text/plain' })).status, 403);
  assert.deepEqual(planOf(files), []);
  const own = await ask({ HTTP_ORIGIN: 'https://site.example' });
  assert.equal(own.answer.msg, 'CONNECTION_CODE');
  const allowed = await ask({ HTTP_ORIGIN: 'https://partner.example' }, '{"verb":"GET_RCS"}');
  assert.deepEqual([allowed.status, allowed.headers['Access-Control-Allow-Origin']], [200, 'https://partner.example']);
});

test('the page may be shown in frames of the site itself, and of those that the web server names', async t => {
  const policy = async (/** @type {import('./lib/nginx.mjs').Nginx} */ { url, ca }) =>
    /frame-ancestors ([^;]*)/.exec(String((await request(url, { ca })).headers['content-security-policy']))?.[1].trim();
  const embedOrigins = 'https://partner.example https://other.example';
  for (const [named, expected] of [[undefined, "'self'"], [embedOrigins, `'self' ${embedOrigins}`]]) {
    const { nginx, files } = await startSite(t, { embedOrigins: named });
    assert.equal(await policy(nginx), expected, 'nginx');
    assert.equal(await policy(await startApache(t, { coordinatorSocket: files.socket, embedOrigins: named })), expected, 'Apache');
  }
});
