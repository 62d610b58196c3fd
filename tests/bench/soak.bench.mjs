// @ts-check
// Ten minutes of everything at once (tests/system/lib/mixed_load.mjs): what the coordinator holds whenever all is quiet in between.
// Its own first round is the yardstick: memory, descriptors and threads must stay what they were after it.
// Usage: node soak.bench.mjs [ROUNDS [SECONDS_A_ROUND]]

import { MixedLoad, startMixedSite } from '../system/lib/mixed_load.mjs';
import { ownScope } from '../system/lib/programs.mjs';

const ROUNDS = Number(process.argv[2] ?? 10);
const SECONDS = Number(process.argv[3] ?? 60);

const scope = ownScope();
try {
  const site = await startMixedSite(scope);
  const load = new MixedLoad(scope, site);
  const requests = () => Object.values(load.asked).reduce((sum, count) => sum + count, 0);
  const first = load.holding();
  console.log(`at the start: ${first.memoryKib} KiB, ${first.descriptors} descriptors, ${first.threads} threads`);
  for (let round = 1; round <= ROUNDS; round++) {
    await load.run(SECONDS);
    const { memoryKib, descriptors, threads } = load.holding();
    console.log(
      `round ${round}, ${SECONDS} s: ${memoryKib} KiB, ${descriptors} descriptors, ${threads} threads; ` +
        `${requests()} requests so far, ${load.abandoned} given up, ${load.wrong.size} wrong answers, ${load.faults().length} faults in the logs`,
    );
  }
  for (const line of [...load.wrong, ...load.faults()]) console.log(line);
  console.log(JSON.stringify(load.asked));
} finally {
  await scope.end();
}
