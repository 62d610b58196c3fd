// @ts-check
// Planning as visitors meet it: a time is booked, kept, cancelled; who comes early waits; who wants to stay asks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { describe } from 'node:test';
import ICAL from 'ical.js';
import { drawQr } from '../../www/plan/qr.js';
import { slowness } from '../system/lib/programs.mjs';
import { openHouse } from './lib/house.mjs';
import { Visitor } from './lib/visitor.mjs';

const rcZone = 'Europe/Moscow';
// Sessions of one and two minutes, booked to the minute: what takes an hour with usual settings is seen within a test.
const rules = {
  time_zone: rcZone,
  slot_minutes: 1,
  booking_step_minutes: 1,
  rcs: { 'Park Side': { booking_step_minutes: 10, session_minutes: 1 } },
  session_minutes: 2,
  min_session_minutes: 1,
  extension_minutes: 2,
  extension_notice_minutes: 1,
};
const { house, browser } = await openHouse({ rules });

/** @typedef {{ date: string, time: string, starts_at: string, free: number }} Slot */

/** @param {number} ms @param {string} zone */
const dateIn = (ms, zone) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'numeric', year: 'numeric' }).format(ms);
/** @param {number} ms @param {string} zone */
const timeIn = (ms, zone) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(ms);

/** Books as another client would. @param {string} rcName @param {number} startsAtMs @param {object} [more] */
async function bookByHand(rcName, startsAtMs, more = {}) {
  const wish = { rc_name: rcName, date: dateIn(startsAtMs, rcZone), time: timeIn(startsAtMs, rcZone), ...more };
  return (await house.client.ask('PLAN_SESSION', wish)).answer;
}

/** How many places are free at a start. @param {string} rcName @param {number} startsAtMs */
async function freeAt(rcName, startsAtMs) {
  const { answer } = await house.client.ask('GET_AVAILABILITY', { rc_name: rcName, date: dateIn(startsAtMs, rcZone) });
  return answer.slots.find((/** @type {Slot} */ slot) => Date.parse(slot.starts_at) === startsAtMs)?.free;
}

/** Someone who plans. */
class Planner extends Visitor {
  /** @param {string} name of the page's handle @param {string} value */
  handle(name, value) {
    return this.site.locator(`[data-${name}="${value}"]`);
  }

  /** @param {number} ms */
  startAt(ms) {
    return this.handle('start', new Date(ms).toISOString());
  }

  /** Opens the plan of a complex and waits for its times. @param {string} rcName */
  async plan(rcName) {
    await this.card(rcName).click();
    await this.handle('action', 'plan').click();
    await this.seesStarts();
  }

  async seesStarts() {
    await this.site.locator('[data-plan-box][aria-busy="false"] [data-start]').first().waitFor();
  }

  /** @param {string} isoDay */
  async chooseDay(isoDay) {
    await this.handle('day', isoDay).check();
    await this.seesStarts();
  }

  /** Late in the evening so few are left that they are shown anyway. */
  async showAllTimes() {
    const exact = this.site.locator('input[name="exact"]');
    if (await exact.isVisible()) await exact.check();
  }

  /** The first start that leaves enough time to book it. @param {number} fromMs @returns {Promise<number>} */
  async firstStartAfter(fromMs) {
    const starts = await this.site.locator('[data-start]:not(:disabled)').evaluateAll(inputs => inputs.map(input => input.getAttribute('data-start')));
    const first = starts.map(text => Date.parse(text ?? '')).filter(ms => ms >= fromMs)[0];
    assert.ok(first, 'there is such a start');
    return first;
  }

  /** Books what is chosen. @returns {Promise<string>} the code */
  async book() {
    await this.handle('plan', 'book').click();
    return this.bookedCode();
  }

  async bookedCode() {
    await this.handle('view', 'booked').waitFor();
    const code = await this.code();
    assert.match(code, /^\d{4}$/);
    return code;
  }

