// @ts-check
/** English: the door of a tour: who knocks, and how one comes in. */

/** @type {Record<string, import('./text.js').Text>} */
export const en = {
  'knock.asking': 'One moment. If someone has to let you in, we are asking them now. It takes a minute at most.',
  'knock.waiting': 'Asking…',
  'knock.cancel': 'Cancel',
  'knock.knocks': '{name} asks to join',
  'knock.somebody': 'Someone asks to join',
  'knock.host': 'The host decides',
  'knock.admit': 'Let in',
  'knock.refuse': 'Decline',
  'knock.more': { one: '{count} more waits', other: '{count} more wait' },
  'knock.gone': 'This has been answered already.',

  'door.switch': 'Guests ask before joining',
  'door.open': 'Anyone with the link or the code can join.',
  'door.knock': 'Anyone with the link or the code asks first, and you let them in.',
  'door.now.open': 'Anyone with the link can join now.',
  'door.now.knock': 'Guests now ask first, and you let them in.',
  'door.renewed': 'The code and the link are new. The old ones no longer work.',

  'refusal.NOT_LET_IN': 'No one let you in, or there is no tour with this code. Check the code, or use the link in your confirmation or invitation.',
};
