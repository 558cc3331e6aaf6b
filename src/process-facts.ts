import type { WriteStream } from 'node:tty';

/** What the process has, handed over by main. */
export interface ProcessFacts {
  readonly root: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly nodePath: string;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly abort: AbortSignal;
  /** Says `reload` when the terminal hangs up (SIGHUP). */
  readonly hangUps: EventTarget;
}
