import * as z from 'zod';
import { plain } from '../../core/wording.ts';

/** Ids are names to us: those beyond 2^53 come as bigint from GitHub's client. */
const id = z.union([z.number(), z.bigint(), z.string()]).transform(String);
const time = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) context.addIssue({ code: 'custom', message: 'no time' });
  return at;
});
const maybeTime = time.nullish().transform((at) => at ?? null);
const text = z.string().transform((said) => plain(said));
const maybeText = text.nullish().transform((said) => said ?? null);
const words = text.nullish().transform((said) => said ?? '');
const login = z
  .object({ login: text })
  .nullish()
  .transform((account) => account?.login ?? null);

export const installationToken = z.object({
  token: z.string().min(1),
  expires_at: time,
  permissions: z.record(z.string(), z.string()).default({}),
});

export const workflow = z
  .object({ id, name: words, path: words, state: text, html_url: words })
  .transform(({ html_url: url, ...rest }) => ({ ...rest, url }));

export const run = z
  .object({
    id,
    workflow_id: id.nullish(),
    path: maybeText,
    display_title: maybeText,
    run_attempt: z.number().nullish(),
    event: words,
    head_branch: maybeText,
    head_sha: words,
    status: maybeText,
    conclusion: maybeText,
    actor: login,
    triggering_actor: login,
    created_at: time,
    run_started_at: maybeTime,
    updated_at: maybeTime,
    html_url: words,
    head_commit: z.object({ message: z.string().nullish() }).nullish(),
  })
  .transform((each) => ({
    id: each.id,
    /** Its id; null where GitHub does not say. */
    workflow: each.workflow_id ?? null,
    path: each.path,
    title: each.display_title ?? '',
    attempt: each.run_attempt ?? 1,
    event: each.event,
    branch: each.head_branch,
    commit: each.head_sha,
    /** `completed` is the only end. */
    status: each.status ?? 'unknown',
    conclusion: each.conclusion,
    actor: each.triggering_actor ?? each.actor,
    createdAt: each.created_at,
    /** Of this attempt. */
    startedAt: each.run_started_at ?? each.created_at,
    updatedAt: each.updated_at ?? each.run_started_at ?? each.created_at,
    url: each.html_url,
    /** The commit's message, where GitHub gives it; its lines as they are. */
    message: each.head_commit?.message ?? '',
  }));

const step = z
  .object({ name: words, number: z.number().nullish(), status: words, conclusion: maybeText })
  .transform(({ number, ...rest }) => ({ ...rest, number: number ?? 0 }));

export const job = z
  .object({
    id,
    run_id: id.nullish(),
    name: text,
    status: text,
    conclusion: maybeText,
    started_at: maybeTime,
    completed_at: maybeTime,
    runner_name: maybeText,
    html_url: maybeText,
    steps: z
      .array(step)
      .nullish()
      .transform((steps) => steps ?? []),
  })
  .transform((each) => ({
    id: each.id,
    run: each.run_id ?? null,
    name: each.name,
    status: each.status,
    conclusion: each.conclusion,
    startedAt: each.started_at,
    completedAt: each.completed_at,
    /** Null: no runner took it. */
    runner: each.runner_name === '' ? null : each.runner_name,
    url: each.html_url,
    steps: each.steps,
  }));

export const artifact = z
  .object({
    id,
    name: z.string(),
    size_in_bytes: z.number().nullish(),
    expired: z.boolean().nullish(),
    created_at: maybeTime,
  })
  .transform(({ id: found, name, size_in_bytes: bytes, expired, created_at: createdAt }) => ({
    id: found,
    name,
    createdAt,
    bytes: bytes ?? 0,
    expired: expired ?? false,
  }));

const pendingDeployment = z
  .object({
    environment: z.object({ id: id.nullish(), name: maybeText }),
    wait_timer: z.number().nullish(),
    wait_timer_started_at: maybeTime,
    current_user_can_approve: z.boolean().nullish(),
    reviewers: z
      .array(
        z.object({
          reviewer: z.object({ login: maybeText, slug: maybeText, name: maybeText }).nullish(),
        }),
      )
      .nullish(),
  })
  .transform((each) => ({
    environment: each.environment.name ?? '',
    environmentId: each.environment.id ?? null,
    /** Minutes; 0: none. */
    waitMinutes: each.wait_timer ?? 0,
    waitStartedAt: each.wait_timer_started_at,
    canApprove: each.current_user_can_approve ?? false,
    reviewers: (each.reviewers ?? [])
      .map(({ reviewer }) => reviewer?.login ?? reviewer?.slug ?? reviewer?.name ?? '')
      .filter((name) => name !== ''),
  }));

export const pendingDeployments = z.array(pendingDeployment);

export const dispatched = z
  .object({ workflow_run_id: id.nullish() })
  .transform((each) => each.workflow_run_id ?? null);

export const repository = z.object({
  private: z.boolean().default(true),
  default_branch: z.string(),
  permissions: z.record(z.string(), z.boolean()).nullish(),
});

export const file = z.object({
  type: z.string().default('file'),
  encoding: z.string().default(''),
  content: z.string().default(''),
});

export const account = z.object({ login: text });
export const app = z.object({ slug: text });

export const deployment = z
  .object({
    id,
    sha: text,
    ref: text,
    task: text,
    environment: text,
    created_at: time,
    payload: z.unknown().optional(),
  })
  .transform(({ sha: commit, created_at: createdAt, ...rest }) => ({ ...rest, commit, createdAt }));

export const deploymentStatus = z
  .object({
    state: text,
    created_at: time,
    description: maybeText,
    log_url: maybeText,
    target_url: maybeText,
  })
  .transform(({ created_at: createdAt, log_url: logUrl, target_url: targetUrl, ...rest }) => ({
    ...rest,
    createdAt,
    logUrl,
    targetUrl,
  }));

export type Workflow = z.output<typeof workflow>;
export type Run = z.output<typeof run>;
export type Job = z.output<typeof job>;
export type RunArtifact = z.output<typeof artifact>;
export type PendingDeployment = z.output<typeof pendingDeployment>;
export type GitHubDeployment = z.output<typeof deployment>;
export type DeploymentStatus = z.output<typeof deploymentStatus>;
