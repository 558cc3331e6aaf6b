import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../core/duration.ts';
import type { Duration } from '../core/time.ts';

/** `--output`. */
export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'text for people, json for programs')
      .choices(['text', 'json'])
      .default('text'),
  );
}

/** `--config`. */
export function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', 'rollbackd.yaml (or ROLLBACKD_CONFIG)');
}

/** What every command has that asks the running daemon. */
export function withDaemon(command: Command): Command {
  return withOutput(withConfig(command)).option('--url <address>', 'the running daemon (or ROLLBACKD_URL)');
}

/** One example under the help; every command has one. */
export function withExample(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ rollbackd ${example}`).join('\n');
  return command.addHelpText('after', `\nExample:\n${lines}`);
}

/** Reads `90s`, `2h`, `30d`. */
export function durationOption(text: string): Duration {
  const duration = parseDuration(text);
  if (duration === undefined)
    throw new InvalidArgumentError('It is no duration: write it like 90s, 15m, 2h or 30d.');
  return duration;
}

/** Reads a whole number from 1. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is no whole number from 1.');
  return Number(text);
}

/** Reads an incident's id; `12` and `inc-12` mean `INC-12`. */
export function incidentArgument(text: string): string {
  const number = /^(?:inc-)?(\d{1,9})$/i.exec(text)?.[1];
  if (number === undefined) throw new InvalidArgumentError('It is no incident: write it like INC-12.');
  return `INC-${number}`;
}
