import type { WaitingGit } from './git.ts';

/** Keeps one git started, so that whoever needs it at once does not wait for a process to be made. */
export interface ReadyGit {
  /** Starts one where none waits; it is ended when aborted. */
  keep(abort: AbortSignal): void;
  /** Hands it over; undefined where none waits. */
  take(): WaitingGit | undefined;
  /** Keeps none from now on: this git cannot wait. */
  giveUp(): void;
  /** Ends it, where one waits; resolves once it is gone. */
  end(): Promise<void>;
}

/**
 * A daemon with much memory needs longer to start a process than git needs to fetch: this one is started ahead. A git
 * that ends instead of waiting (one that is too old) is not started ahead again.
 */
export function createReadyGit(start: () => WaitingGit): ReadyGit {
  let waiting: WaitingGit | undefined;
  let waits = true;
  let forget = () => {};
  const take = () => {
    const found = waiting;
    waiting = undefined;
    forget();
    if (found?.isThere() === true) return found;
    if (found !== undefined) waits = false;
    return undefined;
  };
  const end = async () => take()?.end();
  return {
    keep(abort) {
      if (waiting !== undefined && !waiting.isThere()) take();
      if (waiting !== undefined || !waits || abort.aborted) return;
      waiting = start();
      const onAbort = () => void end();
      abort.addEventListener('abort', onAbort, { once: true });
      forget = () => abort.removeEventListener('abort', onAbort);
    },
    take,
    giveUp() {
      waits = false;
    },
    end,
  };
}
