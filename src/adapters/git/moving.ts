import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit } from '../../core/deployment.ts';
import type { StepKey } from '../../core/plan.ts';
import type { Instant } from '../../core/time.ts';

/** Our notes about moves of one work tree, so that a half-made move is told from a person's edits. */
export interface Moving {
  /** Whether a move between these commits was begun, with all edits saved, and did not end. */
  underWay(from: Commit, to: Commit): Promise<boolean>;
  /** When the move that did not end was begun; undefined where none is half made. */
  begunAt(): Promise<Instant | undefined>;
  /** Durable when it resolves. */
  begin(from: Commit, to: Commit): Promise<void>;
  end(): Promise<void>;
  /** Keeps the edits that are about to be overwritten; bytes as latin1, readable by us alone. */
  savePatch(key: StepKey, patch: string): Promise<void>;
  patchOf(key: StepKey): Promise<string | null>;
  /** A copy of the index to work with. */
  copyIndex(index: string): Promise<string>;
}

/** Notes under the state directory. */
export function createMoving(stateDirectory: string, path: string): Moving {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 12);
  const note = join(stateDirectory, `moving-${name}`);
  const patchFile = (key: StepKey) => join(stateDirectory, `${key.replace(/[^A-Za-z0-9_-]+/g, '-')}.patch`);
  return {
    async underWay(from, to) {
      return (await readFile(note, 'utf8').catch(() => '')) === `${from} ${to}\n`;
    },
    async begunAt() {
      return stat(note).then(
        (found) => found.mtimeMs,
        () => undefined,
      );
    },
    begin: (from, to) => writeDurably(stateDirectory, note, `${from} ${to}\n`),
    end: () => rm(note, { force: true }),
    savePatch: (key, patch) => writeDurably(stateDirectory, patchFile(key), patch),
    async patchOf(key) {
      return stat(patchFile(key)).then(
        () => patchFile(key),
        () => null,
      );
    },
    async copyIndex(index) {
      const copy = join(stateDirectory, `index-${name}`);
      await mkdir(stateDirectory, { recursive: true });
      await copyFile(index, copy);
      return copy;
    },
  };
}

async function writeDurably(folder: string, file: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = await open(`${file}.new`, 'w', 0o600);
  try {
    await draft.writeFile(text, 'latin1');
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${file}.new`, file);
}
