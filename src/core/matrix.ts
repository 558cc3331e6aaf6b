import type { Impact, Severity } from './rule.ts';
import type { Duration } from './time.ts';

export const ACTIONS = ['monitor', 'assess', 'ask', 'rollback'] as const;
/** What a row of the matrix says, mildest first. */
export type Action = (typeof ACTIONS)[number];

export type Tier = 'production' | 'non-production';

/** One row of the decision matrix. Rows are tried in order; the first match wins. */
export interface MatrixRow {
  readonly severity: Severity | '*';
  readonly impact: Impact | '*';
  readonly tier: Tier | '*';
  readonly do: Action;
  /** A team or a person of the configuration, for `ask` and `assess`. */
  readonly approvers: string | null;
  readonly within: Duration | null;
  /** The escalation level that is asked when nobody answered in time. */
  readonly then: string | null;
  readonly contain: boolean;
  readonly review: boolean;
  /** Its place in the file, from 1, and the line it stands on. */
  readonly number: number;
  readonly line: number;
}

/** The first row that matches. The loader proves that there always is one; without, this is our bug. */
export function lookUp(
  matrix: readonly MatrixRow[],
  severity: Severity,
  impact: Impact,
  tier: Tier,
): MatrixRow {
  const row = matrix.find(
    (r) =>
      (r.severity === '*' || r.severity === severity) &&
      (r.impact === '*' || r.impact === impact) &&
      (r.tier === '*' || r.tier === tier),
  );
  if (row === undefined)
    throw new Error(`The decision matrix has no row for ${severity}, ${impact}, ${tier}`);
  return row;
}

/** The milder of two actions. */
export function milder(a: Action, b: Action): Action {
  return ACTIONS.indexOf(a) <= ACTIONS.indexOf(b) ? a : b;
}
