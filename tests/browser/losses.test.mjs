// @ts-check
// How visits end, and what others notice of somebody's trouble: devices that die or freeze, people who fall asleep, time that
// runs out. Each browser has processes of its own.

import assert from 'node:assert/strict';
import test from 'node:test';
import { onEnd, until } from '../system/lib/programs.mjs';
import { openHouse, startHouse } from './lib/house.mjs';
import { Participant } from './lib/participant.mjs';
import { difference, startOwnBrowser, UNREST } from './lib/visitor.mjs';

/** Longer than a dead line may go unnoticed, 15 s, and the wait for the one who had it, below. */
const LOST_MS = 40_000;

const park = { wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }] };
const { house, browser } = await openHouse({ ...park, settings: { reconnect_grace_seconds: 6, alone_grace_seconds: 180 } });

/** Streamer and session of the only one that runs. @param {Awaited<ReturnType<typeof startHouse>>} where */
async function onlySession(where) {
  const streamer = where.streamers.get('park-1');
  assert.ok(streamer);
  const [{ session }] = (await streamer.status()).sessions;
  return { streamer, session };
}

/** @param {number} seconds from now */
const instant = seconds => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

test('of browsers that die or freeze the others notice just that, and the last one’s end is the session’s', async t => {
  const onlooker = await Participant.come(t, browser, { label: 'loss-onlooker' });
  const [dying, freezing] = [await startOwnBrowser(t), await startOwnBrowser(t)];
  const host = await Participant.come(t, browser, { label: 'loss-host' });
  const victim = await Participant.come(t, dying.browser, { label: 'loss-victim' });
  const frozen = await Participant.come(t, freezing.browser, { label: 'loss-frozen' });
  await host.invites(house, 'Park Side', victim, frozen);
  await onlooker.open(house.url);
  await onlooker.seesCard('Park Side', /taken right now/);

  await t.test('one that steers is killed: control goes back, and what it held down is let go', async () => {
    await victim.control.click();
    await host.site.locator('[data-action="grant"]').click();
    await victim.seesSteering('You’re in control');
    await victim.video.focus();
    const saw = await host.seesStillness();
    await victim.page.keyboard.down('KeyW');
    await host.seesChange(saw, 'a step of the one who will be killed');
    await host.newsSince();
    await frozen.newsSince();
    dying.signal('SIGKILL');
    await host.seesStillness();
    await host.seesPeople(/Host/, /Guest 3/);
    await host.seesSteering('You’re in control');
    const told = [...(await host.newsSince()), ...(await frozen.newsSince())].sort();
    assert.deepEqual([...new Set(told)], ['Guest 2 lost the connection.', 'Host is in control now.', 'You’re in control now.'], 'nothing else was told');
  });

  await t.test('one freezes: it is given up after a while, and comes back when it thaws', async () => {
    freezing.signal('SIGSTOP');
    await until(async () => (await host.site.locator('.person').count()) === 1, { timeout: LOST_MS });
    assert.deepEqual(await host.newsSince(), ['Guest 3 lost the connection.']);
    const saw = await host.seesStillness();
    await host.page.keyboard.down('KeyS');
    await host.seesChange(saw, 'the picture goes on');
    await host.page.keyboard.up('KeyS');
    freezing.signal('SIGCONT');
    await host.seesPeople(/Host/, /Guest/);
    await frozen.seesPeople(/Host/, /Guest \d \(you\)/);
    await frozen.seesPicture();
  });

  await t.test('when all have gone, each in their way, the place is somebody’s who waits for it', async () => {
    await host.leave();
    freezing.signal('SIGKILL');
    await until(() => /session_kept/.test(house.streamers.get('park-1')?.program.log ?? ''), { timeout: LOST_MS, what: 'the one who came last is waited for' });
    await onlooker.card('Park Side').click();
    await onlooker.site.locator('[data-action="line"]').click();
    await onlooker.seesPicture();
    await onlooker.leave();
  });
});

