import type { Command } from 'commander';
import { withExample } from '../options.ts';
import type { Shell } from '../shell.ts';

/** `rollbackd demo`. */
export function define(command: Command, shell: Shell): void {
  command
    .option('--once', 'end when the story is told; 0 only if all of it really happened')
    .option('--real-dbt', 'run dbt itself instead of recorded artifacts (needs Python 3)');
  withExample(command, 'demo --once');
  command.action(async (options: { once?: true; realDbt?: true }) => {
    shell.end(await shell.io.demo({ once: options.once ?? false, realDbt: options.realDbt ?? false }));
  });
}
