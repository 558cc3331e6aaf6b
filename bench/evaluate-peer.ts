import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { inDirectory } from './directory.ts';
import { type Peer, startPrometheus } from './peers.ts';
import { find } from './program.ts';

const SERIES = 10_000;
const INTERVAL = 2_000;
const ROUNDS = 3;

/** How long Prometheus takes for 10,000 rules over 10,000 series, ms: quiet, and all firing. Null: not installed. */
export async function evaluateInPrometheus(
  say: (text: string) => void,
): Promise<{ readonly quiet: readonly number[]; readonly firing: readonly number[] } | null> {
  if (find('prometheus') === null) return null;
  let value = 0;
  const exporter = createServer((_request, reply) => reply.end(exposition(value)));
  await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
  const address = exporter.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  try {
    return await inDirectory(async (directory) => {
      const prometheus = await startPrometheus(directory, {
        interval: `${INTERVAL}ms`,
        rules: rules(),
        exporter: `127.0.0.1:${address.port}`,
      });
      if (prometheus === null) return null;
      try {
        say('Prometheus, quiet');
        const quiet = await durations(prometheus);
        value = 1;
        say('Prometheus, all firing');
        return { quiet, firing: await durations(prometheus) };
      } finally {
        await prometheus.stop();
      }
    });
  } finally {
    exporter.closeAllConnections();
    exporter.close();
  }
}

function exposition(value: number): string {
  const lines = Array.from(
    { length: SERIES },
    (_, index) => `dbt_test_failures{subject="test-${index}"} ${value}`,
  );
  return `${lines.join('\n')}\n`;
}

function rules(): string {
  const each = Array.from(
    { length: SERIES },
    (_, index) => `  - { alert: Test${index}Failed, expr: 'dbt_test_failures{subject="test-${index}"} > 0' }`,
  );
  return `groups:\n- name: bench\n  rules:\n${each.join('\n')}\n`;
}

/** The durations of the next evaluations, once what is exposed has been scraped. */
async function durations({ url }: Peer): Promise<readonly number[]> {
  await sleep(2 * INTERVAL);
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await sleep(INTERVAL);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const seconds = /^prometheus_rule_group_last_duration_seconds\{[^}]*\} (\S+)$/m.exec(metrics)?.[1];
    found.push(Number(seconds) * 1_000);
  }
  return found;
}
