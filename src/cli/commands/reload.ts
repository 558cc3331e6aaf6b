import type { Command } from 'commander';
import { answer } from '../api.ts';
import { withDaemon, withExample } from '../options.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

/** `rollbackd reload`: a configuration with mistakes is refused as a whole, and the old one stays. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command);
  withExample(command, 'reload');
  command.action(async (options: DaemonOptions) => {
    const client = await clientFor(shell, options);
    const { json, value } = answer<{ problems: readonly string[] }>(
      await client({ method: 'POST', path: '/-/reload' }),
      ['reloaded'],
    );
    const lines = [
      'Configuration and rules were read again. Open incidents keep the policy they began with.',
      ...value.problems.map((each) => `  ${each}`),
    ];
    show(shell, options, { json, lines: [...lines, '', 'Next: rollbackd status'] });
  });
}
