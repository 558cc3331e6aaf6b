import { Command, CommanderError } from 'commander';
import { OutsideError, Refusal } from '../core/errors.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { Failure, sayFailure } from './failure.ts';
import { tame } from './foreign.ts';
import type { CliIo, ExitCode } from './io.ts';
import { type Shell, shellOf } from './shell.ts';

/**
 * Runs one command line (without `node` and the script) and gives its exit code: 0 done or healthy, 1 failed or
 * something is wrong, 2 wrong usage, 3 lint only. Throws only what is our own bug.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code: ExitCode = 0;
  const shell = shellOf(io, (end) => {
    code = end;
  });
  try {
    const program = await programFor(argv, shell);
    if (argv.length === 0) {
      io.err(program.helpInformation());
      return 2;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return endWith(error, io);
  }
}

/** The program with every command's name, and the one command that is meant in full. */
export async function programFor(argv: readonly string[], shell: Shell): Promise<Command> {
  const program = new Command('rollbackd')
    .description(
      'Watches a data pipeline, and takes it back to its last good version when a deployment went bad.',
    )
    .usage('COMMAND [options]')
    .version(shell.io.version, '-V, --version', 'the version of rollbackd')
    .helpOption('-h, --help', 'help about a command')
    .addHelpCommand(
      new Command('help').argument('[command]').description('Help about a command').helpGroup('Set up:'),
    )
    .exitOverride()
    .configureOutput(outputOf(shell))
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', '\nStart with: rollbackd status. A command tells more with --help.');
  const meant = argv[0] === 'help' ? argv[1] : argv[0];
  for (const entry of COMMANDS) await addCommand(program, entry, { shell, meant: entry.name === meant });
  return program;
}

async function addCommand(
  program: Command,
  entry: CommandEntry,
  { shell, meant }: { shell: Shell; meant: boolean },
): Promise<void> {
  const command = program.command(entry.name).description(entry.summary).helpGroup(`${entry.group}:`);
  if (meant) (await entry.load()).define(command, shell);
}

/** Help is a result; a mistake in the command line is an error in our voice. */
function outputOf({ io }: Shell) {
  return {
    writeOut: (text: string) => io.out(text),
    writeErr: (text: string) => io.err(text),
    getOutHelpWidth: () => io.columns,
    getErrHelpWidth: () => io.columns,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    outputError: (text: string, write: (text: string) => void) => write(sayMistake(text)),
  };
}

/** commander: `error: unknown command 'statsu'\n(Did you mean status?)`. */
function sayMistake(text: string): string {
  const plain = tame(text)
    .replace(/^error: /, '')
    .replaceAll(/'([^']*)'/g, '"$1"')
    .trimEnd();
  const [first = '', ...rest] = plain.split('\n');
  const meant = /^\(Did you mean (?:one of )?(.+)\?\)$/.exec(rest[0] ?? '')?.[1];
  const suggestion =
    meant === undefined ? rest.map((line) => `\n  ${line}`).join('') : `\n  Did you mean ${meant}?`;
  return `error: ${first}${suggestion}\n`;
}

function endWith(error: unknown, io: CliIo): ExitCode {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return 0;
    if (error.code === 'commander.help') return error.exitCode === 0 ? 0 : 2;
    return 2;
  }
  if (error instanceof Failure) {
    io.err(sayFailure(error));
    return error.exitCode;
  }
  if (error instanceof Refusal || error instanceof OutsideError) {
    const help = error instanceof Refusal && error.help !== null ? [error.help] : [];
    io.err(sayFailure({ message: error.message, help }));
    return 1;
  }
  throw error;
}
