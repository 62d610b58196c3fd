// @ts-check
import { countdown } from './times.js';

/** People and what happens among them, in the visitor's words. */

/**
 * @typedef {import('../i18n/i18n.js').I18n} I18n
 * @typedef {import('../net/ask.js').Answer} Answer
 * @typedef {import('../session/people.js').People} People
 */

/** @param {{ name: string, number: number, role?: string }} person @param {I18n} i18n @returns {string} */
export function nameInWords({ name, number, role }, i18n) {
  if (name !== '') return name;
  return role === 'host' ? i18n.t('people.host') : i18n.t('people.guest', { number });
}

/** The same in a sentence that says who is in control, where some languages do not begin with it. @type {typeof nameInWords} */
function controllerInWords({ name, number, role }, i18n) {
  if (name !== '') return name;
  return role === 'host' ? i18n.t('control.host') : i18n.t('control.guest', { number });
}

/** @param {People} people @param {I18n} i18n @returns {string} who steers */
export function steererInWords(people, i18n) {
  if (people.steers) return i18n.t('control.steers.you');
  const steerer = people.controller === null ? undefined : people.find(people.controller);
  return steerer ? i18n.t('control.steers', { name: controllerInWords(steerer, i18n) }) : i18n.t('control.steers.nobody');
}

/** What each event is told as. @type {Record<string, (event: Answer, people: People, i18n: I18n) => string>} */
const NEWS = {
  USER_JOINED: ({ user }, people, i18n) => ofAnother('people.came', user, people, i18n),
  USER_LEFT: ({ user, reason }, people, i18n) => {
    if (reason === 'removed') return ofAnother('people.removed', user, people, i18n);
    return ofAnother(reason === 'lost' ? 'people.lost' : 'people.left', user, people, i18n);
  },
  CONTROL_CHANGED: ({ controller }, people, i18n) => {
    if (people.steers) return i18n.t('control.now.you');
    return controller ? ofAnother('control.now', controller, people, i18n, controllerInWords) : i18n.t('control.now.nobody');
  },
  CONTROL_DECLINED: ({ user, reason }, people, i18n) =>
    user === people.self && reason !== 'withdrawn' ? i18n.t('control.declined') : '',
  APP_RESTARTED: (_event, _people, i18n) => i18n.t('notice.restarted'),
  SESSION_ENDING: ({ seconds_left: seconds }, _people, i18n) =>
    typeof seconds === 'number' ? i18n.t('notice.ending', { time: countdown(seconds * 1000) }) : '',
};

/** @param {Answer} event @param {People} people as they are after it @param {I18n} i18n @returns {string} empty: nothing to tell */
export function newsInWords(event, people, i18n) {
  return Object.hasOwn(NEWS, event.msg) ? NEWS[event.msg](event, people, i18n) : '';
}

/** @param {string} key @param {string} user @param {People} people @param {I18n} i18n @param {typeof nameInWords} [inWords] */
function ofAnother(key, user, people, i18n, inWords = nameInWords) {
  const person = user === people.self ? undefined : people.find(user);
  return person ? i18n.t(key, { name: inWords(person, i18n) }) : '';
}
