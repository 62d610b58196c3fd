// @ts-check
/** English: waiting in line. */

/** @type {Record<string, import('./text.js').Text>} */
export const en = {
  'line.offer': 'Wait in line',
  'line.offer.hint': 'The tour opens by itself when it’s your turn. Keep this page open.',
  'line.for': 'In line for {name}',
  'line.joining': 'Saving your place…',
  'line.position': 'Your place in line: {position}',
  'line.next': 'You’re next in line',
  'line.turn': 'It’s your turn! Opening the doors…',
  'line.estimate': 'Expected {when}, often sooner.',
  'line.estimate.at': 'Expected by {time}, often sooner.',
  'line.soon': 'It should be your turn any moment now.',
  'line.unknown': 'We can’t say yet how long it will take.',
  'line.lost': 'Connection lost. We’re keeping your place for a moment and trying again.',
  'line.end': 'Your place was lost with the connection. You’re at the end of the line again.',
  'line.leave': 'Leave the line',
  'line.left': 'You have left the line.',
  'line.in': 'It’s your turn. Welcome to {name}!',
  'line.title': '{position} in line · {name}',
  'line.title.turn': 'It’s your turn! · {name}',
  'refusal.LINE_FULL': 'All places are taken, and the line is full, too. Please try again a little later, or book a time.',
};
