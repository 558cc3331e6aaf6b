import { basename } from 'node:path';

/** Commands of dbt that take `--target-path`; `deps`, `clean`, `debug` and `init` do not. */
const WITH_TARGET_PATH: ReadonlySet<string> = new Set([
  'build',
  'clone',
  'compile',
  'docs',
  'list',
  'ls',
  'parse',
  'retry',
  'run',
  'run-operation',
  'seed',
  'show',
  'snapshot',
  'source',
  'test',
]);
const WITHOUT: ReadonlySet<string> = new Set(['deps', 'clean', 'debug', 'init']);

/** The configured argv, with a target path of its own where the executable is dbt and the command takes one. */
export function commandLine(argv: readonly string[], target: string): readonly string[] {
  const command = commandOf(argv);
  return command !== undefined && WITH_TARGET_PATH.has(command) ? [...argv, '--target-path', target] : argv;
}

/** Whether it only fetches packages: it writes no artifact that says how it ended. */
export function isDeps(argv: readonly string[]): boolean {
  return commandOf(argv) === 'deps';
}

/** The command of dbt; undefined where the executable is another. */
function commandOf([executable = '', ...rest]: readonly string[]): string | undefined {
  if (!/^dbt(f|\.exe)?$/.test(basename(executable))) return undefined;
  return rest.find((word) => WITH_TARGET_PATH.has(word) || WITHOUT.has(word));
}
