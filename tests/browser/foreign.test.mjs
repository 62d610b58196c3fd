// @ts-check
// Pages of other sites in a visitor's browser: what they try with the site, and what an allowed one may.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { CoordinatorFiles, listed, startSite } from '../system/lib/coordinator.mjs';
import { FakeStreamer } from '../system/lib/fake_streamer.mjs';
import { readPlanFiles } from '../system/lib/planning.mjs';
import { onEnd, until } from '../system/lib/programs.mjs';
import { startBrowser, Visitor } from './lib/visitor.mjs';

/** @typedef {import('node:test').TestContext} T */

/** The day after tomorrow, as a booking has it. */
function later() {
  const day = new Date(Date.now() + 2 * 86_400_000);
  return `${day.getUTCDate()}/${day.getUTCMonth() + 1}/${day.getUTCFullYear()}`;
}

/** Another site, which shows the site in a frame. @param {T} t @returns {Promise<{ origin: string, shows: (url: string) => void }>} */
async function openElsewhere(t) {
  let framed = '';
  const server = createServer((_, response) =>
    response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>Elsewhere</title><iframe src="${framed}" width="900" height="600"></iframe>`),
  );
  await new Promise(settle => server.listen(0, '127.0.0.1', () => settle(undefined)));
  onEnd(t, () => (server.closeAllConnections(), server.close()));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { origin: `http://127.0.0.1:${port}`, shows: url => void (framed = url) };
}

/**
 * The site with one server, another site, and somebody who has that open.
 * @param {T} t @param {(origin: string) => { allowed?: string[], embedOrigins?: string }} lets what the other site may
 */
async function meet(t, lets) {
  const elsewhere = await openElsewhere(t);
  const { allowed, embedOrigins } = lets(elsewhere.origin);
  const files = new CoordinatorFiles(t);
  const streamer = await FakeStreamer.start(t, { name: 'a', key: files.key });
  const settings = { allowed_origins: allowed ?? [] };
  const site = await startSite(t, { files, settings, servers: [listed(streamer, 'Park Side')], embedOrigins });
  await site.online(1);
  elsewhere.shows(site.nginx.url);
  const browser = await startBrowser(t);
  const visitor = await Visitor.come(t, browser, { label: 'elsewhere' });
  await visitor.page.goto(elsewhere.origin);
  const plan = join(files.directory, 'sessions_planned.json');
  return {
    site,
    streamer,
    visitor,
    /** How many reservations there are. */
    reservations: () => readPlanFiles(plan).length,
    /**
     * The page sends a request and says what it can read of the answer.
     * @param {object} request @param {RequestInit} how @returns {Promise<any>}
     */
    sends: (request, how) =>
      visitor.page.evaluate(
        async ({ url, body, options }) => {
          try {
            const response = await fetch(url, { method: 'POST', body, ...options });
            return { status: response.status, type: response.type, text: await response.text() };
          } catch (failure) {
            return { failure: String(failure) };
          }
        },
        { url: `${site.nginx.url}api`, body: JSON.stringify(request), options: how },
      ),
  };
}

const AS_A_FORM = { mode: /** @type {const} */ ('no-cors'), headers: { 'Content-Type': 'text/plain' } };
const AS_JSON = { headers: { 'Content-Type': 'application/json' } };

test('a page of another site can neither book nor start nor guess nor listen, and not show the site', async t => {
  const { site, streamer, visitor, reservations, sends } = await meet(t, () => ({}));
  const refusedBefore = () => (site.coordinator.log.match(/answer=FORBIDDEN/g) ?? []).length;
  const wishes = [
    { verb: 'PLAN_SESSION', rc_name: 'Park Side', date: later(), time: '12:00' },
    { verb: 'START_SESSION', rc_name: 'Park Side' },
    { verb: 'CONNECT_SESSION_WITH_CODE', code: '1234' },
  ];
  for (const wish of wishes) {
    assert.deepEqual((await sends(wish, AS_A_FORM)).type, 'opaque', 'it was sent, and the answer cannot be read');
    assert.match((await sends(wish, AS_JSON)).failure, /TypeError/, 'it was not even sent');
  }
  await until(() => refusedBefore() >= 2 * wishes.length, { what: 'the refusals' });
  assert.doesNotMatch(site.coordinator.log, /verb=(PLAN_SESSION|START_SESSION|CONNECT_SESSION_WITH_CODE)/);
  assert.equal(reservations(), 0);
  assert.equal(streamer.count('START_SESSION'), 0);
  const ws = site.nginx.url.replace(/^http/, 'ws');
  const heard = await visitor.page.evaluate(url => new Promise(settle => {
    const socket = new WebSocket(`${url}ws`);
    socket.onopen = () => settle('open');
    socket.onerror = () => settle('refused');
  }), ws);
  assert.equal(heard, 'refused');

  const frame = visitor.page.frames()[1];
  await until(() => visitor.complaints.some(each => /frame-ancestors/.test(each)), { what: 'the browser says why' });
  assert.equal(await frame.locator('[data-rc]').count(), 0);
});

test('a page that is allowed to ask may, and still may not show the site', async t => {
  const { visitor, reservations, sends } = await meet(t, origin => ({ allowed: [origin] }));
  const { status, text } = await sends({ verb: 'GET_RCS' }, AS_JSON);
  assert.deepEqual([status, JSON.parse(text).msg], [200, 'RCS_FOUND']);
  const booked = await sends({ verb: 'PLAN_SESSION', rc_name: 'Park Side', date: later(), time: '12:00' }, AS_JSON);
  assert.equal(JSON.parse(booked.text).msg, 'CONNECTION_CODE');
  assert.equal(reservations(), 1);
  const refused = await sends({ verb: 'NONE' }, AS_JSON);
  assert.deepEqual([refused.status, JSON.parse(refused.text).msg], [400, 'UNKNOWN_VERB'], 'refusals can be read, too');
  await until(() => visitor.complaints.some(each => /frame-ancestors/.test(each)));
});

test('a page that is allowed to show the site may, and still may not ask', async t => {
  const { visitor, reservations, sends } = await meet(t, origin => ({ embedOrigins: origin }));
  const frame = visitor.page.frames()[1];
  await frame.locator('[data-rc="Park Side"]').waitFor();
  assert.deepEqual(visitor.complaints, []);
  await sends({ verb: 'PLAN_SESSION', rc_name: 'Park Side', date: later(), time: '12:00' }, AS_A_FORM);
  assert.equal(reservations(), 0);
});
