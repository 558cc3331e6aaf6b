import type { Command } from 'commander';
import { configPath } from '../connection.ts';
import type { DoctorCheck } from '../io.ts';
import { tableRows, widthOf, wrap } from '../layout.ts';
import { withConfig, withExample, withOutput } from '../options.ts';
import { type Look, mark } from '../shape.ts';
import { type OutputOptions, type Shell, show } from '../shell.ts';
import { count } from '../words.ts';

/** `rollbackd doctor`: exit code 1 where a check fails. What is not configured, or not known, fails nothing. */
export function define(command: Command, shell: Shell): void {
  withConfig(withOutput(command));
  withExample(command, 'doctor');
  command.action(async (options: OutputOptions & { config?: string }) => {
    const { io } = shell;
    const checks = await io.doctor({ config: configPath(io, options.config), abort: io.abort });
    show(shell, options, { json: { checks }, lines: renderDoctor(checks, shell.look) });
    shell.end(checks.some((check) => check.shape === 'wrong') ? 1 : 0);
  });
}

/** Each check with what to run where it fails. Lines to copy are never wrapped. */
export function renderDoctor(checks: readonly DoctorCheck[], look: Look): string[] {
  const failed = checks.filter((check) => check.shape === 'wrong');
  const rows = checks.map(({ shape, system, sentence }) => [mark(shape, look), system, sentence]);
  const { body } = tableRows([{ title: '' }, { title: '' }, { title: '' }], rows, look);
  const system = Math.max(0, ...checks.map((check) => widthOf(check.system)));
  const indent = ' '.repeat(look.columns < 80 ? 6 : 2 + widthOf(mark('well', look)) + 2 + system + 4);
  const lines = checks.flatMap((check, index) => [
    ...(body[index] ?? []),
    ...check.help.map((line) => `${indent}${line}`),
  ]);
  const next = failed.length === 0 ? 'rollbackd status' : 'rollbackd doctor, after the lines above';
  return [...wrap(headline(checks.length, failed), look.columns), '', ...lines, '', `Next: ${next}`];
}

function headline(total: number, failed: readonly DoctorCheck[]): string {
  if (failed.length === 0) return `${count(total, 'check')}: none fails.`;
  const systems = [...new Set(failed.map((check) => check.system))].join(', ');
  return `${failed.length} of ${total} checks ${failed.length === 1 ? 'fails' : 'fail'}: ${systems}.`;
}
