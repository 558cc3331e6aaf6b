import type { ExitCode } from './io.ts';

/** What was asked for could not be done. `help` are lines that say what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly help: readonly string[];
  readonly exitCode: ExitCode;

  constructor(message: string, help: readonly string[] = [], exitCode: ExitCode = 1) {
    super(message);
    this.help = help;
    this.exitCode = exitCode;
  }
}

/** The command was not written as it has to be: exit code 2. */
export function wrongUsage(message: string, ...help: string[]): Failure {
  return new Failure(message, help, 2);
}

/** The failure as people read it. */
export function sayFailure({ message, help }: Pick<Failure, 'message' | 'help'>): string {
  return [`error: ${message}`, ...help.map((line) => `  ${line}`), ''].join('\n');
}
