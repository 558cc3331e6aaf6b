import type { Environment } from '../core/environment.ts';
import type { Step } from '../core/plan.ts';
import { minutes } from '../core/time.ts';

/** Stops whatever would start the pipeline again. */
export function pause(environment: Environment): Step {
  const none = environment.schedule === 'none';
  return {
    name: none ? 'Wait for a run under way' : 'Pause the schedule',
    detail: none ? 'there is no schedule to pause' : 'and wait for a run under way',
    uses: 'schedule.pause',
    with: { environment: environment.name },
    within: environment.quiesce + minutes(1),
    changesWhatRuns: false,
    undo: resume(environment),
    byHand: ['stop the scheduler from starting the pipeline'],
  };
}

export function resume(environment: Environment): Step {
  const none = environment.schedule === 'none';
  return {
    name: none ? 'Let runs begin again' : 'Resume the schedule',
    detail: none ? 'nothing was paused' : 'as it was before',
    uses: 'schedule.resume',
    with: { environment: environment.name },
    within: minutes(1),
    changesWhatRuns: false,
    undo: null,
    byHand: ['let the scheduler start the pipeline again'],
  };
}
