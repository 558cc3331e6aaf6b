import { Secret } from '../core/secret.ts';
import { type Reading, refuse } from '../rules/shape.ts';
import type { Place } from '../rules/source.ts';

interface Said {
  readonly value: string;
  readonly at: Place;
}

/** How the outside of the files is reached: the shell gives it, so that reading itself touches nothing. */
export interface Surroundings {
  /** Makes a path absolute, counted from the directory of rollbackd.yaml. */
  readonly resolve: (path: string) => string;
  /** The text of a secret's file without the spaces around it. Throws where it cannot be read. */
  readonly readSecret: (path: string) => string;
}

/** A secret that is said, or kept in a file that is read at each use; null where neither is. */
export function secretOf(
  said: Said | null,
  kept: Said | null,
  { surroundings, reading }: { readonly surroundings: Surroundings; readonly reading: Reading },
): Secret | null {
  if (said !== null && kept !== null) {
    refuse(reading, kept.at, 'the secret is said here and above', { hint: 'keep one of them' });
  }
  if (kept !== null) {
    const path = surroundings.resolve(kept.value);
    return new Secret(() => surroundings.readSecret(path));
  }
  return said === null ? null : new Secret(said.value);
}
