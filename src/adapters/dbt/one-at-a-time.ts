/**
 * Lets work run one at a time: a call during a run waits for one more run that begins after it, shared by all who wait.
 * So nobody gets the result of a look that began before something changed.
 */
export function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let waiting: Promise<T> | null = null;
  const run = (): Promise<T> => {
    waiting = null;
    const mine = work().finally(() => {
      if (running === mine) running = null;
    });
    running = mine;
    return mine;
  };
  return () => {
    if (waiting !== null) return waiting;
    if (running === null) return run();
    waiting = running.then(run, run);
    return waiting;
  };
}
