// @ts-check
/** What the page's own address says: `#code=1234` joins, `#rc=<rc_name>` chooses, `?lang=ru` sets the language. */

/**
 * @typedef {{ href: string, search: string, hash: string }} Address
 */

/**
 * @param {Address} address
 * @returns {{ code: string | null, rcName: string | null, language: string | null }}
 */
export function readAddress({ search, hash }) {
  const fragment = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    code: readCode(fragment.get('code') ?? ''),
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

/** @param {Address} address @param {string} code @returns {string} the address that brings a friend into the session */
export function invitationLink({ href }, code) {
  const url = new URL(href);
  url.search = '';
  url.hash = new URLSearchParams({ code }).toString();
  return url.href;
}

/** @param {Address} address @param {string} code @returns {string} the page's own address, with the code in it */
export function withCode({ href }, code) {
  const url = new URL(href);
  url.hash = new URLSearchParams({ code }).toString();
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
