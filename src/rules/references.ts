import { type Diagnostic, diagnose } from './diagnostic.ts';
import type { LoadedRules } from './load-rules.ts';
import { didYouMean, enumerate } from './suggest.ts';

/** The names that the configuration gives to people, teams and notifiers. */
export interface KnownNames {
  /** Null where they could not be read: then nothing is said of them. */
  readonly people: Iterable<string> | null;
  readonly teams: Iterable<string>;
  readonly notifiers: Iterable<string> | null;
}

/** Checks what the rules name against what the configuration has. */
export function checkReferences(loaded: LoadedRules, known: KnownNames): readonly Diagnostic[] {
  const people = known.people === null ? null : [...known.people, ...known.teams];
  const notifiers = known.notifiers === null ? null : [...known.notifiers];
  const problems: Diagnostic[] = [];
  for (const { is, name, at } of loaded.references) {
    if (is === 'level') continue;
    const names = is === 'notifier' ? notifiers : people;
    if (names === null || names.includes(name)) continue;
    const what = is === 'notifier' ? 'notifier' : 'person or team';
    const note =
      names.length === 0 ? `rollbackd.yaml has no ${what}` : `rollbackd.yaml has: ${enumerate(names)}`;
    problems.push(diagnose(at, `there is no ${what} "${name}"`, { hint: didYouMean(name, names), note }));
  }
  return problems;
}
