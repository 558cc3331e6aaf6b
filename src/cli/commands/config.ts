import type { Command } from 'commander';
import { countDiagnostics, renderDiagnostics } from '../../rules/diagnostic.ts';
import { configPath } from '../connection.ts';
import { withConfig, withExample, withOutput } from '../options.ts';
import { type OutputOptions, type Shell, show } from '../shell.ts';

/** `rollbackd config show`: the configuration as it counts, with defaults and without secrets. */
export function define(command: Command, shell: Shell): void {
  command.helpCommand(false);
  const shown = command.command('show').description('The configuration as it counts, secrets as <secret>');
  withConfig(withOutput(shown)).action(async (options: OutputOptions & { config?: string }) => {
    const { diagnostics, text, json } = await shell.io.showSettings({
      config: configPath(shell.io, options.config),
    });
    if (text === null) {
      shell.io.err(`${renderDiagnostics(diagnostics)}\n${countDiagnostics(diagnostics)}.\n`);
      return shell.end(1);
    }
    show(shell, options, { json, lines: [text.trimEnd()] });
  });
  withExample(shown, 'config show');
  withExample(command, 'config show');
}
