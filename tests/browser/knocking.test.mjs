// @ts-check
// The door of a walk: an invitation opens it, and where the host wants it so, whoever comes knocks. The whole system, as the people on
// both sides of the door see it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { slowness, until } from '../system/lib/programs.mjs';
import { fromElsewhere } from './lib/elsewhere.mjs';
import { openHouse } from './lib/house.mjs';
import { Participant } from './lib/participant.mjs';

/** Long enough for a hand at the door of a busy machine, short enough to be waited for. */
const KNOCK_SECONDS = Math.min(60, 15 * slowness);

const { house, browser } = await openHouse({
  wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }],
  rules: { knock_seconds: KNOCK_SECONDS },
});

class Guest extends Participant {
  /** Somebody whose name the page knows from an earlier visit. @param {string} name */
  async isCalled(name) {
    await this.page.addInitScript(text => localStorage.setItem('vitrina.name', text), name);
  }

  /** How often the page has asked to be let in. */
  async countQuestions() {
    const questions = { count: 0 };
    await this.page.route('**/api', route => {
      if (route.request().postDataJSON().verb === 'CONNECT_SESSION_WITH_CODE') questions.count += 1;
      return route.fallback();
    });
    return questions;
  }

  /** The card of somebody at the door. @param {string} name */
  knock(name) {
    return this.site.locator('.knock', { hasText: name });
  }

  /** @param {string} name @param {'admit' | 'refuse'} answer */
  async answers(name, answer) {
    await this.knock(name).locator(`[data-action="${answer}"]`).click();
  }

  get door() {
    return this.site.locator('[data-tool="door"]');
  }

  /** The host opens the door for good, or closes it. @param {'open' | 'knock'} door */
  async sets(door) {
    await this.door.click();
    await this.site.locator(`[data-tool="door"][aria-checked="${door === 'knock'}"]`).waitFor();
  }

