import type { Command } from 'commander';
import { tame } from '../foreign.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

/** `rollbackd report INC-12`: markdown on stdout, to be kept. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command.argument('<incident>', 'such as INC-12', incidentArgument));
  withExample(command, 'report INC-12 > INC-12.md');
  command.action(async (id: string, options: DaemonOptions) => {
    const client = await clientFor(shell, options);
    const markdown = tame(String(await client({ path: `/api/v1/incidents/${id}/report` }))).trimEnd();
    show(shell, options, { json: { incident: id, markdown }, lines: [markdown] });
  });
}
