import type { Command } from 'commander';
import { type Client, clientOf } from './client.ts';
import { connect } from './connection.ts';
import { writeJson } from './foreign.ts';
import type { CliIo, ExitCode } from './io.ts';
import { type Look, lookOf } from './shape.ts';

/** What every command gets: the world, and how to end. */
export interface Shell {
  readonly io: CliIo;
  readonly look: Look;
  /** Sets the exit code of this run. */
  readonly end: (code: ExitCode) => void;
}

/** A file of `commands/`: adds arguments, options, help and the action to its command. */
export interface CommandFile {
  define(command: Command, shell: Shell): void;
}

export interface OutputOptions {
  readonly output: 'text' | 'json';
}

export interface DaemonOptions extends OutputOptions {
  readonly url?: string;
  readonly config?: string;
}

export function shellOf(io: CliIo, end: (code: ExitCode) => void): Shell {
  return { io, look: lookOf(io), end };
}

/** For commands that ask the running daemon. */
export async function clientFor(shell: Shell, options: DaemonOptions): Promise<Client> {
  return clientOf(shell.io, await connect(shell.io, options));
}

/** Writes a result: the API's JSON for programs, lines for people. */
export function show(
  shell: Shell,
  options: OutputOptions,
  result: { readonly json: unknown; readonly lines: readonly string[] },
): void {
  if (options.output === 'json') shell.io.out(writeJson(result.json));
  else shell.io.out(`${result.lines.join('\n')}\n`);
}
