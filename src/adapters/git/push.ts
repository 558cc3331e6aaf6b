import type { Commit } from '../../core/deployment.ts';
import { OutsideError } from '../../core/errors.ts';
import { seconds } from '../../core/time.ts';
import type { Clone } from './clone.ts';
import { failureOf, sayWords } from './failure.ts';

export type Pushed =
  | { readonly is: 'pushed' }
  /** Somebody else was first: the branch is not where we saw it. */
  | { readonly is: 'moved' }
  /** The remote will not have it: a protected branch, a hook, no right to write. Its own words. */
  | { readonly is: 'rejected'; readonly words: string };

export interface Push {
  readonly commit: Commit;
  readonly branch: string;
  readonly dryRun: boolean;
}

/** Pushes exactly one commit to one branch, never by force. Throws OutsideError when it may work later. */
export async function push(
  clone: Clone,
  { commit, branch, dryRun }: Push,
  abort: AbortSignal,
): Promise<Pushed> {
  const options = ['--porcelain', '--no-verify', '--recurse-submodules=no', ...(dryRun ? ['--dry-run'] : [])];
  try {
    const said = await clone.network(['push', ...options, 'origin', `${commit}:refs/heads/${branch}`], {
      abort,
      accepts: [0, 1],
    });
    if (said.code === 0) return { is: 'pushed' };
    const refusal = said.out.split('\n').find((line) => line.startsWith('!'));
    if (refusal === undefined) throw failureOf('push', said.err);
    return judge(refusal.split('\t')[2] ?? '', said.err);
  } catch (error) {
    // The fetch before it went well: it is the right to write that is missing.
    if (error instanceof OutsideError && error.reason === 'auth')
      return { is: 'rejected', words: error.message };
    throw error;
  }
}

/** `[remote rejected] (pre-receive hook declined)`, with the remote's own lines beside it. */
function judge(summary: string, err: string): Pushed {
  if (/^\[rejected\]/.test(summary)) return { is: 'moved' };
  if (/cannot lock ref|failed to update ref|incorrect old value|failed to lock/i.test(summary))
    return { is: 'moved' };
  const remote = err.split('\n').filter((line) => line.startsWith('remote:'));
  const words = sayWords([...remote, summary].join('\n'));
  if (/internal server error|try again|unavailable|timed? ?out|unpacker error/i.test(summary)) {
    throw new OutsideError('git', 'refused', `git push: ${words}`, { retry: { after: seconds(10) } });
  }
  return { is: 'rejected', words };
}
