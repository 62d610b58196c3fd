// @ts-check
/** English: how the picture comes here. */

/** @type {Record<string, import('./text.js').Text>} */
export const en = {
  'stats.tool': 'Connection details ({key})',
  'stats.title': 'Connection details',
  'stats.weak': 'Weak network',
  'stats.roundTrip': 'Round trip',
  'stats.frames': 'Frames a second',
  'stats.size': 'Picture',
  'stats.rate': 'Bit rate',
  'stats.loss': 'Lost packets',
  'stats.buffer': 'Held back',
  'stats.freezes': 'Freezes',
  'stats.ms': '{number} ms',
  'stats.mbit': '{number} Mbit/s',
  'stats.percent': '{number} %',
  'stats.codec': 'Codec',
  'stats.path': 'Path',
};
