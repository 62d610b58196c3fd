// @ts-check
/**
 * What the page's own address says: `#code=1234` joins, with `&invite=…` as somebody who was invited; `#rc=<rc_name>` chooses,
 * `?lang=ru` sets the language.
 */

/**
 * @typedef {{ href: string, search: string, hash: string }} Address
 * @typedef {import('../net/door.js').Invitation} Invitation
 */

/** An invitation's secret, in letters that need no escape in an address. Longer ones are none. */
const INVITE = /^[\w.~-]{1,64}$/;

/**
 * @param {Address} address
 * @returns {{ invitation: Invitation | null, rcName: string | null, language: string | null }}
 */
export function readAddress({ search, hash }) {
  const fragment = new URLSearchParams(hash.replace(/^#/, ''));
  const code = readCode(fragment.get('code') ?? '');
  const invite = fragment.get('invite') ?? '';
  return {
    invitation: code === null ? null : { code, ...(INVITE.test(invite) ? { invite } : {}) },
    rcName: fragment.get('rc') || null,
    language: new URLSearchParams(search).get('lang'),
  };
}

/**
 * @param {string} text as someone typed or pasted it: spaces and dashes do not matter
 * @returns {string | null} its digits, or null when it can be no code: those have four, or up to nine where so set
 */
export function readCode(text) {
  const digits = text.replace(/[\s\u2010-\u2015-]/g, '');
  return /^[0-9]{4,9}$/.test(digits) ? digits : null;
}

/** @param {Address} address @param {Invitation} invitation @returns {string} the address that brings a friend into the session */
export function invitationLink({ href }, invitation) {
  const url = new URL(href);
  url.search = '';
  return withInvitation(url, invitation);
}

/** @param {{ href: string }} address @param {Invitation} invitation @returns {string} the page's own address, with the invitation in it */
export function withInvitation({ href }, { code, invite }) {
  const url = new URL(href);
  url.hash = new URLSearchParams(invite === undefined ? { code } : { code, invite }).toString();
  return url.href;
}

/** @param {{ href: string }} address @param {string} rcName @returns {string} the page's own address, with the complex chosen */
export function withRc({ href }, rcName) {
  const url = new URL(href);
  url.hash = new URLSearchParams({ rc: rcName }).toString();
  return url.href;
}

/** @param {Address} address @param {string} language */
export function withLanguage({ href }, language) {
  const url = new URL(href);
  url.searchParams.set('lang', language);
  return url.href;
}

/** @param {Address} address @returns {string} without the fragment, once it was obeyed */
export function withoutFragment({ href }) {
  const url = new URL(href);
  url.hash = '';
  return url.href;
}
