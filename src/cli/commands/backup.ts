import { resolve } from 'node:path';
import type { Command } from 'commander';
import { configPath } from '../connection.ts';
import { withConfig, withExample, withOutput } from '../options.ts';
import { type OutputOptions, type Shell, show } from '../shell.ts';

/** `rollbackd backup PATH`. */
export function define(command: Command, shell: Shell): void {
  withConfig(withOutput(command.argument('<path>', 'the file to write')));
  withExample(command, 'backup /var/backups/rollbackd.db');
  command.action(async (file: string, options: OutputOptions & { config?: string }) => {
    const { io } = shell;
    const path = resolve(io.cwd, file);
    const { bytes } = await io.backup({ config: configPath(io, options.config), path });
    const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
    show(shell, options, {
      json: { path, bytes },
      lines: [`The state was copied to ${path}, ${size}.`, '', 'Next: keep it on another machine'],
    });
  });
}
