import type { Signal } from '../../core/signal.ts';
import type { Instant } from '../../core/time.ts';
import { plain } from './plain-text.ts';

/** The signal of a `dbt deps` of our own that failed: nothing was built, and no deployment is proven by it. */
export function dependencyError(told: {
  readonly source: string;
  readonly environment: string;
  /** The step that ran it. */
  readonly key: string;
  readonly began: Instant;
  readonly at: Instant;
  readonly why: string;
}): Signal {
  const { source, environment, key, began, at, why } = told;
  return {
    id: `${source}/dependency-error/${key}`,
    environment,
    source,
    kind: 'dbt.invocation',
    subject: source,
    at,
    began,
    invocation: null,
    startedBy: key,
    attributes: { status: 'dependency-error', command: 'deps', reason: plain(why, 300) },
  };
}
