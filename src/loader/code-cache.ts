import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Compiled code, under names that say what it was compiled from: another content has another name. */
export interface CodeCache {
  /** Undefined where there is none, or none that is whole. */
  read(name: string): Buffer | undefined;
  /** Keeps it for the next start; where that is not possible, the next start compiles again. */
  write(name: string, code: Buffer): void;
}

/** The length of the checksum before the code, bytes. */
const CHECKSUM = 4;

/**
 * Files in a directory of our own, which is made where it can be. Code that somebody else could have put there is not
 * run: a directory that others may write into, or that is neither ours nor root's, is left alone.
 */
export function codeCacheIn(directory: string, uid: number | undefined): CodeCache {
  let isOurs: boolean | undefined;
  const trusted = () => {
    isOurs ??= isTrusted(directory, uid);
    return isOurs;
  };
  return {
    read: (name) => (trusted() ? whole(join(directory, name)) : undefined),
    write(name, code) {
      try {
        if (!trusted()) {
          mkdirSync(directory, { recursive: true, mode: 0o700 });
          isOurs = isTrusted(directory, uid);
        }
        if (isOurs === true) replace(join(directory, name), code);
      } catch {
        // A disk that is full or not ours to write: nothing is lost but time.
      }
    },
  };
}

/** Where nothing can be kept. */
export const NO_CODE_CACHE: CodeCache = { read: () => undefined, write: () => undefined };

function isTrusted(directory: string, uid: number | undefined): boolean {
  const facts = statSync(directory, { throwIfNoEntry: false });
  if (facts === undefined || !facts.isDirectory()) return false;
  if (uid === undefined) return true;
  return (facts.uid === uid || facts.uid === 0) && (facts.mode & 0o022) === 0;
}

/** The engine believes what it is given: a torn file would be its end. */
function whole(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    const code = bytes.subarray(CHECKSUM);
    return bytes.length > CHECKSUM && bytes.readUInt32LE() === crc32(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

function replace(path: string, code: Buffer): void {
  const checksum = Buffer.alloc(CHECKSUM);
  checksum.writeUInt32LE(crc32(code));
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, Buffer.concat([checksum, code]), { mode: 0o600 });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
