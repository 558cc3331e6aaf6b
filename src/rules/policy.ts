import { hash } from 'node:crypto';
import type { Policy } from '../core/facts.ts';
import { indexRules } from '../core/rule-index.ts';
import type { LoadedRules } from './load-rules.ts';

/** Who is who: what the configuration says of people. */
export type Directory = Pick<Policy, 'people' | 'teams'>;

/** The policy that the files make together; undefined while the matrix or the ladder is missing or wrong. */
export function policyOf(loaded: LoadedRules, { people, teams }: Directory): Policy | undefined {
  const { rules, matrix, escalation } = loaded;
  if (matrix === null || escalation === null) return undefined;
  const said = {
    rules: rules.map((rule) => `${rule.name} ${rule.version}`).sort(),
    matrix: matrix.map(({ line: _, ...row }) => row),
    escalation,
    people: [...people],
    teams: [...teams],
  };
  const version = hash('sha256', JSON.stringify(said)).slice(0, 7);
  return { version, rules: indexRules(rules), matrix, escalation, people, teams };
}

/** Stand-ins for all whom the files name: rule tests need somebody who can be asked. */
export function anybody({ references }: LoadedRules): Directory {
  const names = references.filter(({ is }) => is === 'approvers' || is === 'contact').map(({ name }) => name);
  const people = new Map(
    [...new Set(['on-call', ...names])].map((name) => [name, { name, email: `${name}@example.com` }]),
  );
  return { people, teams: new Map() };
}
