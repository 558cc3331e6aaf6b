import type { Command } from 'commander';
import { environmentsOf } from '../api.ts';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { withDaemon, withExample } from '../options.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

/** `rollbackd unfreeze ID`; the name of an environment means its one freeze. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command.argument('<freeze>', 'the freeze, or the environment that has only one'));
  withExample(command, 'unfreeze production');
  command.action(async (what: string, options: DaemonOptions) => {
    const client = await clientFor(shell, options);
    const id = await meant(client, what, shell.io.now());
    await client({ method: 'DELETE', path: `/api/v1/freezes/${encodeURIComponent(id)}` });
    show(shell, options, {
      json: { lifted: id },
      lines: [`Freeze ${id} is lifted.`, '', 'Next: rollbackd status'],
    });
  });
}

async function meant(client: Client, what: string, now: number): Promise<string> {
  const { value } = await environmentsOf(client);
  const environment = value.environments.find((each) => each.environment === what);
  if (environment === undefined) return what;
  const standing = environment.freezes.filter((each) => each.until === null || each.until > now);
  const [only] = standing;
  if (only === undefined) throw new Failure(`${what} is not frozen.`);
  if (standing.length === 1) return only.id;
  throw new Failure(
    `${what} is frozen ${standing.length} times.`,
    standing.map((each) => `rollbackd unfreeze ${each.id}   ${each.reason}`),
    2,
  );
}
