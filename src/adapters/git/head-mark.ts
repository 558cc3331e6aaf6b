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
    const entry = join(path, '.git');
    const [found, ...usual] = await Promise.all([stat(entry), look(entry, 'HEAD'), look(entry, 'logs/HEAD')]);
    const elsewhere = found.isDirectory() ? null : await gitDirectory(path, entry);
    const [head, log] =
      elsewhere === null ? usual : await Promise.all([look(elsewhere, 'HEAD'), look(elsewhere, 'logs/HEAD')]);
    if (head === null || log === null) return null;
    return { text: `${print(head)} ${print(log)}`, writtenAt: Number(log.mtimeNs / 1_000_000n) };
  } catch {
    return null;
  }
}

function print({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

async function look(directory: string, file: string): Promise<BigIntStats | null> {
  return stat(join(directory, file), { bigint: true }).catch(() => null);
}

/** In a linked work tree `.git` is a file that names the directory. */
async function gitDirectory(path: string, entry: string): Promise<string> {
  const named = /^gitdir: (.+)$/m.exec(await readFile(entry, 'utf8'))?.[1] ?? '';
  return isAbsolute(named) ? named : join(path, named);
}
