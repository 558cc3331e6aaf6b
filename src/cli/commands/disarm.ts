import type { Command } from 'commander';
import type { Mode } from '../../core/facts.ts';
import { answer } from '../api.ts';
import { wrap } from '../layout.ts';
import { withDaemon, withExample } from '../options.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

interface DisarmOptions extends DaemonOptions {
  readonly reason: string;
}

/** `rollbackd disarm ENV`: the kill switch. No reason is asked for, so that nothing stands in its way. */
export function define(command: Command, shell: Shell): void {
  command.argument('<environment>');
  withDaemon(command).option(
    '-r, --reason <text>',
    'why; it is written down',
    'disarmed from the command line',
  );
  withExample(command, 'disarm production --reason "unclear, looking"');
  command.action(async (environment: string, options: DisarmOptions) => {
    const client = await clientFor(shell, options);
    const body = { environment, reason: options.reason };
    const { json, value } = answer<Mode>(await client({ method: 'POST', path: '/api/v1/disarm', body }), [
      'mode',
    ]);
    const sentence = `${environment} is ${value.mode}: rollbackd still watches and tells, and does nothing by itself or by order.`;
    show(shell, options, {
      json,
      lines: [
        ...wrap(sentence, shell.look.columns),
        '',
        `Next: rollbackd status; rollbackd arm ${environment} takes it back`,
      ],
    });
  });
}
