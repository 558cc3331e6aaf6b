/** What one try of an integration found, for `rollbackd doctor`: one line, and what to do about it. */
export interface Finding {
  /** What was tried: `airflow`. */
  readonly system: string;
  readonly shape: 'well' | 'wrong' | 'unknown' | 'needs-person';
  readonly sentence: string;
  /** Commands or settings that mend it, each a line of its own. */
  readonly help: readonly string[];
}
