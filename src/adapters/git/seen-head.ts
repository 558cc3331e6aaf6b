import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import type { Instant } from '../../core/time.ts';

/** What a work tree had checked out, since when, and the mark (`head-mark.ts`) under which that is so. */
export interface SeenHead {
  readonly mark: string;
  readonly commit: Commit;
  readonly since: Instant | null;
}

/** What was seen last, kept over a restart: while the mark stands, git need not be asked again. */
export interface SeenHeads {
  /** Null where nothing was kept, or nothing that can be read. */
  read(): Promise<SeenHead | null>;
  /** Where it cannot be kept, the next start asks git. */
  write(seen: SeenHead): Promise<void>;
}

/** A file under the state directory, for the work tree of that path. */
export function seenHeads(stateDirectory: string, path: string): SeenHeads {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 12);
  const file = join(stateDirectory, `head-${name}.json`);
  return {
    async read() {
      try {
        const seen: unknown = JSON.parse(await readFile(file, 'utf8'));
        return isSeenHead(seen) ? seen : null;
      } catch {
        return null;
      }
    },
    async write(seen) {
      try {
        await mkdir(stateDirectory, { recursive: true });
        await writeFile(`${file}.new`, JSON.stringify(seen), { mode: 0o600 });
        await rename(`${file}.new`, file);
      } catch {
        // A full disk is told by whoever cannot do without it.
      }
    },
  };
}

function isSeenHead(seen: unknown): seen is SeenHead {
  if (typeof seen !== 'object' || seen === null) return false;
  const { mark, commit, since } = seen as Partial<Record<keyof SeenHead, unknown>>;
  return (
    typeof mark === 'string' && typeof commit === 'string' && (since === null || typeof since === 'number')
  );
}
