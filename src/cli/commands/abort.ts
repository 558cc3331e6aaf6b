import type { Command } from 'commander';
import { act, sayNow } from '../act.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import type { DaemonOptions, Shell } from '../shell.ts';

interface AbortOptions extends DaemonOptions {
  readonly reason: string;
}

/** `rollbackd abort INC-12`. */
export function define(command: Command, shell: Shell): void {
  command.argument('<incident>', 'such as INC-12', incidentArgument);
  withDaemon(command).requiredOption('-r, --reason <text>', 'why; it is written down');
  withExample(command, 'abort INC-12 --reason "the fix is on its way"');
  command.action(async (id: string, options: AbortOptions) =>
    act(shell, options, {
      id,
      verb: 'abort',
      body: { reason: options.reason },
      say: (incident) => `${id} was told to stop. Steps that are done stay done. ${sayNow(incident)}`,
      next: () => `rollbackd explain ${id}, to see what was done and what was not`,
    }),
  );
}
