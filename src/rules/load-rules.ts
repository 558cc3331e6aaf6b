import type { Escalation } from '../core/escalation.ts';
import type { MatrixRow } from '../core/matrix.ts';
import type { Rule } from '../core/rule.ts';
import type { SignalKind } from '../core/signal.ts';
import { asLint, type Diagnostic, diagnose, diagnoseFile, sortDiagnostics } from './diagnostic.ts';
import { policyFileShape, type WrittenPolicyFile } from './policy-file.ts';
import { readEscalation } from './read-escalation.ts';
import { readMatrix } from './read-matrix.ts';
import { readRule } from './read-rule.ts';
import { type RuleTest, readRuleTests } from './rule-test.ts';
import { type Reading, refuse } from './shape.ts';
import { type Place, Source } from './source.ts';
import { didYouMean } from './suggest.ts';
import { type Vocabulary, vocabulariesOf } from './vocabulary.ts';
import { readYaml } from './yaml.ts';

/** A file under rules/, read by somebody else. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/** A name that one file says and another must know. */
export interface Reference {
  readonly is: 'approvers' | 'contact' | 'notifier' | 'level';
  readonly name: string;
  readonly at: Place;
}

/** All that the files say. Whatever has an error is left out; `diagnostics` says why. */
export interface LoadedRules {
  readonly rules: readonly Rule[];
  /** Null where no file has a `matrix:`, or it has errors. */
  readonly matrix: readonly MatrixRow[] | null;
  readonly escalation: Escalation | null;
  readonly tests: readonly RuleTest[];
  readonly references: readonly Reference[];
  /** Where each rule's name stands. */
  readonly places: readonly { readonly rule: Rule; readonly at: Place }[];
  /** In the order of the files, each from top to bottom. */
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly string[];
  /** What was found written, right or wrong: `rules check` counts it. */
  readonly said: { readonly rules: number; readonly matrix: boolean; readonly ladder: boolean };
}

/**
 * Reads rules, matrix, escalation and rule tests, told apart by what they say. Never throws; finds every mistake.
 * Who only wants to be governed by the rules leaves their tests out.
 */
export function loadRules(
  given: readonly RuleFile[],
  kinds: readonly SignalKind[],
  tests: 'read' | 'left out' = 'read',
): LoadedRules {
  const files = tests === 'read' ? given : given.filter(({ path }) => !isTestFile(path));
  const loading: Loading = {
    vocabularies: vocabulariesOf(kinds),
    problems: [],
    rules: [],
    named: new Map(),
    tests: [],
    references: [],
    matrix: null,
    escalation: null,
    written: { matrix: null, ladder: null },
    count: 0,
  };
  for (const file of files) readFile(file, loading);
  checkLevels(loading);
  if (tests === 'read') checkTested(files, loading);
  const paths = files.map((file) => file.path);
  const { rules, matrix, escalation, references, written, count } = loading;
  const diagnostics = sortDiagnostics(loading.problems, paths);
  const said = { rules: count, matrix: written.matrix !== null, ladder: written.ladder !== null };
  const places = rules.flatMap((rule) => {
    const at = loading.named.get(rule.name);
    return at === undefined ? [] : [{ rule, at }];
  });
  const read = { rules, matrix, escalation, tests: loading.tests, references };
  return { ...read, places, diagnostics, files: paths, said };
}

/** `data-quality.test.yaml` tests `data-quality.yaml`. */
export function isTestFile(path: string): boolean {
  return /\.test\.ya?ml$/.test(path);
}

interface Loading {
  readonly vocabularies: ReadonlyMap<string, Vocabulary>;
  readonly problems: Diagnostic[];
  readonly rules: Rule[];
  readonly named: Map<string, Place>;
  readonly tests: RuleTest[];
  readonly references: Reference[];
  matrix: readonly MatrixRow[] | null;
  escalation: Escalation | null;
  readonly written: { matrix: Place | null; ladder: Place | null };
  count: number;
}

