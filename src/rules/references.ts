import { asLint, type Diagnostic, diagnose } from './diagnostic.ts';
import type { LoadedRules } from './load-rules.ts';
import { didYouMean, enumerate } from './suggest.ts';

/** The names that the configuration gives to people, teams, notifiers, and the kinds its sources bring. */
export interface KnownNames {
  /** Null where they could not be read: then nothing is said of them. */
  readonly people: Iterable<string> | null;
  readonly teams: Iterable<string>;
  readonly notifiers: Iterable<string> | null;
  /** Kinds of signals that a configured source brings. */
  readonly kinds: ReadonlySet<string>;
}

/** Checks what the rules name against what the configuration has; advises on rules that nothing feeds. */
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
  return [...problems, ...unfed(loaded, known.kinds)];
}

function unfed({ places }: LoadedRules, kinds: ReadonlySet<string>): readonly Diagnostic[] {
  return places
    .filter(({ rule }) => !kinds.has(rule.signal))
    .map(({ rule, at }) =>
      asLint(
        diagnose(at, `nothing feeds the rule "${rule.name}"`, {
          note: `no configured source brings ${rule.signal}`,
        }),
      ),
    );
}
