// @ts-check
// WHEP at the streamer: offers, answers, trickled candidates, the end of a viewing, and every way to do it wrong.

import assert from 'node:assert/strict';
import test from 'node:test';
import { freePort } from './lib/ports.mjs';
import { until } from './lib/programs.mjs';
import { offer, startStreamer, windowProgram } from './lib/streamer.mjs';

const fragment = [
  'a=ice-ufrag:hTkQ',
  'a=ice-pwd:u1nL7ydM2ZxvC0pQkW3sRf9B',
  'm=video 9 UDP/TLS/RTP/SAVPF 0',
  'a=mid:0',
  'a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host',
  '',
].join('\r\n');
const trickle = { method: 'PATCH', type: 'application/trickle-ice-sdpfrag', body: fragment, headers: { 'If-Match': '"1"' } };
/** @param {string} ufrag @param {string} match */
const restart = (ufrag, match) => ({ ...trickle, body: fragment.replace('hTkQ', ufrag), headers: { 'If-Match': match } });

test('an offer is answered; candidates, the end, and another viewing follow', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  for (const codec of ['VP8', 'H264']) {
    const { status, headers, text } = await person.whep({ body: offer(codec) });
    assert.equal(status, 201, text);
    assert.equal(headers['content-type'], 'application/sdp');
    assert.match(text, new RegExp(`^v=0\r\n[^]*${codec}/90000`));
    assert.match(text, /a=candidate:/);
    assert.equal(headers.etag, '"1"');
    const location = String(headers.location);
    assert.match(location, new RegExp(`^${session}/[0-9a-f]{32}$`), 'relative to the endpoint');
    assert.equal((await person.whep({ ...trickle, path: location })).status, 204);
    assert.equal((await person.whep({ ...trickle, type: 'Application/Trickle-ICE-SDPfrag; a=b', path: location })).status, 204);
    assert.equal((await person.whep({ method: 'DELETE', path: location, type: '' })).status, 200);
    assert.equal((await person.whep({ method: 'DELETE', path: location, type: '' })).status, 404);
    assert.equal((await person.whep({ ...trickle, path: location })).status, 404);
  }
  await until(() => (streamer.program.log.match(/viewer_gone/g)?.length ?? 0) >= 2);
});

