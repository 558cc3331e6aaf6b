import { short } from '../core/deployment.ts';
import type { Duration } from '../core/time.ts';
import type { AirflowStandIn } from './airflow-stand-in.ts';
import type { DaemonApi, EnvironmentSeen } from './api.ts';
import type { GitHubStandIn } from './github-stand-in.ts';
import type { Inbox } from './inbox.ts';
import type { DbtRun, Pipeline } from './pipeline.ts';
import type { EnvironmentName, Sandbox } from './sandbox.ts';
import type { Teller } from './teller.ts';
import { type Patience, waitFor } from './waiting.ts';

/** Everything the acts of the story are played with. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly pipeline: Pipeline;
  readonly inbox: Inbox;
  readonly daemon: DaemonApi;
  readonly airflow: AirflowStandIn;
  readonly github: GitHubStandIn;
  readonly teller: Teller;
  /** How long one thing may take: seconds with recordings, more with dbt itself. */
  readonly patience: Patience;
}

/** The dbt source that an environment is judged by. */
export const SOURCES = {
  production: 'dbt-prod',
  development: 'dbt-dev',
  warehouse: 'dbt-warehouse',
} as const;

/** Brings the branch's head to an environment, and tells it once the daemon has seen it. */
export async function deploy(stage: Stage, environment: EnvironmentName): Promise<EnvironmentSeen> {
  const commit = await stage.pipeline.deploy(environment);
  // Nobody watches the warehouse's work tree: its deploy job says what runs.
  if (environment === 'warehouse') await stage.daemon.announce(environment, commit, 'succeeded');
  return seeDeployment(stage, environment, commit);
}

/** Waits until the daemon knows that a commit runs, and tells it. */
export async function seeDeployment(
  stage: Stage,
  environment: EnvironmentName,
  commit: string,
): Promise<EnvironmentSeen> {
  const seen = await waitFor(
    `the daemon to see that ${short(commit)} runs in ${environment}`,
    async () => {
      const status = await stage.daemon.environment(environment);
      return status.running?.commit === commit ? status : undefined;
    },
    stage.patience,
  );
  const subject = seen.running?.subject ?? '';
  const text = `${short(commit)} to ${environment}: ${subject}`;
  stage.teller.line({ at: Date.now(), shape: 'not-yet', stage: 'deploy', text });
  return seen;
}

/** The schedule's next dbt run, until the daemon has its evidence. */
export async function run(stage: Stage, environment: EnvironmentName): Promise<DbtRun> {
  const ran = await stage.pipeline.run(environment);
  if (environment === 'warehouse')
    await stage.daemon.push(environment, await stage.pipeline.artifacts(environment));
  await waitFor(
    `the daemon to read what dbt left in ${environment}`,
    async () => ((await lastEvidence(stage, environment)) >= ran.generatedAt ? true : undefined),
    stage.patience,
  );
  return ran;
}

/** When the newest evidence of an environment was made; 0 where there is none. */
async function lastEvidence(stage: Stage, environment: EnvironmentName): Promise<number> {
  const { sources } = await stage.daemon.environment(environment);
  const source = sources.find((each) => each.source === SOURCES[environment]);
  return Date.parse(source?.last_evidence_at ?? '') || 0;
}

/** `dbt ran 25 tests, all passed`, `dbt ran 25 tests, 24 passed`. */
export function sayRun({ passed, failed }: DbtRun): string {
  const all = passed + failed.length;
  return `dbt ran ${all} tests, ${failed.length === 0 ? 'all' : passed} passed`;
}

/** The name in a dbt test's unique id. */
export function nameOf(subject: string): string {
  return subject.split('.')[2] ?? subject;
}

/** From now until the daemon has turned once more; throws StoryBroken after `within`. */
export async function nextTurn(
  stage: Stage,
  environment: EnvironmentName,
  within: Duration = stage.patience.within,
): Promise<void> {
  const since = Date.now();
  await waitFor(
    `the daemon to look at ${environment} again`,
    async () => {
      const { sources } = await stage.daemon.environment(environment);
      const at = sources.find((each) => each.source === SOURCES[environment])?.last_success_at;
      return Date.parse(at ?? '') > since ? true : undefined;
    },
    { ...stage.patience, within },
  );
}
