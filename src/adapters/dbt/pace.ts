import { setImmediate } from 'node:timers/promises';

/** Longest work between two breaths of the event loop, ms. */
const STRETCH = 4;

/** Returns a function to await within long work: it lets other work in as soon as 4 ms have passed since it last did. */
export function createPace(): () => Promise<void> | undefined {
  let since = performance.now();
  const breathe = async (): Promise<void> => {
    await setImmediate();
    since = performance.now();
  };
  return () => (performance.now() - since < STRETCH ? undefined : breathe());
}
