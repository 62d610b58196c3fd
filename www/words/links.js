// @ts-check
/** Addresses in what people write. Only one that leads where it says becomes a link. */

/** @typedef {{ text: string, href?: string }} Part */

const ADDRESS = /https?:\/\/[^\s<>"']+/gi;

/** What ends a sentence, not an address. */
const TRAILING = /[.,;:!?»”’)\]}…]+$/u;

const LONGEST = 500;

/**
 * @param {string} text
 * @returns {Part[]} the whole text again, in parts
 */
export function splitLinks(text) {
  /** @type {Part[]} */
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, '');
    if (!isHonest(address)) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href: address });
    from = match.index + address.length;
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from) });
  return parts;
}

/**
 * Not one whose host is something else than it seems: `https://bank.example@evil.example`, look-alike letters, a port or a number
 * in odd spelling.
 * @param {string} address
 */
function isHonest(address) {
  if (address.length > LONGEST) return false;
  /** @type {URL} */
  let url;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (url.username !== '' || url.password !== '') return false;
  const written = /^https?:\/\/([^/?#]*)/i.exec(address)?.[1].toLowerCase();
  return written === url.host && !url.host.startsWith('xn--') && !url.host.includes('.xn--');
}
