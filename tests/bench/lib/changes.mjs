// @ts-check
// How long it takes from input to the picture of what it changed.

/** @typedef {{ sent: number, seen: number, received: number, rtp: number }} Change times in ms since 1970 */

/** What flip.c flips its colour at, once. */
export const FLIP_ONCE = [{ type: 'pointerdown', button: 0 }, { type: 'pointerup', button: 0 }];

/**
 * Runs in the page: sends events and waits for the change, again and again.
 * @param {{ count: number, events: object[] }} plan @returns {Promise<Change[]>}
 */
export async function change({ count, events }) {
  const player = /** @type {any} */ (globalThis).players.player1;
  const changes = [];
  for (let i = -3; i < count; i++) {
    await new Promise(wake => setTimeout(wake, 150 + Math.random() * 200));
    const begun = performance.now();
    const seen = await new Promise(settle => {
      player.onColour = () => settle(performance.now());
      for (const event of events) player.send(event);
      setTimeout(settle, 5000, 0);
    });
    player.onColour = undefined;
    /* On a machine that is too busy two changes can fall between two frames, and cancel each other. */
    if (!seen) continue;
    const { receiveTime, rtpTimestamp } = player.about;
    const at = performance.timeOrigin;
    /* The first ones warm up. */
    if (i >= 0) changes.push({ sent: at + begun, seen: at + seen, received: at + receiveTime, rtp: rtpTimestamp });
  }
  return changes;
}

/** @param {number[]} values @param {number} part */
export const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
/** @param {number[]} values */
export const median = values => quantile(values, 0.5);
