// @ts-check
/** What is written on a key. */

/** @type {Record<string, string>} */
const MARKS = {
  ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→',
  Backquote: '`', Backslash: '\\', BracketLeft: '[', BracketRight: ']', Comma: ',', Equal: '=', Minus: '-', Period: '.', Quote: "'",
  Semicolon: ';', Slash: '/', Escape: 'Esc', Delete: 'Del', Insert: 'Ins', PageDown: 'PgDn', PageUp: 'PgUp',
  AltLeft: 'Alt', AltRight: 'Alt', ControlLeft: 'Ctrl', ControlRight: 'Ctrl',
};

/** @type {Record<string, string>} */
const WORDS = { Space: 'key.space', ShiftLeft: 'key.shift', ShiftRight: 'key.shift' };

/** @param {string} code of a KeyboardEvent @param {import('../i18n/i18n.js').I18n} i18n @returns {string} as on a keyboard with Latin letters */
export function keyName(code, i18n) {
  if (code in WORDS) return i18n.t(WORDS[code]);
  return MARKS[code] ?? code.replace(/^(?:Key|Digit)(?=.$)/, '').replace(/^Numpad/, 'Num ');
}
