import type { Command } from 'commander';
import { act, sayNow } from '../act.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import type { DaemonOptions, Shell } from '../shell.ts';

/** `rollbackd comment INC-12 "..."`. */
export function define(command: Command, shell: Shell): void {
  command
    .argument('<incident>', 'such as INC-12', incidentArgument)
    .argument('<text>', 'what to add to its story');
  withDaemon(command);
  withExample(command, 'comment INC-12 "the supplier sent two files"');
  command.action(async (id: string, text: string, options: DaemonOptions) =>
    act(shell, options, {
      id,
      verb: 'comment',
      body: { text },
      say: (incident) => `Added to the story of ${id}. ${sayNow(incident)}`,
      next: () => `rollbackd events ${id}`,
    }),
  );
}
