// @ts-check
/** Which keys there are in a scene: those that the streamer's engine has. */

const FAMILIES = /^(?:Key[A-Z]|Digit[0-9]|F(?:[1-9]|1[0-9]|2[0-4])|Numpad[0-9]|Arrow(?:Up|Down|Left|Right))$/;

const OTHERS = new Set([
  'AltLeft', 'AltRight', 'ControlLeft', 'ControlRight', 'MetaLeft', 'MetaRight', 'ShiftLeft', 'ShiftRight', 'CapsLock', 'NumLock', 'ScrollLock',
  'Backspace', 'ContextMenu', 'Delete', 'End', 'Enter', 'Escape', 'Home', 'Insert', 'PageDown', 'PageUp', 'Pause', 'PrintScreen', 'Space', 'Tab',
  'Backquote', 'Backslash', 'BracketLeft', 'BracketRight', 'Comma', 'Equal', 'IntlBackslash', 'IntlRo', 'IntlYen', 'Minus', 'Period', 'Quote',
  'Semicolon', 'Slash',
  'NumpadAdd', 'NumpadComma', 'NumpadDecimal', 'NumpadDivide', 'NumpadEnter', 'NumpadEqual', 'NumpadMultiply', 'NumpadParenLeft',
  'NumpadParenRight', 'NumpadSubtract',
  'Again', 'Copy', 'Cut', 'Find', 'Help', 'Open', 'Paste', 'Props', 'Undo',
  'AudioVolumeDown', 'AudioVolumeMute', 'AudioVolumeUp', 'MediaPlayPause', 'MediaStop', 'MediaTrackNext', 'MediaTrackPrevious',
  'BrowserBack', 'BrowserFavorites', 'BrowserForward', 'BrowserHome', 'BrowserRefresh', 'BrowserSearch',
  'Convert', 'KanaMode', 'Lang1', 'Lang2', 'Lang3', 'Lang4', 'NonConvert',
]);

/** @param {unknown} code of a KeyboardEvent @returns {code is string} */
export function isSceneKey(code) {
  return typeof code === 'string' && (FAMILIES.test(code) || OTHERS.has(code));
}
