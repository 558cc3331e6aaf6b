import type { Commit } from '../../core/deployment.ts';
import type { WorkflowInput } from './workflow-file.ts';

/** GitHub takes no more. */
const MOST_INPUTS = 25;
const LONGEST = 200;
/** What no shell takes for anything but a letter: workflows paste their inputs into scripts. */
const SAFE = /^[A-Za-z0-9 ._:/#@=-]*$/;

/** What is known while a plan is made. `environment`: as GitHub calls it. */
export interface KnownForInputs {
  readonly from: Commit;
  readonly to: Commit;
  readonly environment: string;
}

/** Values with what is known filled in; the incident and the step's key are left for later. */
export function fillInputs(
  written: Readonly<Record<string, string>>,
  { from, to, environment }: KnownForInputs,
): Readonly<Record<string, string>> {
  return replaced(written, { commit: to, from, environment });
}

/** Values as GitHub gets them. */
export function withKey(
  inputs: Readonly<Record<string, string>>,
  key: string,
): Readonly<Record<string, string>> {
  return replaced(inputs, { key });
}

/** Why a workflow cannot be started with these values, in words for a person; empty where it can. */
export function refuseInputs(
  file: string,
  known: readonly WorkflowInput[],
  inputs: Readonly<Record<string, string>>,
): readonly string[] {
  const names = known.map(({ name }) => name);
  const given = Object.entries(inputs);
  const missing = known.filter(
    ({ name, required, hasDefault }) => required && !hasDefault && (inputs[name] ?? '') === '',
  );
  return [
    ...(given.length > MOST_INPUTS
      ? [`${file} would be given ${given.length} inputs, and GitHub takes ${MOST_INPUTS}`]
      : []),
    ...given.flatMap(([name, value]) => {
      const input = known.find((each) => each.name === name);
      return input === undefined ? [unknownInput(file, name, names)] : refuseValue(file, input, value);
    }),
    ...missing.map(
      ({ name }) => `${file} requires the input "${name}", and workflow.inputs does not give it`,
    ),
  ];
}

/** Why values must not be sent; said again right before they are, when everything is filled in. */
export function refuseUnsafe(inputs: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(inputs)
    .map(([name, value]) => whyUnsafe(name, value))
    .find((why) => why !== undefined);
}

function refuseValue(file: string, input: WorkflowInput, written: string): readonly string[] {
  const { name, type, options } = input;
  const unknown = [...written.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)]
    .map(([, word = '']) => word)
    .filter((word) => word !== 'incident' && word !== 'key');
  if (unknown[0] !== undefined) return [`the input "${name}" has {{${unknown[0]}}}, which nothing fills in`];
  // As long as they may become.
  const value = filled(written, { incident: 'INC-1000000', key: 'INC-1000000/10/10-workflow.run' });
  const unsafe = whyUnsafe(name, value);
  if (unsafe !== undefined) return [unsafe];
  const allowed = type === 'boolean' ? ['true', 'false'] : type === 'choice' ? options : null;
  if (allowed !== null && !allowed.includes(value)) {
    return [
      `the input "${name}" of ${file} must be ${oneOf(allowed)}, and would be "${written}"${near(value, allowed)}`,
    ];
  }
  if (type === 'number' && !/^-?\d+(?:\.\d+)?$/.test(value))
    return [`the input "${name}" of ${file} must be a number, and would be "${written}"`];
  return [];
}

function whyUnsafe(name: string, value: string): string | undefined {
  if (value.length > LONGEST) return `the input "${name}" would be longer than ${LONGEST} characters`;
  if (SAFE.test(value)) return undefined;
  const wrong = [...value].find((character) => !SAFE.test(character)) ?? '';
  const shown = wrong < ' ' ? 'a control character' : `"${wrong}"`;
  return `the input "${name}" would hold ${shown}, which a workflow's shell could take for a command`;
}

function unknownInput(file: string, name: string, names: readonly string[]): string {
  const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  return `${file} has no input "${name}"${near(name, names)}: ${has}`;
}

function near(word: string, names: readonly string[]): string {
  const found = names
    .map((name) => ({ name, alike: alike(word, name) }))
    .sort((a, b) => b.alike - a.alike)[0];
  return found !== undefined && found.alike >= 0.4 ? ` (did you mean "${found.name}"?)` : '';
}

/** The share of neighbouring letters that two words have in common, from 0 to 1. */
function alike(one: string, other: string): number {
  const [a, b] = [pairsOf(one), pairsOf(other)];
  return a.length + b.length === 0
    ? 0
    : (2 * a.filter((pair) => b.includes(pair)).length) / (a.length + b.length);
}

function pairsOf(word: string): readonly string[] {
  const letters = word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return Array.from({ length: Math.max(0, letters.length - 1) }, (_, index) =>
    letters.slice(index, index + 2),
  );
}

function oneOf(options: readonly string[]): string {
  if (options.length === 0) return 'one of its options, and it has none';
  return options.length === 1 ? `"${options[0]}"` : `one of ${options.join(', ')}`;
}

function replaced(
  inputs: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, filled(value, known)]));
}

function filled(value: string, known: Readonly<Record<string, string>>): string {
  return value.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, word: string) =>
    Object.hasOwn(known, word) ? (known[word] ?? '') : `{{${word}}}`,
  );
}
