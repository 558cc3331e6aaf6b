import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/**
 * What changes whenever HEAD moves: the text of `.git/HEAD`, and size and time of its reflog. Two small reads
 * instead of two processes, so that what runs can be looked at before every decision. Null where there is no reflog
 * to go by: then git itself is asked each time.
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
      readFile(join(directory, 'HEAD'), 'utf8'),
      stat(join(directory, 'logs', 'HEAD'), { bigint: true }),
    ]);
    const text = `${head.trim()} ${log.ino} ${log.size} ${log.mtimeNs}`;
    return { text, writtenAt: Number(log.mtimeNs / 1_000_000n) };
  } catch {
    return null;
  }
}

/** `.git` is a directory, or, in a linked work tree, a file that names one. */
async function gitDirectory(path: string): Promise<string> {
  const entry = join(path, '.git');
  if ((await stat(entry)).isDirectory()) return entry;
  const named = /^gitdir: (.+)$/m.exec(await readFile(entry, 'utf8'))?.[1] ?? '';
  return isAbsolute(named) ? named : join(path, named);
}
