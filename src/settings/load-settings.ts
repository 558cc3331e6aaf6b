import type { Policy } from '../core/facts.ts';
import type { CommandAnswer } from '../rules/check-rules.ts';
import { exitCodeOf } from '../rules/check-rules.ts';
import { countDiagnostics, type Diagnostic, diagnoseFile, renderDiagnostics } from '../rules/diagnostic.ts';
import { type LoadedRules, loadRules, type RuleFile } from '../rules/load-rules.ts';
import { policyOf } from '../rules/policy.ts';
import { checkReferences } from '../rules/references.ts';
import { readRuleFiles, readText, shown, surroundingsOf } from './files.ts';
import { type ReadSettings, readSettings } from './read-settings.ts';
import type { Settings } from './settings.ts';
import type { SourceType } from './source-type.ts';
import type { Variables } from './variables.ts';

/** The configuration as a whole. With an error there are neither settings nor policy. */
export interface LoadedSettings {
  readonly settings: Settings | undefined;
  readonly policy: Policy | undefined;
  readonly rules: LoadedRules | undefined;
  /** The files that the rules were read from, as they were. */
  readonly texts: readonly RuleFile[];
  /** Rules that no configured source feeds, and the types of source that would. */
  readonly waiting: { readonly rules: number; readonly systems: readonly string[] };
  readonly diagnostics: readonly Diagnostic[];
}

const NONE = { rules: 0, systems: [] };

/** Reads rollbackd.yaml and the rules that it names: every mistake of all files at once. A daemon leaves rule tests out. */
export function loadSettings(
  path: string,
  variables: Variables,
  types: readonly SourceType[],
  tests: 'read' | 'left out' = 'read',
): LoadedSettings {
  const file = readText(path);
  if ('why' in file) {
    const diagnostics = [diagnoseFile(shown(path), `there is no configuration to read: ${file.why}`)];
    return {
      settings: undefined,
      policy: undefined,
      rules: undefined,
      texts: [],
      waiting: NONE,
      diagnostics,
    };
  }
  const surroundings = surroundingsOf(path);
  const read = readSettings({ path: shown(path), text: file.text }, { variables, surroundings, types });
  const directory = surroundings.resolve(read.written.rules ?? 'rules/');
  const { files, missing } = readRuleFiles([directory]);
  const rules = loadRules(
    files,
    types.flatMap(({ kinds }) => kinds),
    tests,
  );
  const diagnostics = [
    ...read.diagnostics,
    ...missing.map(({ path: each, why }) => diagnoseFile(shown(each), `the rules cannot be read: ${why}`)),
    ...rules.diagnostics,
    ...(missing.length === 0 ? missingParts(rules, shown(directory)) : []),
    ...checkReferences(rules, knownNames(read.written)),
  ];
  const failed = diagnostics.some((each) => each.severity === 'error');
  const settings = failed ? undefined : read.settings;
  const policy = settings === undefined ? undefined : policyOf(rules, settings);
  return { settings, policy, rules, texts: files, waiting: waitingOf(rules, types, settings), diagnostics };
}

/** `rollbackd check`: what is wrong with the configuration, and the exit code. */
export function describeCheck({ settings, rules, waiting, diagnostics }: LoadedSettings): CommandAnswer {
  const exitCode = exitCodeOf(diagnostics);
  const list = diagnostics.length === 0 ? '' : `${renderDiagnostics(diagnostics)}\n`;
  if (exitCode === 1)
    return { text: `${list}${countDiagnostics(diagnostics)}. Nothing was started.\n`, exitCode };
  const environments = settings?.environments.map(({ environment }) => environment.name).join(', ') ?? '';
  const counted = `${rules?.rules.length ?? 0} rules, ${rules?.tests.length ?? 0} tests`;
  const said = `${waiting.rules === 1 ? '1 rule waits' : `${waiting.rules} rules wait`} for sources that are not configured`;
  const waits = waiting.rules === 0 ? '' : `${said}: ${waiting.systems.join(', ')}.\n`;
  return {
    text: `${list}${waits}${settings?.file} is right: ${environments}; ${counted}; ${countDiagnostics(diagnostics)}.\n`,
    exitCode,
  };
}

function missingParts(rules: LoadedRules, directory: string): readonly Diagnostic[] {
  const missing: Diagnostic[] = [];
  if (!rules.said.matrix)
    missing.push(
      diagnoseFile(
        directory,
        'no file here has the decision matrix',
        'it is written as matrix: with its rows',
      ),
    );
  if (!rules.said.ladder)
    missing.push(
      diagnoseFile(
        directory,
        'no file here has the escalation ladder',
        'it is written as ladder: with its levels',
      ),
    );
  return missing;
}

function knownNames({ people, teams, notifiers }: ReadSettings['written']) {
  return {
    people: people === undefined || teams === undefined ? null : people.keys(),
    teams: teams?.keys() ?? [],
    notifiers: notifiers?.keys() ?? null,
  };
}

/** Rules of systems that are not configured are asked nothing; whoever configures one more finds them there. */
function waitingOf(
  loaded: LoadedRules,
  types: readonly SourceType[],
  configured: Settings | undefined,
): LoadedSettings['waiting'] {
  const used = new Set([...(configured?.sources.values() ?? [])].map(({ type }) => type));
  const unused = types.filter(({ type }) => configured !== undefined && !used.has(type));
  const kinds = new Set(unused.flatMap((type) => type.kinds.map(({ kind }) => kind)));
  const rules = loaded.rules.filter(({ signal }) => kinds.has(signal));
  const systems = unused.filter((type) =>
    type.kinds.some(({ kind }) => rules.some((each) => each.signal === kind)),
  );
  return { rules: rules.length, systems: systems.map(({ type }) => type) };
}
