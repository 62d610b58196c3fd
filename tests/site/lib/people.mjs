// @ts-check
// Three people in one session.

import { People } from '../../../www/session/people.js';

export const anna = { user: 'a', name: 'Anna', role: 'host', number: 1 };
export const boris = { user: 'b', name: 'Boris', role: 'guest', number: 2 };
export const nameless = { user: 'c', name: '', role: 'guest', number: 3 };

/** The three of them, seen by one. @param {string} user @param {object} [fields] of the answer */
export function seenBy(user, fields = {}) {
  const people = new People();
  people.enter({
    msg: 'SESSION_CONNECTION_ESTABLISHED',
    user,
    controller: 'a',
    control: 'host',
    users: [anna, boris, nameless],
    requests: [],
    ...fields,
  });
  return people;
}

/** @param {People} people @param {string} msg @param {object} [fields] */
export const hear = (people, msg, fields = {}) => people.hear({ msg, ...fields });
