// @ts-check
/** English: how the picture comes here. */

/** @type {Record<string, import('./text.js').Text>} */
export const en = {
  'stats.tool': 'Connection details ({key})',
  'stats.title': 'Connection details',
  'stats.weak': 'Weak network',
  'stats.roundTrip': 'Network delay',
  'stats.frames': 'Frames per second',
  'stats.size': 'Picture',
  'stats.rate': 'Bit rate',
  'stats.loss': 'Packets lost',
  'stats.buffer': 'Buffer',
  'stats.freezes': 'Freezes',
  'stats.ms': '{number} ms',
  'stats.mbit': '{number} Mbit/s',
  'stats.percent': '{number} %',
  'stats.codec': 'Codec',
  'stats.path': 'Path',
};
