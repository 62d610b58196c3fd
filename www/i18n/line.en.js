// @ts-check
/** English: waiting in line. */

/** @type {Record<string, import('./text.js').Text>} */
export const en = {
  'line.offer': 'Wait in line',
  'line.offer.hint': 'The door opens by itself as soon as it is your turn. Keep this page open.',
  'line.for': 'In line for {name}',
  'line.joining': 'Taking a place…',
  'line.position': 'Your place in line: {position}',
  'line.next': 'You are next',
  'line.turn': 'It is your turn! Opening the doors…',
  'line.estimate': 'By the plan it is your turn {when} at the latest. Often it is sooner.',
  'line.estimate.at': 'By the plan it is your turn at {time} at the latest. Often it is sooner.',
  'line.soon': 'It should be your turn any moment now.',
  'line.unknown': 'How long it takes is not known yet.',
  'line.lost': 'The connection is lost. Your place is kept for a moment, and we go on trying.',
  'line.end': 'Your place was lost with the connection. You stand at the end of the line again.',
  'line.leave': 'Leave the line',
  'line.left': 'You have left the line.',
  'line.in': 'It is your turn. Welcome to {name}!',
  'line.title': '{position} in line · {name}',
  'line.title.turn': 'It is your turn! · {name}',
  'refusal.LINE_FULL': 'Everything is taken, and the waiting line is full, too. Please try again a little later, or book a time.',
};