test('what is wrong is refused with the status that says so', async t => {
  const streamer = await startStreamer(t, { session_limit: 2 });
  const { session } = await streamer.startSession();
  const other = (await streamer.startSession()).session;
  const person = streamer.person(session, 'p', { role: 'host' });
  const stranger = streamer.person(session, 'q');
  const location = String((await person.whep({ body: offer() })).headers.location);
  /** @type {[string, Parameters<typeof person.whep>[0], number, string][]} */
  const cases = [
    ['no ticket', { body: offer(), ticket: null }, 401, 'NOT_AUTHORIZED'],
    ['a wrong ticket', { body: offer(), ticket: 'x.y.z' }, 401, 'NOT_AUTHORIZED'],
    ['an expired ticket', { body: offer(), ticket: streamer.ticket(session, 'p', { exp: 1 }) }, 401, 'NOT_AUTHORIZED'],
    ["another session's ticket", { body: offer(), ticket: streamer.ticket(other, 'p') }, 403, 'FORBIDDEN'],
    ['no such session', { body: offer(), path: 'none', ticket: streamer.ticket('none', 'p') }, 404, 'SESSION_NOT_EXIST'],
    ['no type', { body: offer(), type: '' }, 415, 'BAD_REQUEST'],
    ['JSON', { body: offer(), type: 'application/json' }, 415, 'BAD_REQUEST'],
    ['another type that begins alike', { body: offer(), type: 'application/sdpx' }, 415, 'BAD_REQUEST'],
    ['nothing', { body: '' }, 400, 'BAD_REQUEST'],
    ['no SDP', { body: 'hello' }, 400, 'BAD_REQUEST'],
    ['SDP without media', { body: 'v=0\r\ns=-\r\n' }, 400, 'BAD_REQUEST'],
    ['SDP with a NUL', { body: offer() + '\0' }, 400, 'BAD_REQUEST'],
    ['a codec that nobody has', { body: offer('THEORA') }, 400, 'BAD_REQUEST'],
    ['a huge offer', { body: offer() + 'a=x\r\n'.repeat(20_000) }, 413, 'TOO_LARGE'],
    ['GET', { method: 'GET', type: '' }, 405, 'METHOD_NOT_ALLOWED'],
    ['PUT', { method: 'PUT', body: offer() }, 405, 'METHOD_NOT_ALLOWED'],
    ['PATCH of the endpoint', { ...trickle }, 405, 'METHOD_NOT_ALLOWED'],
    ['POST to the resource', { path: location, body: offer() }, 405, 'METHOD_NOT_ALLOWED'],
    ['a path too deep', { path: `${location}/more`, body: offer() }, 404, 'NOT_FOUND'],
    ['no path', { path: '', body: offer() }, 404, 'NOT_FOUND'],
    ['an unknown resource', { ...trickle, path: `${session}/${'0'.repeat(32)}` }, 404, 'NOT_FOUND'],
    ['candidates of another type', { ...trickle, path: location, type: 'application/sdp' }, 415, 'BAD_REQUEST'],
    ['no candidates', { ...trickle, path: location, body: '' }, 400, 'BAD_REQUEST'],
    ['candidates of no generation', { ...trickle, path: location, headers: {} }, 428, 'BAD_REQUEST'],
    ['candidates of another generation', { ...trickle, path: location, headers: { 'If-Match': '"2"' } }, 412, 'BAD_REQUEST'],
    ['a weak match', { ...trickle, path: location, headers: { 'If-Match': 'W/"1"' } }, 412, 'BAD_REQUEST'],
    ['an ICE restart with the same credentials', { ...restart('hTkQ', '*'), path: location }, 400, 'BAD_REQUEST'],
    ['an ICE restart with poor credentials', { ...restart('x', '*'), path: location }, 400, 'BAD_REQUEST'],
    ["an ICE restart of another's", { ...restart('xyzw', '*'), path: location, ticket: stranger.ticket }, 404, 'NOT_FOUND'],
    ["another's resource", { ...trickle, path: location, ticket: stranger.ticket }, 404, 'NOT_FOUND'],
    ["the end of another's", { method: 'DELETE', path: location, type: '', ticket: stranger.ticket }, 404, 'NOT_FOUND'],
  ];
  for (const [what, options, status, msg] of cases) {
    const reply = await person.whep(options);
    assert.deepEqual([reply.status, reply.answer?.msg], [status, msg], `${what}: ${reply.text}`);
    assert.ok(reply.answer.reason, what);
  }
  assert.equal((await person.whep({ ...trickle, path: location })).status, 204, 'the viewing goes on');
  const allow = await person.whep({ ...trickle });
  assert.equal(allow.headers.allow, 'POST');
});

test('ICE is restarted, and what belongs to the generation before is refused', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const first = await person.whep({ body: offer() });
  const path = String(first.headers.location);
  const credentials = (/** @type {string} */ text) => /a=ice-ufrag:(\S+)\r\na=ice-pwd:(\S+)/.exec(text)?.slice(1) ?? [];

  const second = await person.whep({ ...restart('second', '*'), path });
  assert.equal(second.status, 200, second.text);
  assert.equal(second.headers['content-type'], 'application/trickle-ice-sdpfrag');
  assert.equal(second.headers.etag, '"2"');
  assert.match(second.text, /^a=ice-ufrag:[^]*\r\nm=video 9 UDP\/TLS\/RTP\/SAVPF 0\r\na=mid:0\r\na=candidate:/);
  assert.notDeepEqual(credentials(second.text), credentials(first.text));

  // Candidates of the first generation, and a restart that was made before the second one was known.
  for (const late of [trickle, restart('late', '"1"')]) {
    const { status, headers } = await person.whep({ ...late, path });
    assert.deepEqual([status, headers.etag], [412, '"2"']);
  }
  assert.equal((await person.whep({ ...restart('second', '"1", "2"'), path })).status, 204, 'candidates of the second');
  const third = await person.whep({ ...restart('third', '"2"'), path });
  assert.deepEqual([third.status, third.headers.etag], [200, '"3"']);

  const { engine } = streamer.processes();
  process.kill(engine, 'SIGSTOP');
  const waiting = person.whep({ ...restart('fourth', '*'), path });
  const busy = await until(async () => {
    const reply = await person.whep({ ...restart('fifth', '*'), path });
    return reply.status === 409 && reply;
  });
  assert.equal(busy.headers['retry-after'], '1');
  process.kill(engine, 'SIGCONT');
  assert.equal((await waiting).status, 200);
});