  async focused() {
    return this.site.evaluate(() => document.activeElement?.outerHTML.slice(0, 200) ?? '');
  }

  /** @param {RegExp} target @param {string} [key] */
  async tabTo(target, key = 'Tab') {
    for (let steps = 0; steps < 40; steps++) {
      if (target.test(await this.focused())) return;
      await this.page.keyboard.press(key);
    }
    assert.fail(`${key} does not lead to ${target}`);
  }
}

/** @param {import('../system/lib/programs.mjs').Scope} t @param {object} [options] */
async function come(t, options = {}) {
  const visitor = /** @type {Planner} */ (await Planner.come(t, browser, { timezoneId: rcZone, ...options }));
  await visitor.open(house.url);
  return visitor;
}

const day = 86_400_000;
/** Noon of a day to come, in the complex's zone. @param {number} days */
const noonIn = days => Math.floor(Date.now() / day) * day + days * day + 9 * 3_600_000;

const visitors = [
  { screen: /** @type {const} */ ('wide'), language: 'en', timezoneId: 'Europe/Berlin', words: { full: /taken/, zone: /Moscow/, none: /cancelled/ } },
  { screen: /** @type {const} */ ('phone'), language: 'ru-RU', timezoneId: 'Asia/Yekaterinburg', words: { full: /занято/, zone: /Москва/, none: /отменена/ } },
];
for (const [index, { words, ...options }] of visitors.entries())
  test(`a time is booked, kept and cancelled: ${options.screen}, ${options.language}`, async t => {
    const label = `plan-${options.screen}`;
    const visitor = await come(t, { ...options, label, reducedMotion: 'reduce' });
    const noon = noonIn(3 + index);
    const isoDay = new Intl.DateTimeFormat('sv-SE', { timeZone: options.timezoneId }).format(noon);
    const taken = await bookByHand('Park Side', noon);
    assert.equal(taken.msg, 'CONNECTION_CODE');

    // The day’s times are the visitor’s own, the complex’s are named, a full one is full.
    await visitor.plan('Park Side');
    await visitor.chooseDay(isoDay);
    assert.match((await visitor.site.locator('[data-plan-zones]').textContent()) ?? '', words.zone);
    await visitor.isAccessible('the plan');
    await visitor.fitsTheScreen('the plan');
    await visitor.screenshot('day');
    await visitor.showAllTimes();
    const chip = visitor.site.locator('label', { has: visitor.startAt(noon) });
    const text = (await chip.textContent()) ?? '';
    assert.ok(text.startsWith(timeIn(noon, options.timezoneId)), text);
    assert.match(text, words.full);
    assert.ok(await visitor.startAt(noon).isDisabled());

    const startsAtMs = noon + 600_000;
    // A free one is booked.
    await visitor.startAt(startsAtMs).check();
    await visitor.screenshot('chosen');
    const code = await visitor.book();
    const { answer } = await house.client.ask('CONNECT_SESSION_WITH_CODE', { code });
    assert.equal(answer.msg, 'SESSION_NOT_STARTED');
    assert.equal(Date.parse(answer.starts_at), startsAtMs);
    assert.equal(await freeAt('Park Side', startsAtMs), 0);
    const when = await visitor.site.locator('[data-booked-when]').textContent();
    assert.ok(when?.includes(timeIn(startsAtMs, options.timezoneId)), String(when));
    assert.ok((await visitor.site.locator('[data-booked-zones]').textContent())?.includes(timeIn(startsAtMs, rcZone)));
    await visitor.isAccessible('the booking');
    await visitor.fitsTheScreen('the booking');
    await visitor.screenshot('booked');

    // The calendar file says when.
    const [download] = await Promise.all([visitor.page.waitForEvent('download'), visitor.handle('booked', 'calendar').click()]);
    assert.equal(download.suggestedFilename(), `vitrina-${code}.ics`);
    const event = new ICAL.Component(ICAL.parse(readFileSync(await download.path(), 'utf8'))).getFirstSubcomponent('vevent');
    assert.ok(event);
    assert.equal(new ICAL.Event(event).startDate.toJSDate().getTime(), startsAtMs);
    assert.equal(new ICAL.Event(event).endDate.toJSDate().getTime(), startsAtMs + 60_000);
    const { key, invite } = await visitor.site.evaluate(() => JSON.parse(localStorage.getItem('vitrina.bookings /') ?? '[]')[0]);
    const invitation = `${house.url}#code=${code}&invite=${invite}`;
    assert.equal(event.getFirstPropertyValue('url'), invitation);
    const file = readFileSync(await download.path(), 'utf8').replaceAll('\r\n ', '');
    assert.ok(!file.includes(key), 'the key is in nothing that is given to others');

    // The link, and the QR code of it, lead to the walk.
    const href = await visitor.site.locator('[data-booked-link]').evaluate(link => /** @type {HTMLAnchorElement} */ (link).href);
    assert.equal(href, invitation);
    assert.equal(await visitor.site.locator('[data-booked-qr] path').getAttribute('d'), drawQr(href).path);

    // A later visit finds it, and cancels it.
    await visitor.page.reload();
    await visitor.handle('booking', code).click();
    assert.equal(await visitor.bookedCode(), code);
    await visitor.handle('booked', 'cancel').click();
    await visitor.isAccessible('the question');
    await visitor.screenshot('surely');
    await visitor.handle('booked', 'cancel-surely').click();
    await visitor.isTold(words.none);
    assert.equal(await visitor.handle('booking', code).count(), 0);
    assert.equal(await freeAt('Park Side', startsAtMs), 1);
    await visitor.screenshot('cancelled');
    await house.client.ask('CANCEL_SESSION', { code: taken.code, key: taken.key });
    assert.deepEqual(visitor.complaints, []);
  });

