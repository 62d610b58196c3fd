// @ts-check
// What a service manager hears from a program (sd_notify(3)). Node has no datagram sockets of Unix; perl, which every Debian has, does.

import { join } from 'node:path';
import { start, temporaryDirectory, until } from './programs.mjs';

const LISTEN = `use Socket; $| = 1; $SIG{TERM} = sub { exit }; socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un($ARGV[0])) or die $!;
print "bound\\n"; while (defined recv(S, $m, 65536, 0)) { $m =~ tr/\\n/ /; print "<$m>\\n" }`;

export class Supervisor {
  /** @param {import('./programs.mjs').Program} listener @param {string} socket */
  constructor(listener, socket) {
    this.listener = listener;
    this.socket = socket;
  }

  /** @param {import('./programs.mjs').Scope} scope */
  static async start(scope) {
    const socket = join(temporaryDirectory(scope, 'vitrina-notify'), 'notify');
    const options = { ready: /bound/, name: 'supervisor', deathSignal: 'TERM' };
    return new Supervisor(await start(scope, 'perl', ['-e', LISTEN, socket], options), socket);
  }

  /** What was told, one text each, without the watchdog's meals. */
  get told() {
    return this.#messages.filter(message => message !== 'WATCHDOG=1');
  }

  /** How often the watchdog was fed. */
  get meals() {
    return this.#messages.filter(message => message === 'WATCHDOG=1').length;
  }

  /** Waits until the watchdog has had no meal for that long. @param {number} patienceMs */
  async hungry(patienceMs) {
    let [meals, sinceMs] = [this.meals, Date.now()];
    await until(
      () => {
        if (this.meals > meals) [meals, sinceMs] = [this.meals, Date.now()];
        return Date.now() - sinceMs > patienceMs;
      },
      { what: 'no meal for as long as the watchdog is patient' },
    );
  }

  get #messages() {
    return [...this.listener.log.matchAll(/<(.*)>\n/g)].map(([, message]) => message);
  }
}
