// @ts-check
// Ten minutes of everything at once (tests/system/lib/mixed_load.mjs): what the coordinator holds whenever all is quiet in between.
// Its own first round is the yardstick: memory, descriptors and threads must stay what they were after it, but for the codes that rest
// (codes.h), which are a quarter of all at most, nor more than 250,000: with four digits the first minute has them all; with six, what
// they hold is told beside.
// Usage: node soak.bench.mjs [ROUNDS [SECONDS_A_ROUND [CODE_DIGITS]]]

import { MixedLoad, startMixedSite } from '../system/lib/mixed_load.mjs';
import { request } from '../system/lib/client.mjs';
import { readMetrics } from '../system/lib/metrics.mjs';
import { ownScope } from '../system/lib/programs.mjs';

const ROUNDS = Number(process.argv[2] ?? 10);
const SECONDS = Number(process.argv[3] ?? 60);
const DIGITS = Number(process.argv[4] ?? 4);
const MOST_RESTING = Math.min(10 ** DIGITS / 4, 250_000);
/** What one takes of the heap: 65 to 70, as its table grows. */
const BYTES_A_RESTING_CODE = 70;

const scope = ownScope();
try {
  const site = await startMixedSite(scope, { code_digits: DIGITS });
  const load = new MixedLoad(scope, site);
  const requests = () => Object.values(load.asked).reduce((sum, count) => sum + count, 0);
  const resting = async () => {
    const { text } = await request(`${site.nginx.url}metrics`, { ca: site.nginx.ca });
    return Number(readMetrics(text).get('vitrina_coordinator_codes{state="resting"}'));
  };
  const first = load.holding();
  console.log(`at the start: ${first.memoryKib} KiB, ${first.descriptors} descriptors, ${first.threads} threads`);
  for (let round = 1; round <= ROUNDS; round++) {
    await load.run(SECONDS);
    const { memoryKib, descriptors, threads } = load.holding();
    const codes = await resting();
    console.log(
      `round ${round}, ${SECONDS} s: ${memoryKib} KiB, ${descriptors} descriptors, ${threads} threads; ` +
        `${codes} codes rest of ${MOST_RESTING} at most (${Math.round((codes * BYTES_A_RESTING_CODE) / 1024)} of ${Math.round((MOST_RESTING * BYTES_A_RESTING_CODE) / 1024)} KiB); ` +
        `${requests()} requests so far, ${load.abandoned} given up, ${load.wrong.size} wrong answers, ${load.faults().length} faults in the logs`,
    );
  }
  for (const line of [...load.wrong, ...load.faults()]) console.log(line);
  console.log(JSON.stringify(load.asked));
} finally {
  await scope.end();
}
