import * as z from 'zod';
import type { Instant } from '../core/time.ts';
import { commit, refName } from './fields.ts';
import { parseBody } from './raw-body.ts';

/** What a delivery of GitHub means to us. */
export type GithubEvent =
  | { readonly is: 'look' }
  /** For the sources that watch GitHub: they look at once instead of at their next poll. */
  | { readonly is: 'passed-on'; readonly body: unknown }
  | { readonly is: 'announced'; readonly environment: string; readonly said: Said }
  | { readonly is: 'ignored'; readonly because: string };

interface Said {
  readonly commit: string;
  readonly state: 'started' | 'succeeded' | 'failed';
  readonly at: Instant;
  readonly ref: string | null;
  readonly runUrl: string | null;
}

const WATCHED: ReadonlySet<string> = new Set([
  'workflow_run',
  'code_scanning_alert',
  'dependabot_alert',
  'secret_scanning_alert',
]);

const STATES: Readonly<Record<string, Said['state']>> = {
  in_progress: 'started',
  success: 'succeeded',
  failure: 'failed',
  error: 'failed',
};

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
  deployment: z.object({ sha: commit, environment: z.string(), ref: z.string().nullish() }),
});

/** Reads a delivery. Throws a Problem (400) where it does not look like GitHub's. */
export function readGithubEvent(
  event: string,
  body: Buffer,
  environments: ReadonlyMap<string, string>,
): GithubEvent {
  if (event === 'push' || event === 'deployment') return { is: 'look' };
  if (WATCHED.has(event)) return { is: 'passed-on', body: parseBody(body, z.looseObject({})) };
  if (event !== 'deployment_status') return { is: 'ignored', because: 'this event is not used' };
  const { deployment_status: status, deployment } = parseBody(body, deploymentStatus);
  const environment = environments.get(deployment.environment);
  const state = STATES[status.state];
  if (environment === undefined) return { is: 'ignored', because: 'no environment is mapped to this one' };
  if (state === undefined) return { is: 'ignored', because: 'this state says nothing yet' };
  const ref = refName.safeParse(deployment.ref);
  return {
    is: 'announced',
    environment,
    said: {
      commit: deployment.sha,
      state,
      at: status.created_at,
      ref: ref.success ? ref.data : null,
      runUrl: status.log_url || status.target_url || null,
    },
  };
}