test('the keyboard alone books and cancels', async t => {
  const visitor = await come(t);
  const { keyboard } = visitor.page;
  await visitor.tabTo(/data-rc="Park Side"/);
  await keyboard.press('Enter');
  await visitor.tabTo(/data-action="plan"/);
  await keyboard.press('Enter');
  assert.match(await visitor.focused(), /data-plan-title/, 'the plan is where the visitor is now');
  await visitor.seesStarts();
  await visitor.tabTo(/data-day/);
  await keyboard.press('ArrowRight');
  await keyboard.press('ArrowRight');
  await visitor.seesStarts();
  const isoDay = new Intl.DateTimeFormat('sv-SE', { timeZone: rcZone }).format(Date.now() + 2 * day);
  assert.ok(await visitor.handle('day', isoDay).isChecked());
  await visitor.tabTo(/data-start/);
  await keyboard.press('Space');
  await keyboard.press('ArrowRight');
  const chosen = await visitor.site.locator('[data-start]:checked').getAttribute('data-start');
  await visitor.tabTo(/data-plan="book"/);
  await keyboard.press('Enter');
  const code = await visitor.bookedCode();
  assert.match(await visitor.focused(), /data-booked-title/);
  assert.equal(await freeAt('Park Side', Date.parse(chosen ?? '')), 0);
  await visitor.tabTo(/data-booked="cancel"/);
  await keyboard.press('Enter');
  assert.match(await visitor.focused(), /data-booked="keep"/, 'the question is where the visitor is now, on the safe answer');
  await visitor.tabTo(/data-booked="cancel-surely"/);
  await keyboard.press('Enter');
  await visitor.isTold(/cancelled/);
  assert.equal(await visitor.handle('booking', code).count(), 0);
  assert.match(await visitor.focused(), /data-ways-heading/);
});

