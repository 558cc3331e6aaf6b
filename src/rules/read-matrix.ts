import type { MatrixRow, Tier } from '../core/matrix.ts';
import { IMPACTS, type Impact, SEVERITIES, type Severity } from '../core/rule.ts';
import type { WrittenRow } from './policy-file.ts';
import { type Reading, refuse } from './shape.ts';
import type { Place, Span } from './source.ts';

export interface PlacedRow {
  readonly value: WrittenRow;
  readonly at: Place;
}

/** Makes the decision matrix of its rows; refuses a hole, and a row that can never match. */
export function readMatrix(
  rows: readonly PlacedRow[],
  at: Place,
  reading: Reading,
): readonly MatrixRow[] | undefined {
  const before = reading.problems.length;
  for (const row of rows) checkRow(row, reading);
  const matrix = rows.map((row, index) => rowOf(row, index + 1, reading));
  checkDeadRows(rows, matrix, reading);
  checkHoles(matrix, at, reading);
  return reading.problems.length > before ? undefined : matrix;
}

function rowOf({ value, at }: PlacedRow, number: number, reading: Reading): MatrixRow {
  return {
    severity: value.severity,
    impact: value.impact,
    tier: value.tier,
    do: value.do,
    approvers: value.approvers?.value ?? null,
    within: value.within,
    then: value.then?.value ?? null,
    contain: value.contain,
    review: value.review,
    number,
    line: reading.source.position(at.start).line,
  };
}

function checkRow({ value, at }: PlacedRow, reading: Reading): void {
  const asks = value.do === 'ask' || value.do === 'assess';
  if (asks) {
    const missing = (['approvers', 'within', 'then'] as const).filter((key) => value[key] === null);
    if (missing.length === 0) return;
    refuse(reading, at, `a row that says ${value.do} needs ${missing.join(', ')}`, {
      hint: 'say who is asked, how long, and who is asked next',
      note: `for example: do: ${value.do}, approvers: team-lead, within: 1h, then: L3`,
    });
    return;
  }
  const idle = value.approvers ?? value.then;
  if (idle === null) return;
  refuse(reading, idle.at, `nobody is asked where the row says ${value.do}`, {
    hint: 'remove it, or write do: ask',
  });
}

interface Combination {
  readonly severity: Severity;
  readonly impact: Impact;
  readonly tier: Tier;
}

const TIERS: readonly Tier[] = ['production', 'non-production'];

const COMBINATIONS: readonly Combination[] = SEVERITIES.flatMap((severity) =>
  IMPACTS.flatMap((impact) => TIERS.map((tier) => ({ severity, impact, tier }))),
);

function matches(row: MatrixRow, { severity, impact, tier }: Combination): boolean {
  return (
    (row.severity === '*' || row.severity === severity) &&
    (row.impact === '*' || row.impact === impact) &&
    (row.tier === '*' || row.tier === tier)
  );
}

function checkDeadRows(rows: readonly PlacedRow[], matrix: readonly MatrixRow[], reading: Reading): void {
  for (const [index, row] of matrix.entries()) {
    const mine = COMBINATIONS.filter((each) => matches(row, each));
    const earlier = matrix.slice(0, index);
    if (!mine.every((each) => earlier.some((other) => matches(other, each)))) continue;
    const whole = earlier.find((other) => mine.every((each) => matches(other, each)));
    const shadows =
      whole === undefined ? earlier.filter((other) => mine.some((each) => matches(other, each))) : [whole];
    const first = shadows[0]?.line ?? row.line;
    const numbers = shadows.map((each) => each.number).join(', ');
    const hint =
      whole === undefined
        ? `rows ${numbers} together match all of it`
        : `row ${whole.number}, line ${whole.line}, matches all of it`;
    refuse(reading, conditionOf(rows[index] as PlacedRow), 'this row can never match', {
      hint,
      note: `move it above line ${first}, or remove it`,
    });
  }
}

/** The part of a row that says when it matches, where that stands on one line. */
function conditionOf({ at }: PlacedRow): Span {
  const text = at.source.text.slice(at.start, at.end);
  const found = /severity:.*?impact:\s*[^\s,}]+/.exec(text);
  return found === null
    ? at
    : { start: at.start + found.index, end: at.start + found.index + found[0].length };
}

function checkHoles(matrix: readonly MatrixRow[], at: Place, reading: Reading): void {
  const holes = COMBINATIONS.filter((each) => !matrix.some((row) => matches(row, each)));
  const [first] = holes;
  if (first === undefined) return;
  const more = holes.length === 1 ? '' : ` (and ${holes.length - 1} more)`;
  const message = `no row matches severity ${first.severity}, impact ${first.impact}, tier ${first.tier}${more}`;
  refuse(reading, at, message, {
    note: 'end with a row for the rest: { severity: "*", impact: "*", tier: "*", do: monitor }',
  });
}
