import { setTimeout as sleep } from 'node:timers/promises';
import { sayDuration } from '../core/duration.ts';
import type { Duration } from '../core/time.ts';

/** The story did not go on as it should. The message says what was waited for, or what happened instead. */
export class StoryBroken extends Error {
  override readonly name = 'StoryBroken';
}

/** How long the story waits for one thing, and who ends it early. */
export interface Patience {
  readonly within: Duration;
  readonly abort: AbortSignal;
}

const EVERY: Duration = 80;

/** Looks until there is something to see. Throws StoryBroken at the deadline, naming what was waited for. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { within, abort }: Patience,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    abort.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() >= deadline) throw new StoryBroken(`waited ${sayDuration(within)} in vain for ${what}`);
    await sleep(EVERY, undefined, { signal: abort });
  }
}
