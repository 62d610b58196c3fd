// @ts-check
// Tickets of staff, as an operator makes and revokes them on the command line.

import { built, run } from './programs.mjs';

/** @param {import('./coordinator.mjs').CoordinatorFiles} files @param {string[]} args */
export const command = (files, ...args) => run(built('vitrina-coordinator'), ['--config', files.configuration, ...args]);

/**
 * A ticket of an operator, and the id by which it is listed.
 * @param {import('./coordinator.mjs').CoordinatorFiles} files @param {string[]} args further ones
 */
export function operatorTicket(files, ...args) {
  const { status, stdout, stderr } = command(files, '--ticket', 'operator', ...args);
  if (status !== 0) throw new Error(stderr);
  const id = stderr.match(/^Ticket ([0-9a-f]{16}) /)?.[1];
  if (!id) throw new Error(`no id: ${stderr}`);
  return { ticket: stdout.trim(), id };
}
