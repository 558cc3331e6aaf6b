import type { Commit } from '../../core/deployment.ts';
import type { Verbs } from '../../core/plan.ts';
import type { StepContext } from '../../ports/actuator.ts';
import type { Clone } from './clone.ts';

/** What we made and what the remote answered, written into our clone before the push, so that a crash forgets nothing. */
export interface Attempts {
  /** Commits made under the key, each with the head it was made for. */
  readonly made: readonly { readonly commit: Commit; readonly head: Commit }[];
  /** The words with which the remote rejected one; null where it did not. */
  readonly rejected: string | null;
}

/** Reads what was tried under the key for this way back. */
export async function readAttempts(clone: Clone, place: string, abort: AbortSignal): Promise<Attempts> {
  const format = '--format=%(refname)%00%(objectname)%00%(parent)';
  const { out } = await clone.git(['for-each-ref', format, `${place}/`], { abort });
  const made: { commit: Commit; head: Commit }[] = [];
  let rejected: string | null = null;
  for (const line of out.split('\n')) {
    const [ref = '', commit = '', head = ''] = line.split('\0');
    if (ref === `${place}/rejected`)
      rejected = (await clone.git(['cat-file', 'blob', commit], { abort })).out;
    else if (head !== '') made.push({ commit, head });
  }
  return { made, rejected };
}

/** Keeps the commit of an attempt under its number. */
export async function keepAttempt(
  clone: Clone,
  { place, number, commit }: { place: string; number: number; commit: Commit },
  abort: AbortSignal,
): Promise<void> {
  await clone.git(['update-ref', `${place}/attempt-${number}`, commit], { abort });
}

/** Keeps the remote's words. */
export async function keepRejection(
  clone: Clone,
  place: string,
  words: string,
  abort: AbortSignal,
): Promise<void> {
  const blob = await clone.git(['hash-object', '-w', '--stdin'], { abort, input: words });
  await clone.git(['update-ref', `${place}/rejected`, blob.out.trim()], { abort });
}

/** Where the attempts of one step stand: `refs/rollbackd/INC-3/1/2-git.revert/1a2b3c4-5d6e7f8`. */
export function placeOf(input: Verbs['git.revert'], context: StepContext): string {
  const key = context.key
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replace(/[^A-Za-z0-9_.-]|(?<![A-Za-z0-9])\.|\.(?![A-Za-z0-9])|\.(?=lock$)/g, '_'))
    .join('/');
  return `refs/rollbackd/${key}/${input.from.slice(0, 12)}-${input.to.slice(0, 12)}`;
}
