import type { Pipeline } from '../pipeline.ts';

/** What a rollback left behind, asked of the outside world and of the API. */
export interface Effects {
  readonly state: string;
  /** Commits with our trailer on the remote's branch. */
  readonly reverts: number;
  /** Whether the branch's head has the good commit's files under dbt/. */
  readonly isRestored: boolean;
  /** Whether the work tree is at the branch's head, without edits. */
  readonly treeFollows: boolean;
  readonly schedule: readonly string[];
  readonly rebuilds: number;
  /** Whether two rebuilds ever ran at the same time. */
  readonly overlapped: boolean;
  readonly budgetUsed: number;
}

/** Reads what became of the rollback of a pipeline's one incident. */
export async function effectsOf(pipeline: Pipeline, good: string): Promise<Effects> {
  const log = await pipeline.git('remote.git', 'log', '--format=%(trailers:key=Rollbackd-Incident)', 'main');
  const head = await pipeline.git('remote.git', 'rev-parse', 'main');
  const changed = await pipeline.git('remote.git', 'diff', '--name-only', good, 'main', '--', 'dbt');
  const { environments } = (await pipeline.api('/api/v1/environments')).json as Environments;
  return {
    state: (await incidentOf(pipeline))?.state ?? 'none',
    reverts: log.split('\n').filter((line) => line !== '').length,
    isRestored: changed === '',
    treeFollows: await follows(pipeline, head),
    schedule: pipeline.lines('effects.log'),
    ...rebuildsOf(pipeline),
    budgetUsed: environments[0]?.budget.used ?? -1,
  };
}

interface Environments {
  readonly environments: readonly { readonly budget: { readonly used: number } }[];
}

/** The newest incident. */
export async function incidentOf(
  pipeline: Pipeline,
): Promise<{ readonly id: string; readonly state: string } | undefined> {
  const { incidents } = (await pipeline.api('/api/v1/incidents')).json as {
    readonly incidents: readonly { readonly id: string; readonly state: string }[];
  };
  return incidents[0];
}

/** Returns once the newest incident is in that state. */
export async function untilIncident(pipeline: Pipeline, state: string, ms?: number): Promise<string> {
  return pipeline.waitFor(
    async () => {
      const incident = await incidentOf(pipeline);
      return incident?.state === state ? incident.id : undefined;
    },
    `an incident that is ${state}`,
    ms,
  );
}

/** Commit and verdict of what ran, newest first. */
export async function deploymentsOf(
  pipeline: Pipeline,
): Promise<readonly { readonly commit: string; readonly verdict: string; readonly kind: string }[]> {
  const { deployments } = (await pipeline.api('/api/v1/deployments')).json as {
    readonly deployments: readonly { commit: string; verdict: string; kind: string }[];
  };
  return deployments;
}

/** Returns once that commit runs, and has that verdict where one is named. */
export async function untilRunning(pipeline: Pipeline, commit: string, verdict?: string): Promise<void> {
  await pipeline.waitFor(
    async () => {
      const [runs] = await deploymentsOf(pipeline);
      return (runs?.commit === commit && (verdict ?? runs.verdict) === runs.verdict) || undefined;
    },
    `${commit.slice(0, 7)} to run${verdict === undefined ? '' : ` and be ${verdict}`}`,
  );
}

/** One message as the API tells of it. */
export interface Told {
  readonly kind: string;
  readonly state: string;
  readonly subject: string;
}

/** An incident with its story, as far as tests read it. */
export interface View {
  readonly state: string;
  readonly events: readonly { readonly type: string; readonly at: string }[];
  readonly notifications: readonly Told[];
}

/** One incident with its story. */
export async function viewOf(pipeline: Pipeline, incident: string): Promise<View> {
  return (await pipeline.api(`/api/v1/incidents/${incident}`)).json as View;
}

/** Returns what was owed to people about an incident, once none of it is owed any more. */
export async function untilTold(pipeline: Pipeline, incident: string): Promise<readonly Told[]> {
  return pipeline.waitFor(async () => {
    const told = (await viewOf(pipeline, incident)).notifications;
    return told.some((each) => each.state === 'owed') ? undefined : told;
  }, 'everybody to be told');
}

async function follows(pipeline: Pipeline, head: string): Promise<boolean> {
  const isThere = (await pipeline.git('tree', 'rev-parse', 'HEAD')) === head;
  return isThere && (await pipeline.git('tree', 'status', '--porcelain')) === '';
}

function rebuildsOf(pipeline: Pipeline): Pick<Effects, 'rebuilds' | 'overlapped'> {
  let [running, rebuilds, overlapped] = [0, 0, false];
  for (const line of pipeline.lines('dbt.log')) {
    const { what, step } = JSON.parse(line) as { what: 'begin' | 'end'; step: string | null };
    if (step === null) continue;
    running += what === 'begin' ? 1 : -1;
    if (what === 'begin') rebuilds += 1;
    overlapped ||= running > 1;
  }
  return { rebuilds, overlapped };
}
