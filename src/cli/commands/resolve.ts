import { type Command, Option } from 'commander';
import { act, sayNow } from '../act.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import type { DaemonOptions, Shell } from '../shell.ts';

interface ResolveOptions extends DaemonOptions {
  readonly as: 'fixed_forward' | 'stood_down';
  readonly reason: string;
  readonly resume?: true;
}

/** `rollbackd resolve INC-12 --as fixed_forward`. */
export function define(command: Command, shell: Shell): void {
  command.argument('<incident>', 'such as INC-12', incidentArgument);
  const as = new Option('--as <how>', 'fixed_forward: a fix is in; stood_down: nothing had to be done');
  withDaemon(command)
    .addOption(as.choices(['fixed_forward', 'stood_down']).makeOptionMandatory())
    .requiredOption('-r, --reason <text>', 'why; it is written down')
    .option('--resume', 'also take the undo that is offered: let the schedule run again');
  withExample(command, 'resolve INC-12 --as fixed_forward --resume --reason "fixed by #214"');
  command.action(async (id: string, { as: how, reason, resume, ...options }: ResolveOptions) =>
    act(shell, options, {
      id,
      verb: 'resolve',
      body: { as: how, reason, resume: resume ?? false },
      say: (incident) =>
        `${id} is resolved as ${how.replaceAll('_', ' ')}${resume ? ', and the schedule resumes' : ''}. ${sayNow(incident)}`,
      next: () => `rollbackd report ${id}`,
    }),
  );
}
