// @ts-check
/**
 * What is said of ICE after the offer, as WHEP wants it: candidates and new credentials in an `application/trickle-ice-sdpfrag` body
 * (RFC 8840, section 9).
 */

/** @typedef {{ candidate: string, sdpMid: string | null }} Candidate */

/**
 * @param {string} offerSdp the offer that the candidates belong to: it gives the credentials and the media lines
 * @param {Candidate[]} candidates
 * @param {boolean} complete no more will come
 * @returns {string}
 */
export function buildSdpFragment(offerSdp, candidates, complete) {
  const { session, media } = splitSdp(offerSdp);
  const first = media[0] ?? [];
  const ufrag = findLine(session, 'a=ice-ufrag:') ?? findLine(first, 'a=ice-ufrag:');
  const pwd = findLine(session, 'a=ice-pwd:') ?? findLine(first, 'a=ice-pwd:');
  const lines = [ufrag, pwd];
  for (const section of media) {
    const mid = findLine(section, 'a=mid:');
    if (!mid) continue;
    const own = candidates.filter((candidate) => `a=mid:${candidate.sdpMid}` === mid);
    // With bundled media all candidates belong to the first section; the end is told there too.
    const ends = complete && section === first;
    if (own.length === 0 && !ends) continue;
    lines.push(section[0], mid);
    lines.push(...own.map(({ candidate }) => `a=${candidate}`));
    if (ends) lines.push('a=end-of-candidates');
  }
  return lines.filter((line) => line !== undefined).map((line) => `${line}\r\n`).join('');
}

/**
 * What the other side answered to an ICE restart, as the answer to the new offer: the one before with new credentials and
 * candidates (RFC 9725, section 4.3.3).
 * @param {string} answerSdp the answer before
 * @param {string} fragment
 * @returns {string}
 */
export function applyFragment(answerSdp, fragment) {
  const lines = fragment.split(/\r?\n/);
  const credentials = [findLine(lines, 'a=ice-ufrag:'), findLine(lines, 'a=ice-pwd:')];
  const candidates = lines.filter((line) => line.startsWith('a=candidate:') || line === 'a=end-of-candidates');
  const { session, media } = splitSdp(answerSdp);
  const kept = (/** @type {string} */ line) => line !== '' && !/^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates)\b/.test(line);
  const sections = media.map((section, at) => [...section.filter(kept), ...credentials, ...(at === 0 ? candidates : [])]);
  return [session.filter(kept), ...sections].flat().filter((line) => line !== undefined).map((line) => `${line}\r\n`).join('');
}

/** @param {string} sdp */
function splitSdp(sdp) {
  /** @type {string[]} */
  const session = [];
  /** @type {string[][]} */
  const media = [];
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('m=')) media.push([line]);
    else (media.at(-1) ?? session).push(line);
  }
  return { session, media };
}

/** @param {string[]} lines @param {string} start */
function findLine(lines, start) {
  return lines.find((line) => line.startsWith(start));
}