  /** What the copy button gives. */
  async link() {
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.site.locator('[data-tool="copy"]').click();
    await this.isTold(/Link copied/);
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  /** Waits until the page says that somebody inside is asked. */
  async isAtTheDoor() {
    await this.site.locator('[data-way="cancel"]').waitFor();
  }
}

/**
 * From an address of their own: few may knock at once from one.
 * @param {import('../system/lib/programs.mjs').Scope} t @param {string} label @param {Parameters<typeof Guest.come>[2]} [options]
 */
async function come(t, label, options) {
  return Guest.come(t, browser, { label: `knocking-${label}`, proxy: await fromElsewhere(t), ...options });
}

/**
 * A walk with a host, of which the door is as it is said.
 * @param {import('../system/lib/programs.mjs').Scope} t @param {'open' | 'knock'} door @param {Parameters<typeof Guest.come>[2]} [options]
 */
async function startWalk(t, door, options) {
  const host = await come(t, 'host', options);
  await host.open(house.url);
  await host.start('Park Side');
  if (door === 'knock') await host.sets('knock');
  return host;
}

test('an invitation opens the door, until the host has all who come knock', async t => {
  const host = await startWalk(t, 'open');
  const link = await host.link();
  const code = await host.code();
  const [page, invitation] = link.split('#');
  assert.equal(page, house.url);
  assert.match(invitation, new RegExp(`^code=${code}&invite=[\\w-]+$`));
  const friend = await come(t, 'friend');
  await friend.open(link);
  await friend.seesPicture();
  assert.equal(await friend.role(), 'guest');
  assert.ok(await friend.door.isHidden(), 'who comes in how is for the host to say');

  await host.sets('knock');
  await host.isTold(/ask first/);
  await host.isAccessible('a door on which one knocks');
  const anna = await come(t, 'anna', { screen: 'phone', language: 'ru-RU' });
  await anna.isCalled('Anna');
  const questions = await anna.countQuestions();
  await anna.open(link);
  await anna.isAtTheDoor();
  await anna.isTold(/не больше минуты/);
  await anna.isAccessible('the wait at the door');
  await anna.fitsTheScreen('the wait at the door');
  await anna.screenshot('1-at-the-door');

  await t.test('the host is asked, the others are told, and each sees it once', async () => {
    await host.knock('Anna').waitFor();
    await friend.knock('Anna').waitFor();
    assert.match((await friend.knock('Anna').textContent()) ?? '', /The host decides/);
    assert.equal(await friend.knock('Anna').getByRole('button').count(), 0);
    assert.match((await host.knock('Anna').locator('[data-knock-clock]').textContent()) ?? '', /^[01]:\d\d$/);
    for (const one of [host, friend]) {
      assert.equal(await one.site.locator('.knock').count(), 1);
      await one.isAccessible('somebody at the door');
      await one.screenshot('2-knock');
    }
  });

  await t.test('who is let in sees the picture, and is nobody’s question any more', async () => {
    await host.answers('Anna', 'admit');
    await anna.seesPicture();
    assert.equal(questions.count, 1);
    assert.equal(anna.page.url(), house.url, 'the invitation is obeyed once');
    for (const one of [host, friend]) await one.knock('Anna').waitFor({ state: 'detached' });
    await host.seesPeople(/Host/, /Guest 2/, /Anna/);
  });

  await t.test('a reload inside asks nobody', async () => {
    await anna.page.reload();
    await anna.seesPicture();
    assert.equal(questions.count, 1);
    await host.page.reload();
    await host.seesPicture();
    assert.equal(await host.door.getAttribute('aria-checked'), 'true');
    assert.equal(await host.link(), link);
  });

  for (const one of [anna, friend, host]) await one.leave();
  assert.deepEqual([...host.complaints, ...friend.complaints, ...anna.complaints], []);
});

test('the keyboard alone answers from the picture, in full screen and beside an open panel', async t => {
  const host = await startWalk(t, 'knock', { language: 'ru-RU' });
  const code = await host.code();
  await host.opens('chat');
  await host.site.locator('[data-tool="fullscreen"]').click();
  await until(() => host.site.evaluate(() => document.fullscreenElement !== null));
  const guest = await come(t, 'guest');
  await guest.isCalled('Boris');
  await guest.open(house.url);
  await guest.enterCode(code);
  await host.knock('Boris').waitFor();
  await host.screenshot('3-full-screen');
  await host.video.focus();
  const focused = () => host.site.evaluate(() => document.activeElement?.outerHTML.slice(0, 120) ?? '');
  await host.page.keyboard.press('Tab');
  assert.match(await focused(), /data-action="admit"/, 'the question is next to the picture');
  await host.page.keyboard.press('Enter');
  await guest.seesPicture();
  await host.knock('Boris').waitFor({ state: 'detached' });
  assert.match(await focused(), /data-picture/, 'the keys are at the picture again');
  await guest.leave();
  await host.page.evaluate(() => document.exitFullscreen());
  await host.leave();
  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});

test('two knock at once at the door of a host with a phone: one is refused, one takes it back', async t => {
  const host = await startWalk(t, 'knock', { screen: 'phone' });
  const code = await host.code();
  const [anna, boris] = [await come(t, 'anna'), await come(t, 'boris', { language: 'ru-RU' })];
  await anna.isCalled('Anna');
  await boris.isCalled('Boris');
  const questions = await boris.countQuestions();
  for (const one of [anna, boris]) await one.open(house.url);
  await anna.enterCode(code);
  await anna.isAtTheDoor();
  await boris.enterCode(code);
  await boris.isAtTheDoor();
  for (const name of ['Anna', 'Boris']) await host.knock(name).waitFor();
  await host.isAccessible('two at the door');
  await host.fitsTheScreen('two at the door');
  await host.screenshot('4-two');

  await t.test('who presses again asks no second time', async () => {
    await boris.site.locator('input[name="code"]').press('Enter');
    await boris.action('join').click({ force: true });
    assert.equal(questions.count, 1);
  });

  await t.test('who is refused is told it with the same words as where there is no walk, and not before', async () => {
    const refusedMs = Date.now();
    await host.answers('Anna', 'refuse');
    await host.knock('Anna').waitFor({ state: 'detached' });
    assert.ok(await anna.site.locator('[data-way="cancel"]').isVisible() || Date.now() - refusedMs > 1000 * KNOCK_SECONDS / 2);
    await anna.isTold(/No one let you in, or there is no tour with this code/);
    await anna.isAccessible('a closed door');
    await anna.screenshot('5-not-let-in');
    assert.match(await anna.site.evaluate(() => document.activeElement?.outerHTML ?? ''), /name="code"/, 'where the code is mended');
  });

  await t.test('who reloads goes on knocking, and who does not want to wait does not', async () => {
    await boris.page.reload();
    await boris.isAtTheDoor();
    await boris.site.getByRole('button', { name: 'Отменить' }).click();
    assert.match(await boris.site.evaluate(() => document.activeElement?.outerHTML ?? ''), /name="code"/);
    assert.equal(boris.page.url(), house.url);
    await host.site.locator('.knock').first().waitFor({ state: 'detached' });
  });

  await host.leave();
  assert.deepEqual([...host.complaints, ...anna.complaints, ...boris.complaints], []);
});

test('a knock that was answered meanwhile is told so', async t => {
  const host = await startWalk(t, 'knock');
  const guest = await come(t, 'guest');
  await guest.isCalled('Anna');
  await guest.open(house.url);
  const ticket = await host.site.evaluate(() => JSON.parse(sessionStorage.getItem('vitrina.session') ?? '{}').ticket);
  await host.page.route('**/api', async route => {
    const { verb, knock } = route.request().postDataJSON();
    // The host’s other device is faster.
    if (verb === 'REFUSE_USER') assert.equal((await house.client.ask('ADMIT_USER', { ticket, knock })).answer.msg, 'USER_ADMITTED');
    return route.fallback();
  });
  await guest.enterCode(await host.code());
  await host.answers('Anna', 'refuse');
  await host.isTold(/answered already/);
  await guest.seesPicture();
  await guest.leave();
  await host.leave();
});

test('who was removed is told so as ever, and comes in again by knocking alone; the invitation is new for all', async t => {
  const host = await startWalk(t, 'open');
  const [link, code] = [await host.link(), await host.code()];
  const [friend, anna] = [await come(t, 'friend'), await come(t, 'anna')];
  await anna.isCalled('Anna');
  for (const one of [friend, anna]) {
    await one.open(link);
    await one.seesPicture();
  }
  await host.opens('people');
  await host.person('Anna').getByRole('button', { name: 'Remove Anna' }).click();
  await host.site.getByRole('button', { name: 'Remove', exact: true }).click();
  await anna.seesEnd(/The host ended your participation/);
  for (const one of [host, friend]) await until(async () => (await one.code()) !== code, { timeout: 20_000 });
  await host.isTold(/code and the link are new/);
  await host.screenshot('6-renewed');
  assert.equal(await host.door.getAttribute('aria-checked'), 'true');
  const newLink = await host.link();
  assert.notEqual(newLink, link);
  assert.equal(await friend.link(), newLink);
  await friend.page.reload();
  await friend.seesPicture();
  assert.equal(await friend.link(), newLink);

  await t.test('the old link leads nowhere', async () => {
    await anna.open(link);
    await anna.isTold(/no tour with this code/);
    assert.equal(await host.site.locator('.knock').count(), 0);
  });

  await t.test('with the new one, opened in the same tab, the host is asked', async () => {
    await anna.page.evaluate(address => void (location.href = address), newLink);
    await host.knock('Anna').waitFor();
    await host.answers('Anna', 'admit');
    await anna.seesPicture();
  });

  for (const one of [anna, friend, host]) await one.leave();
  assert.deepEqual([...host.complaints, ...friend.complaints, ...anna.complaints], []);
});
