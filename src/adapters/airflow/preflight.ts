import { OutsideError } from '../../core/errors.ts';
import { days, type Instant } from '../../core/time.ts';
import { listed } from '../../core/wording.ts';
import type { Preflight } from '../../ports/repository.ts';
import type { Airflow } from './api.ts';

/** How long a permission that was there is believed: asking leaves a line in Airflow's audit log. */
const BELIEVED_FOR = days(1);

/**
 * Whether the schedule could be paused, changing nothing. An Airflow that does not answer now is a warning: it may
 * when it matters; one that lets us in but not do it is a problem.
 */
export function createPreflight(
  airflow: Airflow,
  { dags, now }: { readonly dags: readonly string[]; readonly now: () => Instant },
): (abort: AbortSignal) => Promise<Preflight> {
  const allowedAt = new Map<string, Instant>();
  return async (abort) => {
    const problems: string[] = [];
    try {
      const missing: string[] = [];
      const forbidden: string[] = [];
      for (const dag of dags) {
        if ((await airflow.dag(dag, abort)) === undefined) missing.push(dag);
        else if (now() - (allowedAt.get(dag) ?? Number.NEGATIVE_INFINITY) >= BELIEVED_FOR) {
          if (await airflow.mayPause(dag, abort)) allowedAt.set(dag, now());
          else forbidden.push(dag);
        }
      }
      if (missing.length > 0)
        problems.push(`the schedule cannot be paused: Airflow has no DAG ${listed(missing)}`);
      if (forbidden.length > 0)
        problems.push(`the schedule cannot be paused: we may not edit ${listed(forbidden)}`);
      return { problems, warnings: [], needsApproval: [] };
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      const said = `the schedule cannot be paused: ${error.message}`;
      const isForGood = error.reason === 'auth' || error.reason === 'refused';
      return { problems: isForGood ? [said] : [], warnings: isForGood ? [] : [said], needsApproval: [] };
    }
  };
}
