import type { Command } from 'commander';
import { act, sayNow } from '../act.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import type { DaemonOptions, Shell } from '../shell.ts';

interface RejectOptions extends DaemonOptions {
  readonly reason: string;
}

/** `rollbackd reject INC-12`. */
export function define(command: Command, shell: Shell): void {
  command.argument('<incident>', 'such as INC-12', incidentArgument);
  withDaemon(command).requiredOption('-r, --reason <text>', 'why; it is written down');
  withExample(command, 'reject INC-12 --reason "bad input file, fixed upstream"');
  command.action(async (id: string, options: RejectOptions) =>
    act(shell, options, {
      id,
      verb: 'reject',
      body: { reason: options.reason },
      say: (incident) =>
        `${id} is declined; what runs in ${incident.environment} stays, and this failure is known from now on. ${sayNow(incident)}`,
      next: () => `rollbackd explain ${id}`,
    }),
  );
}
