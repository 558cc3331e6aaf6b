import * as z from 'zod';
import { isWorkflow, type Reported, reportedCommit, reportedState } from '../core/reported.ts';
import { commit as commitField, refName } from './fields.ts';
import { parseBody } from './raw-body.ts';

/** What a delivery of GitHub means to us. */
export type GithubEvent =
  | { readonly is: 'look' }
  /** For the sources that watch GitHub: they look at once instead of at their next poll. */
  | { readonly is: 'passed-on'; readonly body: unknown }
  | { readonly is: 'announced'; readonly environment: string; readonly said: Reported }
  | { readonly is: 'ignored'; readonly because: string };

/** An environment that deployments of GitHub are about. */
export interface GithubEnvironment {
  readonly name: string;
  /** The file of its rollback workflow: `rollback.yml`. */
  readonly rollback: string | null;
}

const WATCHED: ReadonlySet<string> = new Set([
  'workflow_run',
  'code_scanning_alert',
  'dependabot_alert',
  'secret_scanning_alert',
]);

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const url = z.string().max(1_000).nullish();

/** Only what we use: GitHub's payloads grow. */
const deploymentStatus = z.object({
  deployment_status: z.object({
    state: z.string(),
    created_at: moment,
    log_url: url,
    target_url: url,
  }),
  deployment: z.object({
    sha: commitField,
    environment: z.string(),
    ref: z.string().nullish(),
    task: z.string().default(''),
    payload: z.unknown().optional(),
  }),
  workflow: z.object({ path: z.string().default('') }).nullish(),
});

/** Reads a delivery. Throws a Problem (400) where it does not look like GitHub's. */
export function readGithubEvent(
  event: string,
  body: Buffer,
  environments: ReadonlyMap<string, GithubEnvironment>,
): GithubEvent {
  if (event === 'push' || event === 'deployment') return { is: 'look' };
  if (WATCHED.has(event)) return { is: 'passed-on', body: parseBody(body, z.looseObject({})) };
  if (event !== 'deployment_status') return { is: 'ignored', because: 'this event is not used' };
  const { deployment_status: status, deployment, workflow } = parseBody(body, deploymentStatus);
  const environment = environments.get(deployment.environment);
  const state = reportedState(status.state);
  if (environment === undefined) return { is: 'ignored', because: 'no environment is mapped to this one' };
  if (state === undefined) return { is: 'ignored', because: 'this state says nothing yet' };
  const { sha, task, payload } = deployment;
  const { rollback, name } = environment;
  const commit = reportedCommit({ commit: sha, task, payload });
  if (commit === undefined || (rollback !== null && isWorkflow(workflow?.path ?? '', rollback)))
    return { is: 'ignored', because: 'it is a rollback that does not say where it went' };
  const ref = refName.safeParse(deployment.ref);
  return {
    is: 'announced',
    environment: name,
    said: {
      commit,
      state,
      at: status.created_at,
      ref: ref.success ? ref.data : null,
      runUrl: status.log_url || status.target_url || null,
    },
  };
}
