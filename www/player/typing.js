// @ts-check
/** Text on its way to the scene: what an input field's changes come to, and in which pieces it is sent. Pure. */

/** Code points in one message, as vitrina-protocol(7) has it. */
const LONGEST_MESSAGE = 256;

/** What is pasted beyond this is left out: the streamer would, too. */
const LONGEST_TEXT = 4_000;

/**
 * An empty field tells nobody that Backspace was pressed on a phone's keyboard. So it is never empty: it begins with characters that
 * are not seen, and each that goes is a Backspace.
 */
export const UNSEEN = '\u200b'.repeat(8);

/** @param {string} text @returns {string[]} composed and in pieces for a message each; what is too long is cut off */
export function textPieces(text) {
  const characters = [...text.replaceAll('\u200b', '').normalize('NFC')].slice(0, LONGEST_TEXT);
  const pieces = [];
  for (let at = 0; at < characters.length; at += LONGEST_MESSAGE) pieces.push(characters.slice(at, at + LONGEST_MESSAGE).join(''));
  return pieces;
}

/**
 * What has to be done where the earlier text was typed, and stands before the caret, so that the later one does.
 * @param {string} before the field's value that is typed already, from UNSEEN on
 * @param {string} after its value now
 * @returns {{ erase: number, text: string }} so many times Backspace, then this text
 */
export function typedChange(before, after) {
  const [was, is] = [[...before], [...after]];
  let same = 0;
  while (same < was.length && same < is.length && was[same] === is[same]) same += 1;
  // All of it was replaced, by a password manager or a hand: that is no Backspace into what stood in the scene before.
  const unseen = same === 0 ? UNSEEN.length : 0;
  return { erase: Math.max(0, was.length - same - unseen), text: is.slice(same).join('').replaceAll('\u200b', '') };
}
