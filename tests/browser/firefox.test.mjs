// @ts-check
// The main job in Firefox, from the choice to the farewell, by two people.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { ownScope } from '../system/lib/programs.mjs';
import { startFirefox } from './lib/firefox.mjs';
import { startHouse } from './lib/house.mjs';
import { Participant } from './lib/participant.mjs';
import { difference, UNREST } from './lib/visitor.mjs';

const scope = ownScope();
after(() => scope.end());
const house = await startHouse(scope, { wanted: [{ name: 'park-1', rcName: 'Park Side', scene: 'park' }] });
const firefox = await startFirefox(scope);

test('in Firefox one starts a tour, walks and looks around; another joins; they talk, one reloads, both leave', async t => {
  const host = await Participant.come(t, firefox, { label: 'firefox' });
  await host.open(house.url);
  await host.screenshot('1-complexes');
  const code = await host.start('Park Side');
  await host.screenshot('2-session');

  await t.test('a key walks', async () => {
    const saw = await host.seesStillness();
    await host.video.focus();
    await host.page.keyboard.down('KeyW');
    await host.seesChange(saw, 'a step');
    await host.page.keyboard.up('KeyW');
  });

  await t.test('dragging looks around', async () => {
    const saw = await host.seesStillness();
    await host.page.mouse.move(500, 400);
    await host.page.mouse.down();
    await host.page.mouse.move(800, 420, { steps: 12 });
    await host.seesChange(saw, 'a turn');
    await host.page.mouse.up();
  });

  const guest = await Participant.come(t, firefox, { label: 'firefox-guest' });
  await guest.open(house.url);
  await guest.enterCode(code);
  await guest.seesPicture();

  await t.test('both see the same', async () => {
    await host.seesStillness();
    const seen = await guest.seesStillness();
    assert.ok(difference(seen, await host.look()) < 3 * UNREST);
    await host.seesPeople(/Host/, /Guest/);
  });

  await t.test('they talk', async () => {
    await guest.writes('Look at the terrace');
    await host.opens('chat');
    await host.reads(/Look at the terrace/);
    await host.writes('Привет');
    await guest.reads(/Look at the terrace/, /Привет/);
    await host.screenshot('3-talk');
  });

  await t.test('a reload leads back into the scene, and to who is in control of it', async () => {
    await host.page.reload();
    await host.seesPicture();
    const saw = await host.seesStillness();
    await host.video.focus();
    await host.page.keyboard.down('KeyW');
    await guest.seesChange(saw, 'a step of the host who is back');
    await host.page.keyboard.up('KeyW');
    await host.opens('chat');
    await host.reads(/Look at the terrace/, /Привет/);
  });

  await t.test('leaving frees the place', async () => {
    await guest.leave();
    await guest.isTold(/You have left/);
    await host.leave();
    await guest.seesCard('Park Side', /available/i);
  });
  assert.deepEqual([...host.complaints, ...guest.complaints], []);
});
