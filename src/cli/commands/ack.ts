import type { Command } from 'commander';
import { act, sayNow } from '../act.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import type { DaemonOptions, Shell } from '../shell.ts';

/** `rollbackd ack INC-12`. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command.argument('<incident>', 'such as INC-12', incidentArgument));
  withExample(command, 'ack INC-12');
  command.action(async (id: string, options: DaemonOptions) =>
    act(shell, options, {
      id,
      verb: 'acknowledge',
      body: {},
      say: (incident) =>
        `${id} is yours: nobody else is woken for it. This decides nothing and stops no approval. ${sayNow(incident)}`,
      next: () => `rollbackd explain ${id}`,
    }),
  );
}
