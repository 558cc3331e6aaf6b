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
  const [executable = '', ...rest] = argv;
  if (!/^dbt(f|\.exe)?$/.test(basename(executable))) return argv;
  const command = rest.find((word) => WITH_TARGET_PATH.has(word) || WITHOUT.has(word));
  return command !== undefined && WITH_TARGET_PATH.has(command) ? [...argv, '--target-path', target] : argv;
}
