import type { Command } from 'commander';
import { configPath } from '../connection.ts';
import { withConfig, withExample } from '../options.ts';
import type { Shell } from '../shell.ts';

/** `rollbackd serve`. */
export function define(command: Command, shell: Shell): void {
  withConfig(command);
  withExample(command, 'serve --config rollbackd.yaml');
  command.action(async (options: { config?: string }) => {
    shell.end(await shell.io.serve({ config: configPath(shell.io, options.config) }));
  });
}
