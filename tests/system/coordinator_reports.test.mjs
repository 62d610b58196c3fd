// @ts-check
// Pages that say why they show no picture: what is taken of them, from whom, and how often.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from './lib/client.mjs';
import { CoordinatorFiles, listed, startSite } from './lib/coordinator.mjs';
import { FakeStreamer } from './lib/fake_streamer.mjs';
import { readMetrics } from './lib/metrics.mjs';

/** A site with a session, and its host's ticket. @param {import('node:test').TestContext} t @param {object} [settings] */
async function startReporting(t, settings = {}) {
  const files = new CoordinatorFiles(t);
  const fake = await FakeStreamer.start(t, { name: 'tower-1', key: files.key });
  const site = await startSite(t, { files, servers: [listed(fake, 'River Quarter')], settings });
  await site.online(1);
  const { answer } = await site.client.ask('START_SESSION', { rc_name: 'River Quarter' });
  const report = async (/** @type {object} */ fields) => (await site.client.ask('SEND_REPORT', { ticket: answer.ticket, ...fields })).answer;
  const count = async (/** @type {string} */ reason) => {
    const { text } = await request(`${site.nginx.url}metrics`, { ca: site.nginx.ca });
    return readMetrics(text).get(`vitrina_coordinator_pictures_missing_total{reason="${reason}"}`);
  };
  return { ...site, ...answer, serverName: fake.name, report, count };
}

test('a report has a line in the log and is counted by its reason, without who it was', async t => {
  const { coordinator, session, ticket, report, count, serverName } = await startReporting(t, { log_level: 'notice' });
  assert.deepEqual(await report({ reason: 'no_route', browser: 'firefox' }), { msg: 'REPORT_SENT' });
  await coordinator.waitFor(new RegExp(`picture_missing request=\\S+ session=${session} server=${serverName} reason=no_route browser=firefox$`, 'm'));
  assert.equal(await count('no_route'), 1);
  assert.equal(await count('unreachable'), 0);
  const [line] = coordinator.log.match(/.* picture_missing .*/) ?? [''];
  assert.doesNotMatch(line, /127\.0\.0\.1|client=/);
  assert.ok(!coordinator.log.includes(ticket));
});

test('before there is a session that is told alone which is known then', async t => {
  const { report, count } = await startReporting(t);
  const none = { ticket: undefined };
  assert.equal((await report({ ...none, reason: 'no_codec' })).msg, 'REPORT_SENT');
  const { msg, field } = await report({ ...none, reason: 'no_route' });
  assert.deepEqual([msg, field], ['NOT_AUTHORIZED', 'ticket']);
  assert.deepEqual([await count('no_codec'), await count('no_route')], [1, 0]);
});

test('what is no word of the list, or no ticket of ours, is refused and not counted', async t => {
  const { report, count } = await startReporting(t);
  /** @type {[object, string, string][]} */
  const wrong = [
    [{}, 'BAD_REQUEST', 'reason'],
    [{ reason: 'my address is 192.0.2.1' }, 'BAD_REQUEST', 'reason'],
    [{ reason: 'no_route', browser: 'Mozilla/5.0' }, 'BAD_REQUEST', 'browser'],
    [{ reason: 'no_route', ticket: 'no ticket' }, 'NOT_AUTHORIZED', 'ticket'],
  ];
  for (const [fields, refusal, about] of wrong) {
    const { msg, field } = await report(fields);
    assert.deepEqual([msg, field], [refusal, about], JSON.stringify(fields));
  }
  assert.equal(await count('no_route'), 0);
});

test('who reports too often is refused, and can still do all else', async t => {
  const limits = { report_per_minute: 1, report_burst: 2, exempt: [] };
  const { client, report, count } = await startReporting(t, { limits });
  const words = [];
  for (let i = 0; i < 4; i++) words.push((await report({ reason: 'unreachable' })).msg);
  assert.deepEqual(words, ['REPORT_SENT', 'REPORT_SENT', 'TOO_MANY_ATTEMPTS', 'TOO_MANY_ATTEMPTS']);
  assert.equal(await count('unreachable'), 2);
  assert.equal((await client.ask('GET_RCS')).status, 200);
});
