// @ts-check
// Text that somebody types into a form of the scene.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDisplay, startEngine, startForm } from './lib/engine.mjs';
import { openPage, startChromium } from './lib/player.mjs';
import { ownScope } from './lib/programs.mjs';

/** @typedef {import('./lib/programs.mjs').Scope} Scope */

const scope = ownScope();
/** @type {import('./lib/player.mjs').Chromium} */
let chromium;
before(async () => {
  chromium = await startChromium(scope);
});
after(() => scope.end());

/** A form on a display, and who may write into it. @param {Scope} scope @param {string[]} [args] of the form */
async function openForm(scope, args) {
  const { display } = await startDisplay(scope);
  const form = startForm(scope, display, args);
  const join = async () => {
    const engine = await startEngine(scope, display);
    engine.send({ msg: 'control', user: 'host' });
    const browser = await openPage(scope, chromium);
    const host = await browser.join(engine, 'host');
    await host.until('p.frames > 0 && p.input.readyState === "open"');
    return { engine, host };
  };
  return { form, join, ...(await join()) };
}

/** @param {import('./lib/player.mjs').Player} host @param {string[]} keys */
async function press(host, ...keys) {
  for (const code of keys) for (const type of ['keydown', 'keyup']) await host.send({ type, code });
}

test('text arrives as it was typed, in order with keys', async t => {
  const { form, host } = await openForm(t);
  const words = ['привет', 'zyö', 'anna@example.com', 'Щука, ёж & Co. «№ 5»', '数量 ½ €', 'naïve Ελλάδα', '🙂 日本語'];
  for (const text of words) {
    await host.send({ type: 'text', text: `${text}ы` });
    await press(host, 'Backspace', 'Enter');
    await form.waitFor(`sent ${text}\n`);
  }
  await host.send({ type: 'text', text: 'one\r\ntwo\n' });
  await form.waitFor('sent one\n');
  await form.waitFor('sent two\n');
});

test('what is held is not for the text, and walking keys stay where they are', async t => {
  const { form, host } = await openForm(t);
  await host.send({ type: 'text', text: 'ц' });
  await form.waitFor('line ц\n');
  for (const code of ['ControlLeft', 'ShiftLeft', 'KeyW']) await host.send({ type: 'keydown', code });
  await form.waitFor('key W down');
  await host.send({ type: 'text', text: 'vВw' });
  await form.waitFor(/line ц.*vВw\n/);
  const from = form.log.length;
  for (const code of ['ControlLeft', 'ShiftLeft', 'KeyW']) await host.send({ type: 'keyup', code });
  await form.waitFor('key W up', { from });
});

test('more letters than there are spare keys come one after the other', async t => {
  const { form, host } = await openForm(t);
  const text = String.fromCodePoint(...Array.from({ length: 250 }, (_, i) => 0x4e00 + i));
  await host.send({ type: 'text', text });
  await press(host, 'Enter');
  await form.waitFor(`sent ${text}\n`);
});

test('an application that is late for everything reads what was meant', async t => {
  const { form, host } = await openForm(t, ['slow']);
  await host.send({ type: 'text', text: 'жук' });
  await host.send({ type: 'text', text: 'щит' });
  await press(host, 'Enter');
  await form.waitFor('sent жукщит\n');
});

test('another engine types on with the keys of the one before', async t => {
  const { form, join, engine, host } = await openForm(t);
  await host.send({ type: 'text', text: 'привет' });
  await form.waitFor('line привет\n');
  engine.program.kill();
  const { host: again } = await join();
  await again.send({ type: 'text', text: ' ёжик' });
  await press(again, 'Enter');
  await form.waitFor('sent привет ёжик\n');
});

test('text of who has no control is told, and not typed', async t => {
  const { form, engine, host } = await openForm(t);
  engine.send({ msg: 'control', user: 'somebody' });
  await host.send({ type: 'text', text: 'гость' });
  assert.equal((await engine.said({ msg: 'touch' })).user, 'host');
  assert.doesNotMatch(form.log, /line/);
});
