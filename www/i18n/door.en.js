// @ts-check
/** English: the door of a walk: who knocks, and how one comes in. */

/** @type {Record<string, import('./text.js').Text>} */
export const en = {
  'knock.asking': 'One moment. If somebody has to let you in, the people inside are being asked now. That takes a minute at most.',
  'knock.waiting': 'Asking…',
  'knock.cancel': 'Cancel',
  'knock.knocks': '{name} knocks',
  'knock.somebody': 'Somebody knocks',
  'knock.host': 'The host decides',
  'knock.admit': 'Let in',
  'knock.refuse': 'Refuse',
  'knock.more': { one: '{count} more waits', other: '{count} more wait' },
  'knock.gone': 'It was answered already.',

  'door.switch': 'Guests knock',
  'door.open': 'Who has the link or the code comes in.',
  'door.knock': 'Who has the link or the code must knock, and the host lets them in.',
  'door.now.open': 'Who has the link comes in now without knocking.',
  'door.now.knock': 'Who comes now must knock, and you let them in.',
  'door.renewed': 'The code and the link are new. The old ones no longer open the door.',

  'refusal.NOT_LET_IN': 'Nobody let you in, or there is no walk with this code. Check the code, or use the link of your confirmation or invitation.',
};
