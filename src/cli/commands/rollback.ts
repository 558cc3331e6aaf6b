import type { Command } from 'commander';
import { answer, type IncidentLine } from '../api.ts';
import { wrap } from '../layout.ts';
import { withDaemon, withExample } from '../options.ts';
import { sayIncident } from '../sentence.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { waitedCode, waitForEnd } from '../wait.ts';
import { sayCommit } from '../words.ts';

interface RollbackOptions extends DaemonOptions {
  readonly environment: string;
  readonly to?: string;
  readonly reason: string;
  readonly unproven?: true;
  readonly override?: string;
  readonly key?: string;
  readonly wait?: true;
}

/** `rollbackd rollback`: a person orders it. With --wait the exit code is 0 only once it is proven healthy. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command)
    .requiredOption('-e, --environment <name>', 'where')
    .option('--to <target>', 'commit, tag or deployment (default: the last known good)')
    .requiredOption('-r, --reason <text>', 'why; it is written down')
    .option('--unproven', 'allow a target that was never found good')
    .option('--override <reason>', 'go on in spite of a freeze, because of this')
    .option('--key <text>', 'the same key again never acts twice (default: a new one)')
    .option('-w, --wait', 'stay until it is rolled back and proven healthy');
  withExample(command, 'rollback --environment production --to 4b7e03d --reason "orders are wrong" --wait');
  command.action(async (options: RollbackOptions) => rollback(shell, options));
}

async function rollback(shell: Shell, options: RollbackOptions): Promise<void> {
  const client = await clientFor(shell, options);
  const { environment, to = null, reason, unproven = false, override = null } = options;
  const body = { environment, to, reason, unproven, override };
  const key = options.key ?? crypto.randomUUID();
  const ordered = await client({ method: 'POST', path: '/api/v1/rollbacks', body, key, timeout: 120_000 });
  const { json, value } = answer<IncidentLine>(ordered, ['id', 'state']);
  const target = to === null ? 'its last known good version' : sayCommit(to);
  const sentence = `${value.id} rolls ${environment} back to ${target}.`;
  const next = `Next: rollbackd explain ${value.id}, or rollbackd abort ${value.id} --reason "..."`;
  if (options.wait !== true)
    return show(shell, options, { json, lines: [...wrap(sentence, shell.look.columns), '', next] });
  shell.io.err(`${sentence}\n`);
  const ended = await waitForEnd(client, shell, value.id);
  const lines = [
    ...wrap(sayIncident(ended.value), shell.look.columns),
    '',
    `Next: rollbackd explain ${value.id}`,
  ];
  show(shell, options, { json: ended.json, lines });
  shell.end(waitedCode(ended.value));
}
