import type { BigIntStats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/**
 * What changes whenever HEAD moves: `.git/HEAD`, which git replaces and never writes over, and its reflog. Two looks at
 * files instead of two processes, so that what runs can be looked at before every decision. Null where there is no
 * reflog to go by: then git itself is asked each time.
 */
export interface HeadMark {
  readonly text: string;
  /** When the reflog was last written, ms: git's own entry counts whole seconds. */
  readonly writtenAt: number;
}

/** Reads the mark of a work tree. */
export async function readHeadMark(path: string): Promise<HeadMark | null> {
  try {
    const directory = await gitDirectory(path);
    const [head, log] = await Promise.all([
      stat(join(directory, 'HEAD'), { bigint: true }),
      stat(join(directory, 'logs', 'HEAD'), { bigint: true }),
    ]);
    return { text: `${print(head)} ${print(log)}`, writtenAt: Number(log.mtimeNs / 1_000_000n) };
  } catch {
    return null;
  }
}

function print({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

/** `.git` is a directory, or, in a linked work tree, a file that names one. */
async function gitDirectory(path: string): Promise<string> {
  const entry = join(path, '.git');
  if ((await stat(entry)).isDirectory()) return entry;
  const named = /^gitdir: (.+)$/m.exec(await readFile(entry, 'utf8'))?.[1] ?? '';
  return isAbsolute(named) ? named : join(path, named);
}