test('who is too late for a time is offered the nearest ones, one click away', async t => {
  const visitor = await come(t, { label: 'plan-wide' });
  const startsAtMs = noonIn(5);
  await visitor.plan('Park Side');
  await visitor.chooseDay(new Intl.DateTimeFormat('sv-SE', { timeZone: rcZone }).format(startsAtMs));
  await visitor.showAllTimes();
  await visitor.startAt(startsAtMs).check();
  const faster = await bookByHand('Park Side', startsAtMs);
  await visitor.handle('plan', 'book').click();
  const offer = visitor.handle('offers', 'plan').locator('[data-offer]').first();
  await offer.waitFor();
  await visitor.isTold(/just been taken/);
  assert.match(await visitor.focused(), /data-offer/, 'the keys are at the offers');
  await visitor.isAccessible('the offers');
  await visitor.screenshot('too-late');
  const offered = Date.parse((await offer.getAttribute('data-offer')) ?? '');
  assert.ok(Math.abs(offered - startsAtMs) <= 20 * 60_000);
  await offer.click();
  await visitor.bookedCode();
  assert.equal(await freeAt('Park Side', offered), 0);
  await visitor.handle('booked', 'cancel').click();
  await visitor.handle('booked', 'cancel-surely').click();
  await visitor.isTold(/cancelled/);
  await house.client.ask('CANCEL_SESSION', { code: faster.code, key: faster.key });
  assert.deepEqual(visitor.complaints, []);
});

test('an answer that got lost makes no second booking', async t => {
  const visitor = await come(t);
  const startsAtMs = noonIn(6);
  /** @type {string[]} */
  const requestIds = [];
  await visitor.page.route('**/api', async route => {
    const asked = route.request().postDataJSON();
    if (asked.verb !== 'PLAN_SESSION') return route.fallback();
    requestIds.push(asked.request_id);
    if (requestIds.length > 1) return route.fallback();
    await route.fetch();
    return route.abort('connectionreset');
  });
  await visitor.plan('River Quarter');
  await visitor.chooseDay(new Intl.DateTimeFormat('sv-SE', { timeZone: rcZone }).format(startsAtMs));
  await visitor.showAllTimes();
  await visitor.startAt(startsAtMs).check();
  await visitor.book();
  assert.equal(requestIds.length, 2);
  assert.equal(requestIds[0], requestIds[1]);
  assert.equal(await freeAt('River Quarter', startsAtMs), 1, 'one of two places is taken');
});

test('when all is taken now, the next free time is one click away', async t => {
  const [host, visitor] = [await come(t), await come(t, { label: 'plan-phone', screen: 'phone' })];
  await host.start('Park Side');
  await visitor.card('Park Side').click();
  const offer = visitor.handle('offers', 'choose').locator('[data-offer]').first();
  await offer.waitFor();
  await visitor.isAccessible('the offers');
  await visitor.fitsTheScreen('the offers');
  await visitor.screenshot('busy');
  await offer.click();
  const code = await visitor.bookedCode();
  await visitor.screenshot('booked-next');
  const { answer } = await house.client.ask('CONNECT_SESSION_WITH_CODE', { code });
  assert.equal(answer.msg, 'SESSION_NOT_STARTED');
  await visitor.handle('booked', 'cancel').click();
  await visitor.handle('booked', 'cancel-surely').click();
  await visitor.isTold(/cancelled/);
  await host.leave();
  await host.seesCard('Park Side', /Available now/);
});