test('a phone comes back into its scene by itself, and in control, however it slept', async t => {
  const { browser: pocket, signal } = await startOwnBrowser(t);
  let visitor = await Participant.come(t, pocket, { screen: 'phone', label: 'pocket' });
  await visitor.open(house.url);
  const code = await visitor.start('Park Side');
  const { streamer } = await onlySession(house);
  const said = () => streamer.program.log.length;
  /** The same session and view, which goes on with a step. @param {number[]} there @param {string} how */
  const isBack = async (there, how) => {
    await visitor.seesSteering('You’re in control');
    await visitor.seesPicture();
    assert.equal(await visitor.code(), code, how);
    const again = await visitor.seesStillness();
    assert.ok(difference(there, again) < 3 * UNREST, `${how}: the same view`);
    await visitor.video.focus();
    await visitor.page.keyboard.down('KeyW');
    await visitor.seesChange(again, `${how}: a step`);
    await visitor.page.keyboard.up('KeyW');
    return visitor.seesStillness();
  };
  let there = await visitor.seesStillness();

  await t.test('it is offered to turn it, beside all that there is to press', async () => {
    const offer = visitor.site.locator('[data-turn]');
    await visitor.site.locator('[data-pad]').waitFor();
    const covered = await offer.evaluate(element => {
      const own = element.getBoundingClientRect();
      return [...document.querySelectorAll('[data-pad], .stage button:not([data-turn-close]), video')]
        .map(other => ({ name: other.outerHTML.slice(0, 60), box: other.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && box.bottom > own.top + 0.5 && box.top < own.bottom - 0.5)
        .map(({ name }) => name);
    });
    assert.deepEqual(covered, []);
    await visitor.isAccessible('the offer to turn the phone');
    await visitor.screenshot('turn');
    await visitor.site.getByRole('button', { name: 'Close this tip' }).click();
    await offer.waitFor({ state: 'hidden' });
    await visitor.seesFittingPicture();
    there = await visitor.seesStillness();
  });

  await t.test('locked for longer than lost connections are waited for', async () => {
    signal('SIGSTOP');
    await until(async () => (await streamer.status()).sessions[0].kept, { timeout: LOST_MS, what: 'the scene is kept' });
    signal('SIGCONT');
    there = await isBack(there, 'locked');
    assert.equal((await streamer.status()).sessions[0].kept, false);
  });

  await t.test('frozen by the browser, while what sends the picture was started anew', async () => {
    const devtools = await visitor.page.context().newCDPSession(visitor.page);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const from = said();
    process.kill(streamer.processes().engine, 'SIGKILL');
    await until(() => /engine_restarted/.test(streamer.program.log.slice(from)), { what: 'the engine again', timeout: 20_000 });
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await until(() => /viewer_connected session=/.test(streamer.program.log.slice(from)), { what: 'the player again', timeout: 20_000 });
    there = await isBack(there, 'frozen');
  });

  await t.test('discarded without a word, and loaded again with what the tab had kept', async () => {
    const kept = await visitor.site.evaluate(() => Object.entries(sessionStorage));
    const context = visitor.page.context();
    const devtools = await context.newCDPSession(visitor.page);
    const crash = visitor.page.waitForEvent('crash');
    devtools.send('Page.crash').catch(() => {});
    await crash;
    const page = await context.newPage();
    await page.addInitScript(entries => entries.forEach(([name, value]) => sessionStorage.setItem(name, value)), kept);
    visitor = new Participant(page, 'restored');
    await page.goto(house.url);
    await isBack(there, 'discarded');
    assert.equal(await visitor.site.locator('[data-turn]').isVisible(), false, 'it is offered once');
  });
  await visitor.leave();
});

test('a streamer that says nothing more is noticed, and the line comes back', async t => {
  const visitor = await Participant.come(t, browser, { label: 'silent' });
  await visitor.open(house.url);
  await visitor.start('Park Side');
  const { streamer } = await onlySession(house);
  onEnd(t, () => streamer.program.signal('SIGCONT'));
  streamer.program.signal('SIGSTOP');
  const stoppedMs = Date.now();
  await visitor.isTold(/Connection lost/);
  const tookMs = Date.now() - stoppedMs;
  t.diagnostic(`noticed after ${Math.round(tookMs / 100) / 10} s`);
  assert.ok(tookMs < 17_000, `noticed after ${tookMs} ms`);
  streamer.program.signal('SIGCONT');
  await visitor.isTold(/connected again/);
  await visitor.leave();
});

test('what sends the picture dies: it is there again within seconds, and nobody has to do anything', async t => {
  const host = await Participant.come(t, browser, { label: 'engine-host' });
  const guest = await Participant.come(t, browser, { label: 'engine-guest' });
  await host.invites(house, 'Park Side', guest);
  const { streamer } = await onlySession(house);
  await host.video.focus();
  const before = await host.seesStillness();
  await host.page.keyboard.down('KeyW');
  await host.seesChange(before, 'a step');
  const from = streamer.program.log.length;
  process.kill(streamer.processes().engine, 'SIGKILL');
  const diedMs = Date.now();
  const since = () => streamer.program.log.slice(from).split('engine_restarted')[1] ?? '';
  await until(() => (since().match(/viewer_connected session=/g) ?? []).length === 2, { what: 'both players again' });
  const tookMs = Date.now() - diedMs;
  t.diagnostic(`both players again after ${tookMs} ms`);
  await host.page.keyboard.up('KeyW');
  for (const one of [host, guest]) await one.seesPicture();
  const still = await host.seesStillness();
  await host.page.keyboard.down('KeyS');
  await host.seesChange(still, 'a step afterwards');
  await host.page.keyboard.up('KeyS');
  await host.seesPeople(/Host/, /Guest/);
  await host.leave();
  await guest.leave();
});

test('the time runs out: warnings, the end, and what next', async t => {
  const host = await Participant.come(t, browser, { label: 'time-host' });
  const phone = await Participant.come(t, browser, { screen: 'phone', language: 'ru', label: 'time-phone' });
  await host.invites(house, 'Park Side', phone);
  const { streamer, session } = await onlySession(house);
  // Both are looked at all the while: what they are told goes by.
  let areWarned = false;
  const warned = Promise.all([host.isTold(/Your time is almost over: (1:0|0:5)\d left/), phone.isTold(/Время подходит к концу/)])
    .then(() => (areWarned = true));
  const endsSoon = () => streamer.control('EXTEND_SESSION', { session, ends_at: instant(63) });
  await endsSoon();
  // Whose line breaks just then has the end from the account of the session, and is warned of the next one.
  host.site.getByText(/^0:4\d left$/).waitFor().then(() => areWarned || endsSoon()).catch(() => {});
  await Promise.all([host.site.getByText(/^1:0\d left$/).waitFor(), phone.site.getByText(/^Осталось [01]:\d\d$/).waitFor(), warned]);
  await host.screenshot('1-warning');
  await phone.screenshot('1-warning');
  await streamer.control('EXTEND_SESSION', { session, ends_at: instant(2) });
  await host.seesEnd(/The time of this tour is over/);
  await phone.seesEnd(/Время просмотра вышло/);
  for (const one of [host, phone]) {
    await one.isAccessible('the end');
    await one.fitsTheScreen('the end');
    await one.screenshot('2-over');
  }
  await host.site.getByRole('button', { name: 'Book a time' }).click();
  await host.site.getByRole('heading', { name: /Park Side/ }).waitFor();
});

test('the sales office ends a visit, and the page says so', async t => {
  const visitor = await Participant.come(t, browser, { label: 'operator' });
  await visitor.open(house.url);
  await visitor.card('Park Side').locator('[data-state="free"]').waitFor();
  await visitor.start('Park Side');
  const { streamer, session } = await onlySession(house);
  await streamer.control('END_SESSION', { session });
  await visitor.seesEnd(/sales office ended this tour/);
  await visitor.screenshot('ended');
});

test('when nobody moves a countdown asks all, any touch of any of them stops it, and without one it ends', async t => {
  const sleepy = await startHouse(t, { ...park, settings: { inactivity_seconds: 20, inactivity_warning_seconds: 10 } });
  const host = await Participant.come(t, browser, { label: 'asleep-host' });
  const phone = await Participant.come(t, browser, { screen: 'phone', language: 'ru', label: 'asleep-phone' });
  await host.invites(sleepy, 'Park Side', phone);
  const asks = [host, phone].map(one => one.site.locator('[data-awake]'));

  await t.test('a touch anywhere', async () => {
    for (const ask of asks) await ask.waitFor();
    await host.site.getByText('Are you still here?').waitFor();
    await host.isAccessible('the countdown');
    await host.screenshot('1-asked');
    await phone.screenshot('1-asked');
    await phone.site.locator('.stage__title').tap();
    for (const ask of asks) await ask.waitFor({ state: 'hidden' });
  });

  await t.test('a key while one writes', async () => {
    await host.opens('chat');
    for (const ask of asks) await ask.waitFor();
    await host.page.keyboard.type('x');
    for (const ask of asks) await ask.waitFor({ state: 'hidden' });
    assert.equal(await host.site.locator('textarea[name="chat"]').inputValue(), 'x', 'and the key was not lost');
  });

  await t.test('nothing', async () => {
    await host.seesEnd(/No one had moved for a while/);
    await phone.seesEnd(/Долго никто не двигался/);
    await host.site.getByRole('button', { name: 'Start again' }).waitFor();
  });
});
