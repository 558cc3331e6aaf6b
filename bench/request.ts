import { createHmac, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAILING, prepareResults } from './dbt-artifacts.ts';
import { inDirectory } from './directory.ts';
import { type GitStandIn, serveGit } from './git-stand-in.ts';
import { type Benchmark, measured } from './measurement.ts';
import { requestInPrometheus } from './request-peer.ts';
import { createSandbox, deployTwice, remotes, type Sandbox } from './sandbox.ts';

const DAEMONS = 6;
/** How a failure comes: with 1,000 results in a file, with 100, by webhook. */
const WAYS = ['file', 'small-file', 'webhook'] as const;
type Way = (typeof WAYS)[number];
/** Of one daemon, two of each way. */
const TRIALS = 2 * WAYS.length;
/** Longest that an answer is waited for, ms. */
const PATIENCE = 10_000;

/**
 * From a failure to the first outside call of the rollback's plan, which is git fetching from the remote. A failure is
 * once the rename of run_results.json with 1,000 results, once that with 100, once a signed POST /api/v1/signals. An
 * environment for each trial, because an environment is rolled back once.
 */
export const request: Benchmark = (say) =>
  inDirectory(async (directory) => {
    const times: Times = { file: [], 'small-file': [], webhook: [] };
    for (let number = 1; number <= DAEMONS; number += 1) {
      const home = join(directory, String(number));
      await mkdir(home);
      await tryOut(home, times, (text) => say(`daemon ${number} of ${DAEMONS}: ${text}`));
    }
    const peer = await requestInPrometheus(say);
    return [
      measured('file-to-request', 'ms', {
        ours: times.file,
        p99: true,
        peer: peer?.scraped,
        against: 'Prometheus and Alertmanager at 1 s, 1 s, 0 s',
        target: { limit: 20, p99: 50 },
      }),
      measured('small-file-to-request', 'ms', {
        ours: times['small-file'],
        p99: true,
        peer: peer?.scraped,
        against: 'Prometheus and Alertmanager at 1 s, 1 s, 0 s',
        target: { limit: 20, p99: 50 },
      }),
      measured('webhook-to-request', 'ms', {
        ours: times.webhook,
        p99: true,
        peer: peer?.posted,
        against: 'Alertmanager, posted to',
        target: { limit: 8, p99: 25 },
      }),
    ];
  });

type Times = Readonly<Record<Way, number[]>>;

/** One daemon that has watched a good deployment for some runs, and then one failure after the other. */
async function tryOut(directory: string, times: Times, say: (text: string) => void): Promise<void> {
  const environments = Array.from({ length: TRIALS }, (_, index) => `place-${index + 1}`);
  const git = await serveGit(remotes(directory));
  const remote = (environment: string) => `${git.url}/${environment}.git`;
  const sandbox = await createSandbox({ directory, environments, remote });
  const daemon = await sandbox.start();
  try {
    await deployTwice(sandbox, say);
    await untilReady(sandbox);
    for (const [index, environment] of environments.entries()) {
      say(`trial ${index + 1} of ${TRIALS}`);
      const how = WAYS[index % WAYS.length] ?? 'file';
      const took = await failAt(sandbox, git, environment, how);
      times[how].push(took);
    }
  } finally {
    await daemon.stop();
    await git.close();
  }
}

/** Makes a deployment go bad; returns the milliseconds until git calls. */
async function failAt(sandbox: Sandbox, git: GitStandIn, environment: string, how: Way): Promise<number> {
  // What came before must not be in the way, nor the phase of anything that happens regularly.
  await sleep(150 + Math.random() * 200);
  const fail =
    how === 'webhook'
      ? signal(sandbox, environment)
      : await prepareResults(sandbox.target(environment), 'fail', how === 'file' ? 1_000 : 100);
  const called = git.nextCall(`${environment}.git`);
  const began = performance.now();
  const [at] = await Promise.all([Promise.race([called, tooLate(environment)]), fail()]);
  return at - began;
}

async function tooLate(environment: string): Promise<never> {
  await sleep(PATIENCE, undefined, { ref: false });
  throw new Error(`Nothing was done about ${environment} within ${PATIENCE} ms`);
}

function signal({ url, secret }: Sandbox, environment: string): () => Promise<void> {
  const now = new Date();
  const body = JSON.stringify({
    environment,
    source: `dbt-${environment}`,
    kind: 'dbt.test',
    subject: FAILING,
    at: now.toISOString(),
    invocation: randomUUID(),
    attributes: { status: 'fail', severity: 'critical', failures: 12, layer: 'gold' },
  });
  const id = randomUUID();
  const timestamp = Math.floor(now.getTime() / 1_000);
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
  return async () => {
    const reply = await fetch(`${url}/api/v1/signals`, { method: 'POST', headers, body });
    if (reply.status !== 202) throw new Error(`${reply.status} ${await reply.text()}`);
  };
}

interface Environments {
  readonly environments: readonly { readonly readiness: readonly { readonly possible: boolean }[] }[];
}

/** Until it has been looked at in every environment whether a rollback is possible, as it is every quarter of an hour. */
async function untilReady(sandbox: Sandbox): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += 100) {
    const { environments } = await sandbox.ask<Environments>('GET', '/api/v1/environments');
    if (environments.every(({ readiness }) => readiness.some(({ possible }) => possible))) {
      // And until the looks at the remotes are over, which the push made.
      return void (await sleep(2_000));
    }
    await sleep(100);
  }
  throw new Error('A rollback is not possible');
}
