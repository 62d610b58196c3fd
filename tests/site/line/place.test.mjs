// @ts-check
// A place in a line: where it stands is known, it is kept for a reload and forgotten in time, and the line's end is told once.

import assert from 'node:assert/strict';
import test from 'node:test';

// What the page's modules ask of it when they are loaded.
Object.assign(globalThis, { document: { baseURI: 'https://site.example/' } });
const { PlaceInLine } = await import('../../../www/line/place.js');

const settle = () => new Promise(done => setTimeout(done, 5));

/**
 * A visitor in a line, with a coordinator that gives these answers to START_SESSION in turn and then lets them wait.
 * @param {import('node:test').TestContext} t @param {object[]} answers
 */
function visitorInLine(t, answers) {
  /** @type {any[]} */ const asked = [];
  /** @type {any[]} */ const told = [];
  t.mock.method(globalThis, 'fetch', async (/** @type {URL} */ _url, /** @type {any} */ { body, signal }) => {
    const request = JSON.parse(body);
    asked.push(request);
    const answer = request.verb === 'START_SESSION' ? answers.shift() : request.verb === 'LEAVE_LINE' ? { msg: 'LEFT' } : undefined;
    if (answer) return new Response(JSON.stringify(answer));
    return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
  });
  const place = new PlaceInLine({
    getLanguage: () => 'ru',
    onKept: kept => told.push(['kept', kept?.place ?? null]),
    onChange: () => told.push(['change', place.waiting?.position]),
    onTurn: ({ msg }, rcName) => told.push(['turn', msg, rcName]),
    onRefused: ({ msg }) => told.push(['refused', msg]),
  });
  t.after(() => place.leave());
  return { place, asked, told };
}

test('the place is kept from the first answer on, and its events are asked for', async t => {
  const { place, asked, told } = visitorInLine(t, [{ msg: 'SERVERS_BUSY', place: 'P1', position: 2, estimated_wait_seconds: 60 }]);
  place.stand('River Quarter');
  await settle();
  assert.deepEqual(told, [['kept', null], ['change', undefined], ['kept', 'P1'], ['change', 2]]);
  assert.ok((place.waiting?.turnMs ?? 0) > Date.now());
  assert.deepEqual(asked.map(({ verb, place: which }) => [verb, which]), [['START_SESSION', undefined], ['POLL_EVENTS', 'P1'], ['START_SESSION', 'P1']]);
  assert.deepEqual(asked.map(({ language }) => language), ['ru', undefined, 'ru'], 'the scene will speak the visitor’s language');
});

test('whose turn has come waits no more, and nothing is kept', async t => {
  const { place, told } = visitorInLine(t, [{ msg: 'SESSION_CONNECTION_DATA' }]);
  await place.stand('River Quarter', 'P1');
  assert.deepEqual(told, [['kept', null], ['kept', 'P1'], ['change', undefined], ['kept', null], ['turn', 'SESSION_CONNECTION_DATA', 'River Quarter']]);
  assert.equal(place.waiting, null);
});

test('a place that was lost is replaced by another, which is told', async t => {
  const { place } = visitorInLine(t, [{ msg: 'SERVERS_BUSY', place: 'P2', position: 5 }]);
  place.stand('River Quarter', 'P1');
  await settle();
  assert.deepEqual([place.waiting?.place, place.waiting?.note], ['P2', 'end']);
});

test('a line that takes nobody more is told as full', async t => {
  const { place, told } = visitorInLine(t, [{ msg: 'SERVERS_BUSY' }]);
  await place.stand('River Quarter');
  assert.deepEqual(told.at(-1), ['refused', 'LINE_FULL']);
});

test('who leaves gives the place back', async t => {
  const { place, asked, told } = visitorInLine(t, [{ msg: 'SERVERS_BUSY', place: 'P1', position: 1 }]);
  place.stand('River Quarter');
  await settle();
  place.leave();
  await settle();
  assert.deepEqual([asked.at(-1).verb, asked.at(-1).place, told.at(-1)], ['LEAVE_LINE', 'P1', ['kept', null]]);
});
