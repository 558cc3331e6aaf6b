import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { checkRules } from '../../rules/check-rules.ts';
import { countDiagnostics, renderDiagnostics } from '../../rules/diagnostic.ts';
import { type LoadedRules, loadRules } from '../../rules/load-rules.ts';
import { testRules } from '../../rules/test-rules.ts';
import { configPath } from '../connection.ts';
import { Failure, wrongUsage } from '../failure.ts';
import { writeJson } from '../foreign.ts';
import type { CliIo } from '../io.ts';
import { withConfig, withExample } from '../options.ts';
import { peek, textAt } from '../peek.ts';
import { type Look, mark } from '../shape.ts';
import type { OutputOptions, Shell } from '../shell.ts';

type RulesOptions = OutputOptions & { readonly config?: string; readonly junit?: string };

/** `rollbackd rules check` and `rollbackd rules test`. Neither needs a daemon. */
export function define(command: Command, shell: Shell): void {
  command.helpCommand(false);
  const check = command
    .command('check')
    .description('Every mistake, with its place and a hint; 3 for advice only');
  both(check).action(async (paths: string[], options: RulesOptions) => checked(shell, paths, options));
  withExample(check, 'rules check rules/triggers');
  const test = command.command('test').description('Runs the *.test.yaml beside the rules, in virtual time');
  both(test)
    .option('--junit <file>', 'also write JUnit XML for build servers')
    .action(async (paths: string[], options: RulesOptions) => tested(shell, paths, options));
  withExample(test, 'rules test --junit junit.xml');
  withExample(command, 'rules check', 'rules test rules/triggers/data-quality.test.yaml');
}

function both(command: Command): Command {
  const output = new Option('-o, --output <format>', 'text for people, json for programs');
  return withConfig(command)
    .argument('[path...]', 'files and directories (default: the rules of rollbackd.yaml)')
    .addOption(output.choices(['text', 'json']).default('text'));
}

async function checked(shell: Shell, paths: readonly string[], options: RulesOptions): Promise<void> {
  const { io } = shell;
  const asked = paths.length > 0 ? paths : [await rulesPath(io, options)];
  const { text, exitCode, loaded } = checkRules(await io.readRuleFiles(asked), await io.kinds());
  const json = {
    files: loaded.files,
    rules: loaded.said.rules,
    tests: loaded.tests.length,
    diagnostics: loaded.diagnostics,
    exit_code: exitCode,
  };
  io.out(options.output === 'json' ? writeJson(json) : text);
  shell.end(exitCode);
}

/** All rules count in every test, for that is how they will run; paths only choose the tests. */
async function tested(shell: Shell, paths: readonly string[], options: RulesOptions): Promise<void> {
  const { io, look } = shell;
  const began = io.now();
  const [kinds, verbs, home] = await Promise.all([io.kinds(), io.rollbackVerbs(), rulesPath(io, options)]);
  const loaded = choose(loadRules(await io.readRuleFiles([home]), kinds), await chosenFiles(io, paths), io);
  refuseMistakes(loaded);
  if (paths.length > 0 && loaded.tests.length === 0) {
    throw wrongUsage(
      `No test below ${home} is in ${paths.join(', ')}.`,
      'Rules in other places: rollbackd rules test --config FILE',
    );
  }
  const report = options.junit ?? null;
  const { text, exitCode, junit, results } = testRules({
    loaded,
    kinds,
    verbs,
    stopwatch: () => io.now() - began,
    report,
  });
  if (report !== null) await io.writeFile(resolve(io.cwd, report), junit);
  const tests = results.map(({ test, failure }) => ({
    name: test.name,
    file: test.file,
    line: test.line,
    passed: failure === null,
  }));
  io.out(options.output === 'json' ? writeJson({ tests, exit_code: exitCode }) : inLook(text, look));
  shell.end(exitCode);
}

/** Absolute paths of the files to test; null for all. */
async function chosenFiles(io: CliIo, paths: readonly string[]): Promise<ReadonlySet<string> | null> {
  if (paths.length === 0) return null;
  return new Set((await io.readRuleFiles(paths)).map((file) => resolve(io.cwd, file.path)));
}

function choose(loaded: LoadedRules, files: ReadonlySet<string> | null, { cwd }: CliIo): LoadedRules {
  if (files === null) return loaded;
  return { ...loaded, tests: loaded.tests.filter((test) => files.has(resolve(cwd, test.file))) };
}

function refuseMistakes({ diagnostics }: LoadedRules): void {
  const errors = diagnostics.filter((each) => each.severity === 'error');
  if (errors.length === 0) return;
  throw new Failure(
    `the rules have mistakes, so nothing was tested.\n\n${renderDiagnostics(errors)}\n${countDiagnostics(errors)}.`,
    ['See all of them: rollbackd rules check'],
  );
}

/** `rules:` of the configuration is relative to the file that says it. */
async function rulesPath(io: CliIo, { config }: RulesOptions): Promise<string> {
  const file = configPath(io, config);
  return resolve(dirname(file), textAt(await peek(io, file), 'rules') ?? 'rules/');
}

/** The shapes at the beginning of lines, as this screen can show them. */
function inLook(text: string, look: Look): string {
  return text
    .replaceAll(/^( {2})?●/gm, (_, indent: string | undefined) => `${indent ?? ''}${mark('well', look)}`)
    .replaceAll(/^( {2})?▲/gm, (_, indent: string | undefined) => `${indent ?? ''}${mark('wrong', look)}`);
}
