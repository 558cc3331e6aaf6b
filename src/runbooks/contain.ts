import type { Environment } from '../core/environment.ts';
import type { Plan } from '../core/plan.ts';
import type { Instant } from '../core/time.ts';
import { pause, resume } from './schedule.ts';

/** Stops the pipeline so that wrong data spreads no further; a person resumes it. */
export function contain(environment: Environment, now: Instant): Plan {
  return {
    title: `Contain ${environment.name}: pause its schedule`,
    kind: 'contain',
    strategy: null,
    madeAt: now,
    steps: [pause(environment)],
    rejected: [],
    warnings: environment.schedule === 'none' ? ['Cannot contain: the schedule cannot be paused.'] : [],
    needsApproval: [],
    then: null,
  };
}

/** Takes back what was quiesced before the point of no return. */
export function letGo(environment: Environment, now: Instant, then: Plan['then']): Plan {
  return {
    title: `Let ${environment.name} go on: resume its schedule`,
    kind: 'undo',
    strategy: null,
    madeAt: now,
    steps: [resume(environment)],
    rejected: [],
    warnings: [],
    needsApproval: [],
    then,
  };
}
