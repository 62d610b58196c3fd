// @ts-check
// A coordinator whose sockets are held by another, as by systemd's socket units (sd_listen_fds(3)): they stay when it ends, and it is started
// again at once. Node cannot listen without taking connections; perl, which every Debian has, does.

import { built, start, until } from './programs.mjs';

const HOLD = `use Socket; use POSIX (); $^F = 1000; $| = 1;
my ($program, $configuration, @sockets) = @ARGV; my (@held, @names, $child);
foreach (@sockets) { my ($name, $path) = split /=/, $_, 2; my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) && bind($s, pack_sockaddr_un($path)) && listen($s, 64) or die "$path: $!";
  push @held, $s; push @names, $name }
fileno($held[$_]) == 3 + $_ or die 'descriptors' foreach 0 .. $#held;
$SIG{TERM} = sub { kill 'TERM', $child; waitpid $child, 0; exit };
for (;;) { unless ($child = fork) { @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, scalar @held, join(':', @names)); exec 'setpriv', '--pdeathsig', 'KILL', '--', $program, '--config', $configuration }
  print "started <$child>\\n"; waitpid $child, 0; print "ended with <", $? >> 8, ">\\n"; exit if $? >> 8 }`;

export class Held {
  /** @param {import('./programs.mjs').Program} holder */
  constructor(holder) {
    this.holder = holder;
  }

  /**
   * @param {import('./programs.mjs').Scope} scope @param {import('./coordinator.mjs').CoordinatorFiles} files
   * @param {[name: string, path: string][]} sockets what they are called (FileDescriptorName=) and where they are
   * @param {RegExp} [ready]
   */
  static async start(scope, files, sockets, ready = / ready door=/) {
    const held = sockets.map(([name, path]) => `${name}=${path}`);
    const options = { ready, name: 'vitrina-coordinator', deathSignal: /** @type {const} */ ('TERM') };
    return new Held(await start(scope, 'perl', ['-e', HOLD, built('vitrina-coordinator'), files.configuration, ...held], options));
  }

  /** Has the coordinator end; returns when it has begun to. */
  async end() {
    const { log } = this.holder;
    const [, pid] = [...log.matchAll(/started <(\d+)>/g)].at(-1) ?? [];
    process.kill(Number(pid), 'SIGTERM');
    await this.holder.waitFor(/ stopping /, { from: log.length });
  }

  /** Waits until it has been started so often. @param {number} times */
  async started(times) {
    await until(() => this.holder.log.match(/ ready door=/g)?.length === times, { what: 'the next coordinator' });
  }
}
