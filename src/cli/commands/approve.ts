import type { Command } from 'commander';
import { actOn } from '../api.ts';
import { wrap } from '../layout.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import { sayIncident } from '../sentence.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { waitedCode, waitForEnd } from '../wait.ts';

interface ApproveOptions extends DaemonOptions {
  readonly reason?: string;
  readonly wait?: true;
}

/** `rollbackd approve INC-12 [--wait]`. With --wait the exit code is 0 only once it is proven healthy. */
export function define(command: Command, shell: Shell): void {
  command.argument('<incident>', 'such as INC-12', incidentArgument);
  withDaemon(command)
    .option('-r, --reason <text>', 'why; it is written down')
    .option('-w, --wait', 'stay until it is rolled back and proven healthy');
  withExample(command, 'approve INC-12 --wait');
  command.action(async (id: string, options: ApproveOptions) => approve(id, shell, options));
}

async function approve(id: string, shell: Shell, options: ApproveOptions): Promise<void> {
  const client = await clientFor(shell, options);
  const { json, value } = await actOn(client, id, 'approve', { reason: options.reason ?? '' });
  const sentence = `${id} is approved. It is judged once more on the newest evidence, then ${value.environment} is rolled back.`;
  if (options.wait !== true) {
    const lines = [...wrap(sentence, shell.look.columns), '', `Next: rollbackd explain ${id}`];
    return show(shell, options, { json, lines });
  }
  shell.io.err(`${sentence}\n`);
  const ended = await waitForEnd(client, shell, id);
  const lines = [...wrap(sayIncident(ended.value), shell.look.columns), '', `Next: rollbackd explain ${id}`];
  show(shell, options, { json: ended.json, lines });
  shell.end(waitedCode(ended.value));
}
