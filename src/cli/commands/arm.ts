import type { Command } from 'commander';
import type { Mode } from '../../core/facts.ts';
import { answer } from '../api.ts';
import { withDaemon, withExample } from '../options.ts';
import { mark } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

interface ArmOptions extends DaemonOptions {
  readonly reason: string;
}

/** `rollbackd arm ENV`: needs a passing preflight, and says what rollbackd may do from now on. */
export function define(command: Command, shell: Shell): void {
  command.argument('<environment>');
  withDaemon(command).option('-r, --reason <text>', 'why; it is written down', 'armed from the command line');
  withExample(command, 'arm production --reason "watched in shadow for a week"');
  command.action(async (environment: string, options: ArmOptions) => {
    const client = await clientFor(shell, options);
    const body = { environment, reason: options.reason };
    const armed = await client({ method: 'POST', path: '/api/v1/arm', body, timeout: 120_000 });
    const { json, value } = answer<{ mode: Mode; mayNow: readonly string[] }>(armed, ['mode', 'may_now']);
    const lines = [
      `${environment} is ${value.mode.mode}. From now on rollbackd may, without asking first where the matrix says so:`,
      '',
      ...value.mayNow.map((text) => `  ${mark('well', shell.look)} ${text}`),
      '',
      `Next: rollbackd status; rollbackd disarm ${environment} stops it at once`,
    ];
    show(shell, options, { json, lines });
  });
}
