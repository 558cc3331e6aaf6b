import { rmSync } from 'node:fs';

/**
 * Removes a directory that a test made, also while what the test left behind still writes into it: a program that was
 * killed, an archive that nobody waits for. Tries again for four seconds.
 */
export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 8, retryDelay: 100 });
}