test('the same person has one player: a new one ends the old', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const first = String((await person.whep({ body: offer() })).headers.location);
  const second = String((await person.whep({ body: offer() })).headers.location);
  assert.notEqual(first, second);
  assert.equal((await person.whep({ ...trickle, path: first })).status, 404);
  assert.equal((await person.whep({ ...trickle, path: second })).status, 204);
});

test('a player alone keeps its person in the session', async t => {
  const streamer = await startStreamer(t, { reconnect_grace_seconds: 1, alone_grace_seconds: 1, join_seconds: 1 });
  const { session } = await streamer.startSession();
  const person = streamer.person(session, 'p', { role: 'host' });
  const location = String((await person.whep({ body: offer() })).headers.location);
  const { version } = await streamer.status();
  const { answer } = await streamer.control('GET_STATUS', { version, wait_seconds: 4 });
  assert.equal(answer.version, version, 'nothing has changed for four seconds');
  assert.equal(answer.sessions[0].users, 1);
  await person.whep({ method: 'DELETE', path: location, type: '' });
  await streamer.program.waitFor(/session_ended .*reason=users_left/, { timeout: 5000 });
});

test('a session that still starts says try again', async t => {
  const streamer = await startStreamer(t, { app: [windowProgram, 'mute'], start_timeout_seconds: 3 });
  const started = streamer.control('START_SESSION', { session: 'slow' });
  await streamer.program.waitFor(/session_starting/);
  const { status, headers } = await streamer.person('slow', 'p').whep({ body: offer() });
  assert.equal(status, 503);
  assert.equal(headers['retry-after'], '1');
  await started;
});

test('a session that ends while an offer waits answers it', async t => {
  const streamer = await startStreamer(t, { max_restarts: 0 });
  const { session } = await streamer.startSession();
  process.kill(streamer.processes().engine, 'SIGSTOP');
  const waiting = streamer.person(session, 'p').whep({ body: offer() });
  await streamer.program.waitFor(/user_joined/);
  const ended = streamer.control('END_SESSION', { session });
  const { status, answer } = await waiting;
  assert.equal(status, 503);
  assert.ok(answer.reason);
  assert.equal((await ended).status, 200);
});

test('an answer that would lead nowhere is none: the ports are used up', async t => {
  const port = await freePort();
  const streamer = await startStreamer(t, { webrtc: { width: 320, height: 240, udp_port_min: port, udp_port_max: port } });
  const { session } = await streamer.startSession();
  const [first, second] = [streamer.person(session, 'p', { role: 'host' }), streamer.person(session, 'q')];
  const watching = await first.whep({ body: offer() });
  assert.equal(watching.status, 201, watching.text);
  const refused = await second.whep({ body: offer() });
  assert.deepEqual([refused.status, refused.answer?.msg], [503, 'SERVERS_BUSY'], refused.text);
  assert.match(refused.answer.reason, /no address or port/);
  assert.equal(refused.headers['retry-after'], '1');
  await streamer.program.waitFor(/no_candidates/);
  await first.whep({ method: 'DELETE', path: String(watching.headers.location), type: '' });
  await until(async () => (await second.whep({ body: offer() })).status === 201, { what: 'the port that has become free' });
});

test('addresses that this host does not have are told at the start', async t => {
  const streamer = await startStreamer(t, { webrtc: { ice_addresses: ['198.51.100.7'] } });
  const { status, answer } = await streamer.control('START_SESSION');
  assert.equal(status, 502);
  assert.match(answer.reason, /ice_addresses: this host has no address 198\.51\.100\.7/);
});

test('a player that goes away before its answer is forgotten', async t => {
  const streamer = await startStreamer(t);
  const { session } = await streamer.startSession();
  const { engine } = streamer.processes();
  process.kill(engine, 'SIGSTOP');
  const away = new AbortController();
  const lost = streamer.person(session, 'p').whep({ body: offer(), signal: away.signal });
  await streamer.program.waitFor(/user_joined/);
  away.abort();
  await assert.rejects(lost);
  await streamer.program.waitFor(/viewer_gone/);
  process.kill(engine, 'SIGCONT');
  assert.equal((await streamer.person(session, 'p').whep({ body: offer() })).status, 201);
});
