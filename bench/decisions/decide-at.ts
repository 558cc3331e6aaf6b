import { consider } from '../../src/core/consider.ts';
import type { Deployment } from '../../src/core/deployment.ts';
import type { Environment } from '../../src/core/environment.ts';
import type { Policy } from '../../src/core/facts.ts';
import type { Measurements, Sample, Signal, SubjectHistory } from '../../src/core/signal.ts';
import type { Instant } from '../../src/core/time.ts';
import { environment, facts } from '../../test/fakes/facts.ts';

/** One canary as the daemon remembers it. */
export interface Remembered {
  readonly subject: string;
  readonly measurements: Measurements;
}

export const ENVIRONMENT: Environment = environment({ required: [], sources: [] });

/** What the daemon would do now, by all of the core: evaluate, blame, matrix, guards. */
export function decideAt(
  policy: Policy,
  deployments: readonly Deployment[],
  canaries: readonly Remembered[],
  now: Instant,
): string {
  const subjects = canaries.map((canary) => historyOf(canary, now));
  const history = {
    subjects: () => subjects,
    of: (_: string, subject: string) => subjects.find((each) => each.subject === subject),
  };
  const given = facts({
    environment: ENVIRONMENT,
    deployments,
    history,
    evidenceKinds: new Set(),
    sources: [],
  });
  const { cases } = consider(given, policy, now);
  return (
    cases.find((each) => each.decision.do === 'rollback')?.decision.do ?? cases[0]?.decision.do ?? 'nothing'
  );
}

/** The newest signals are at hand whole; the numbers of the others are in the measurements. */
function historyOf({ subject, measurements }: Remembered, now: Instant): SubjectHistory {
  const newest = measurements.recent.filter((each) => each.at <= now).slice(-3);
  return {
    kind: 'sql.latency',
    subject,
    signals: newest.map((each) => signalOf(subject, each)),
    measurements,
  };
}

function signalOf(subject: string, { at, began, value }: Sample): Signal {
  return {
    id: `sql/latency/${subject}/${at}`,
    environment: 'production',
    source: 'sql',
    kind: 'sql.latency',
    subject,
    at,
    began,
    invocation: null,
    startedBy: null,
    attributes: { value, timed_out: false },
  };
}