// Each of them waits for a minute to pass: they do it together.
describe('by the clock', { concurrency: true }, () => {
  test('who comes early waits, and goes in at the time, with a guest', async t => {
    const visitor = await come(t, { label: 'plan-wide' });
    await visitor.plan('River Quarter');
    await visitor.showAllTimes();
    const startsAtMs = await visitor.firstStartAfter(Date.now() + 25_000);
    await visitor.startAt(startsAtMs).check();
    const code = await visitor.book();
    const invitation = await visitor.site.locator('[data-booked-link]').evaluate(link => /** @type {HTMLAnchorElement} */ (link).href);
    await visitor.handle('booked', 'enter').click();
    await visitor.handle('view', 'early').waitFor();
    await visitor.page.reload();
    await visitor.handle('view', 'early').waitFor();
    await visitor.isAccessible('the waiting');
    await visitor.screenshot('early');
    const heading = visitor.site.locator('[data-early-title]');
    assert.match((await heading.textContent()) ?? '', /starts in \d+ (second|minute)s?|opening/);

    const guest = await Visitor.come(t, browser, { screen: 'phone', language: 'ru-RU', label: 'plan-phone' });
    await guest.open(invitation);
    await guest.site.locator('[data-view="early"]').waitFor();
    assert.equal(guest.page.url(), invitation, 'a reload would go on waiting, with the invitation');
    await guest.isAccessible('the waiting on a phone');
    await guest.fitsTheScreen('the waiting');
    await guest.screenshot('early');

    const untilOpenMs = startsAtMs - Date.now() + 60_000 * slowness;
    await visitor.handle('view', 'session').waitFor({ timeout: untilOpenMs });
    await visitor.seesPicture();
    await guest.seesPicture();
    assert.ok(Date.now() >= startsAtMs, 'not before its time');
    assert.equal(await visitor.code(), code);
    assert.equal(await guest.code(), code);
    await visitor.site.getByRole('button', { name: /^2 people here/ }).waitFor();
    assert.equal(await visitor.role(), 'host', 'who booked is, whoever came first');
    await guest.leave();
    await visitor.leave();
    assert.equal(await visitor.handle('booking', code).count(), 1, 'until its time is over the booking leads back in');
    assert.deepEqual([...visitor.complaints, ...guest.complaints], []);
  });

  test('who wants to stay longer may, unless somebody else comes', async t => {
    const [lucky, unlucky] = [await come(t, { label: 'plan-wide' }), await come(t, { label: 'plan-phone', screen: 'phone', language: 'ru-RU' })];
    const code = await lucky.start('River Quarter');
    const guest = await come(t, { label: 'plan-guest' });
    await guest.open(`${house.url}#code=${code}`);
    await guest.seesPicture();
    await unlucky.start('Park Side');
    const [longer, refused] = [lucky, unlucky].map(visitor => visitor.handle('action', 'extend'));

    // A walk of one minute is near its end at once. Refused: somebody has booked the time after it.
    await refused.waitFor();
    await unlucky.fitsTheScreen('the offer to stay');
    await unlucky.screenshot('stay');
    const endsAtMs = await unlucky.site.evaluate(() => Date.parse(JSON.parse(sessionStorage.getItem('vitrina.session') ?? '{}').ends_at));
    const other = await bookByHand('Park Side', Math.ceil(endsAtMs / 60_000) * 60_000);
    assert.equal(other.msg, 'CONNECTION_CODE');
    await refused.click();
    await unlucky.isTold(/Время после вашего/);
    await refused.waitFor({ state: 'hidden' });
    await unlucky.screenshot('refused');

    // Extended a minute before the end, also after a reload.
    await longer.waitFor({ timeout: 90_000 * slowness });
    await guest.isTold(/The host can extend it/);
    assert.ok(await guest.handle('action', 'extend').isHidden(), 'which is offered to the host alone');
    await guest.screenshot('nearly-over');
    await lucky.isAccessible('the offer to stay');
    await lucky.screenshot('stay');
    await lucky.page.reload();
    await lucky.seesPicture();
    await longer.click();
    await lucky.isTold(/stay until \d\d:\d\d/);
    await longer.waitFor({ state: 'hidden' });
    await lucky.screenshot('stayed');

    // And the end comes when it was said.
    await unlucky.site.locator('[data-view="ended"]').waitFor({ timeout: Math.max(0, endsAtMs - Date.now()) + 60_000 * slowness });
    assert.ok(await lucky.video.isVisible(), 'the longer walk goes on');
    await guest.leave();
    await lucky.leave();
    await house.client.ask('CANCEL_SESSION', { code: other.code, key: other.key });
    assert.deepEqual([...lucky.complaints, ...guest.complaints, ...unlucky.complaints], []);
  });
});
