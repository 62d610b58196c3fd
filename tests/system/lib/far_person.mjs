// @ts-check
// A person in a session, as a program of its own, for networks that are not ours:
//
//   node far_person.mjs BASE TICKET socket|poll
//
// prints each event as a line. It does what a page has to: asks now and then whether the line is alive, and comes back
// with its cursor when it is not.

import { request } from './client.mjs';
import { WebSocketClient } from './websocket.mjs';

const [base, ticket, way] = process.argv.slice(2);
const patience = 4000;
/** @type {number | undefined} */
let cursor;

/** @param {any[]} events */
function take(events) {
  for (const event of events) {
    cursor = event.cursor;
    console.log(JSON.stringify(event));
  }
}

process.on('SIGTERM', () => process.exit(0));

const soon = () => new Promise(wake => setTimeout(wake, 200));

async function attend() {
  /** @type {(() => void)[]} */
  const ends = [];
  const opening = WebSocketClient.open({ after: end => ends.push(end) }, base + 'session');
  const late = new Promise((_, fail) => setTimeout(fail, patience, new Error('no connection')));
  const socket = /** @type {WebSocketClient} */ (await Promise.race([opening, late]));
  try {
    const answer = await socket.ask('CONNECT_TO_SESSION', { ticket, cursor });
    cursor ??= answer.cursor;
    let taken = 0;
    for (let checked = Date.now(); !socket.closed; await soon()) {
      const events = socket.messages.filter(({ id }) => id === undefined);
      take(events.slice(taken));
      taken = events.length;
      if (Date.now() - checked < patience) continue;
      checked = Date.now();
      const silence = new Promise((_, fail) => setTimeout(fail, patience / 4, new Error('silence')));
      await Promise.race([socket.ask('POLL_EVENTS', { cursor }), silence]);
    }
  } finally {
    for (const end of ends) end();
  }
}

async function poll() {
  const verb = cursor === undefined ? { verb: 'CONNECT_TO_SESSION' } : { verb: 'POLL_EVENTS', cursor, wait_seconds: 30 };
  const headers = { 'Content-Type': 'application/json', Connection: 'close' };
  const { answer } = await request(base + 'session', { method: 'POST', headers, body: JSON.stringify({ ...verb, ticket }), signal: AbortSignal.timeout(32_000) });
  if (cursor === undefined || !answer.events) console.log(JSON.stringify(answer));
  if (answer.events) take(answer.events);
  cursor = answer.cursor ?? cursor;
}

for (;;)
  try {
    await (way === 'socket' ? attend() : poll());
  } catch (failure) {
    console.error(String(failure));
    await soon();
  }
