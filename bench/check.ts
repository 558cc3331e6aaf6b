import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inDirectory } from './directory.ts';
import { type Benchmark, measured } from './measurement.ts';
import { find, ROLLBACKD, timed } from './program.ts';

const ROUNDS = 11;
const RULES = 1_000;

/** `rules check` of 1,000 rules, the whole process, against `promtool check rules` of as many. */
export const check: Benchmark = (say) =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'ours.yaml'), ourRules());
    await writeFile(join(directory, 'theirs.yaml'), theirRules());
    const promtool = find('promtool');
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      say(`round ${round} of ${ROUNDS}`);
      // 3: advice only, for no test stands beside these rules.
      const one = await timed([...ROLLBACKD, 'rules', 'check', 'ours.yaml'], directory, [0, 3]);
      const other =
        promtool === null ? null : await timed([promtool, 'check', 'rules', 'theirs.yaml'], directory);
      // The first of all fills caches.
      if (round === 0) continue;
      ours.push(one);
      if (other !== null) peer.push(other);
    }
    return [measured('check', 'ms', { ours, peer, against: 'promtool', target: { of: 'ratio', limit: 1 } })];
  });

/** Half about one test each, half about how bad it is: as long as rules that people write. */
function ourRules(): string {
  const rules = Array.from({ length: RULES }, (_, index) => {
    const when =
      index % 2 === 0
        ? `signal.status == "fail" && signal.layer == "gold" && signal.owner == "team-${index}"`
        : `signal.status == "fail" && signal.failures > ${index}.0 && "nightly" in signal.tags`;
    return `  - name: rule-${index}
    signal: dbt.test
    when: ${when}
    for: 5m
    severity: high
    impact: data-quality
    summary: "{{subject}} failed with {{failures}} rows"
`;
  });
  return `rules:\n${rules.join('')}`;
}

function theirRules(): string {
  const rules = Array.from({ length: RULES }, (_, index) => {
    const expr =
      index % 2 === 0
        ? `dbt_test_failures{status="fail", layer="gold", owner="team-${index}"} > 0`
        : `dbt_test_failures{status="fail", tags=~".*nightly.*"} > ${index}`;
    return `      - alert: Rule${index}
        expr: ${expr}
        for: 5m
        labels: { severity: high, impact: data-quality }
        annotations: { summary: "{{ $labels.subject }} failed with {{ $value }} rows" }
`;
  });
  return `groups:\n  - name: bench\n    rules:\n${rules.join('')}`;
}
