// @ts-check
/** Which of several languages somebody wants: the look-up of RFC 4647, section 3.4. */

/**
 * A range without its last subtag, and without a single letter that would then stand at its end.
 * @param {string} range
 */
function shorter(range) {
  return range.split('-').slice(0, -1).join('-').replace(/(?:^|-)[a-z0-9]$/, '');
}

/**
 * @param {readonly string[]} tags that there are, in any case
 * @param {readonly string[]} ranges that are wanted, best first
 * @returns {string | undefined} one of `tags`. Where none is as wide as a range, one that is narrower does: `ru-RU` for `ru`
 */
export function lookUp(tags, ranges) {
  const known = tags.map((tag) => ({ tag, lower: tag.toLowerCase() }));
  for (const wanted of ranges) {
    for (let range = wanted.toLowerCase(); range !== ''; range = shorter(range)) {
      const found = known.find(({ lower }) => lower === range) ?? known.find(({ lower }) => lower.startsWith(`${range}-`));
      if (found) return found.tag;
    }
  }
  return undefined;
}
