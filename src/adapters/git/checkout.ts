import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import { OutsideError, type OutsideReason } from '../../core/errors.ts';
import type { Clone } from './clone.ts';

/** Files of one commit in a directory of ours, for pipelines that have no work tree of their own here. */
export type Checkout = (commit: Commit, abort: AbortSignal) => Promise<string>;

/** Checks commits out beside our clone, one directory each; a half-made one is made again. */
export function createCheckout(options: {
  readonly clone: Clone;
  readonly stateDirectory: string;
}): Checkout {
  const { clone, stateDirectory } = options;
  return async (commit, abort) => {
    const directory = join(stateDirectory, 'checkouts', commit);
    await mkdir(join(stateDirectory, 'checkouts'), { recursive: true });
    if ((await headOf(clone, directory, abort)) !== commit) {
      await clone.git(['worktree', 'prune'], { abort });
      await clone.git(['worktree', 'add', '--force', '--force', '--detach', directory, commit], { abort });
    }
    await clone.git(['-C', directory, 'checkout', '--quiet', '--force', '--detach', commit], { abort });
    const head = await headOf(clone, directory, abort);
    if (head !== commit) {
      const reason: OutsideReason = 'unexpected-reply';
      throw new OutsideError(
        'git',
        reason,
        `the checkout in ${directory} is at ${head ?? 'nothing'}, not at ${commit}`,
      );
    }
    return directory;
  };
}

async function headOf(clone: Clone, directory: string, abort: AbortSignal): Promise<Commit | undefined> {
  const { code, out } = await clone.git(['-C', directory, 'rev-parse', 'HEAD'], { abort, accepts: [0, 128] });
  return code === 0 ? out.trim() : undefined;
}
