import type { Announcement, Commit } from './deployment.ts';
import type { Instant } from './time.ts';

/** What a system that keeps a list of deployments says became of one of them. */
export interface Reported {
  readonly commit: Commit;
  readonly state: Exclude<Announcement['state'], 'seen' | 'running'>;
  readonly at: Instant;
  readonly ref: string | null;
  readonly runUrl: string | null;
}

/** Words that mean nothing yet (queued, pending, waiting), or nothing any more (inactive), are left out. */
const STATES: ReadonlyMap<string, Reported['state']> = new Map([
  ['in_progress', 'started'],
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['error', 'failed'],
]);

/** What such a list's word for a state means to us; undefined where it says nothing. */
export function reportedState(word: string): Reported['state'] | undefined {
  return STATES.get(word);
}

/**
 * The commit that runs after a deployment of such a list. A rollback is listed under the commit that it was started
 * from; where it went its payload says (`{"to": …}`), or nobody does: undefined.
 */
export function reportedCommit(listed: {
  readonly commit: Commit;
  readonly task: string;
  readonly payload?: unknown;
}): Commit | undefined {
  if (!/^rollback\b/i.test(listed.task)) return listed.commit;
  const { to } = asObject(listed.payload) as { readonly to?: unknown };
  return typeof to === 'string' && /^[0-9a-f]{40}$/.test(to) ? to : undefined;
}

/** Payloads come as objects, or as the text that somebody sent. */
function asObject(payload: unknown): object {
  if (typeof payload === 'object' && payload !== null) return payload;
  if (typeof payload !== 'string') return {};
  try {
    const parsed: unknown = JSON.parse(payload);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** `.github/workflows/rollback.yml@main` is a run of `rollback.yml`. */
export function isWorkflow(path: string, file: string): boolean {
  return path.split('@')[0]?.split('/').at(-1) === file;
}