function readFile({ path, text }: RuleFile, loading: Loading): void {
  const source = new Source(path, text);
  const node = readYaml(source, loading.problems);
  if (node === undefined) return;
  const reading = { source, problems: loading.problems };
  if (isTestFile(path)) {
    loading.tests.push(...readRuleTests(node, reading, loading.vocabularies));
    return;
  }
  if (node.is === 'map' && node.entries.length === 0) {
    loading.problems.push(
      diagnoseFile(
        path,
        'this file says nothing',
        'it can say: rules, matrix, ladder, acknowledgement, grouping',
      ),
    );
    return;
  }
  const lists = node.is === 'map' ? node.entries.find((entry) => entry.key === 'rules')?.value : undefined;
  loading.count += lists?.is === 'list' ? lists.items.length : 0;
  const written = policyFileShape.readPartly(node, reading);
  if (written.rules !== undefined) readRules(written.rules ?? [], reading, loading);
  takeMatrix(written, reading, loading);
  takeEscalation(written, reading, loading);
}

function readRules(
  written: NonNullable<WrittenPolicyFile['rules']>,
  reading: Reading,
  loading: Loading,
): void {
  for (const each of written) {
    const rule = readRule(each, loading.vocabularies, reading);
    const { name } = each;
    if (name === undefined) continue;
    const earlier = loading.named.get(name.value);
    if (earlier !== undefined) {
      refuse(reading, name.at, `a rule of the name "${name.value}" is there already`, {
        hint: placeText(earlier),
      });
      continue;
    }
    loading.named.set(name.value, name.at);
    if (rule !== undefined) loading.rules.push(rule);
  }
}

function takeMatrix(written: Partial<WrittenPolicyFile>, reading: Reading, loading: Loading): void {
  const { matrix } = written;
  if (matrix === undefined || matrix === null) return;
  if (loading.written.matrix !== null) {
    refuse(reading, matrix.at, 'there is a decision matrix already', {
      hint: placeText(loading.written.matrix),
    });
    return;
  }
  loading.written.matrix = matrix.at;
  loading.matrix = readMatrix(matrix.value, matrix.at, reading) ?? null;
  for (const { value } of matrix.value) {
    if (value.approvers !== null)
      loading.references.push({ is: 'approvers', name: value.approvers.value, at: value.approvers.at });
    if (value.then !== null)
      loading.references.push({ is: 'level', name: value.then.value, at: value.then.at });
  }
}

function takeEscalation(written: Partial<WrittenPolicyFile>, reading: Reading, loading: Loading): void {
  const { ladder = null, acknowledgement = null, grouping = null } = written;
  if (ladder === null) {
    if (acknowledgement !== null || grouping !== null) {
      loading.problems.push(
        diagnoseFile(
          reading.source.file,
          'acknowledgement and grouping stand beside a ladder',
          'move them to the file with ladder:',
        ),
      );
    }
    return;
  }
  if (loading.written.ladder !== null) {
    refuse(reading, ladder.at, 'there is an escalation ladder already', {
      hint: placeText(loading.written.ladder),
    });
    return;
  }
  loading.written.ladder = ladder.at;
  loading.escalation = readEscalation({ ladder, acknowledgement, grouping }, reading) ?? null;
  for (const { value } of ladder.value) {
    for (const contact of value.contacts.value)
      loading.references.push({ is: 'contact', name: contact.value, at: contact.at });
    for (const notifier of value.via.value)
      loading.references.push({ is: 'notifier', name: notifier.value, at: notifier.at });
  }
}

/** `then: L3` must be a level of the ladder, where there is one among the files. */
function checkLevels({ references, escalation, problems }: Loading): void {
  if (escalation === null) return;
  const levels = escalation.ladder.map((level) => level.level);
  for (const { is, name, at } of references) {
    if (is !== 'level' || levels.includes(name)) continue;
    problems.push(
      diagnose(at, `there is no escalation level "${name}"`, {
        hint: didYouMean(name, levels),
        note: `the ladder has: ${levels.join(', ')}`,
      }),
    );
  }
}

/** A file of rules without tests beside it is told of, and refused by nobody. */
function checkTested(files: readonly RuleFile[], { rules, named, problems }: Loading): void {
  const paths = new Set(files.map((file) => file.path));
  const told = new Set<string>();
  for (const { file, name } of rules) {
    const test = file.replace(/\.(ya?ml)$/, '.test.$1');
    const place = named.get(name);
    if (paths.has(test) || told.has(file) || place === undefined) continue;
    told.add(file);
    problems.push(
      asLint(
        diagnose(place, `nothing tests the rule "${name}"`, {
          hint: `write ${test.split('/').at(-1)} beside it`,
        }),
      ),
    );
  }
}

function placeText({ source, start }: Place): string {
  return `${source.file}:${source.position(start).line} has it`;
}
