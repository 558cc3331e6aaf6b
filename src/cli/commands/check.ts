import type { Command } from 'commander';
import { exitCodeOf } from '../../rules/check-rules.ts';
import { countDiagnostics, renderDiagnostics } from '../../rules/diagnostic.ts';
import { configPath } from '../connection.ts';
import { withConfig, withExample, withOutput } from '../options.ts';
import { type OutputOptions, type Shell, show } from '../shell.ts';

/** `rollbackd check`: configuration, rules, matrix and escalation together, every mistake at once. */
export function define(command: Command, shell: Shell): void {
  withConfig(withOutput(command));
  withExample(command, 'check --config rollbackd.yaml');
  command.action(async (options: OutputOptions & { config?: string }) => {
    const { diagnostics, sentence } = await shell.io.checkSettings({
      config: configPath(shell.io, options.config),
    });
    const exitCode = exitCodeOf(diagnostics);
    const ends = exitCode === 1 ? `${countDiagnostics(diagnostics)}. Nothing was started.` : sentence;
    const next =
      exitCode === 1 ? 'rollbackd check, after the corrections' : 'rollbackd doctor, then rollbackd serve';
    const found = diagnostics.length === 0 ? [] : [renderDiagnostics(diagnostics)];
    show(shell, options, {
      json: { diagnostics, exit_code: exitCode },
      lines: [...found, ends, '', `Next: ${next}`],
    });
    shell.end(exitCode);
  });
}
