import { OutsideError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Preflight } from '../ports/repository.ts';
import type { RollbackCase } from '../runbooks/roll-back.ts';
import type { Place } from './world.ts';

/** One strategy, looked at for one way back: whether it could do it, and how. */
export interface Way {
  readonly by: RollbackCase['by'];
  readonly possible: boolean;
  /** Why not; empty where it is possible. */
  readonly because: string;
  readonly warnings: readonly string[];
  readonly needsApproval: readonly string[];
  /** The work tree has local edits: moving it needs a person's yes. */
  readonly force: boolean;
}

interface Between {
  readonly from: string;
  readonly to: string;
}

/** Asks every configured strategy, in order, whether it could do it; changes nothing. */
export async function waysBack(place: Place, between: Between, abort: AbortSignal): Promise<readonly Way[]> {
  const asked = place.environment.strategies.map((strategy) =>
    strategy === 'workflow' ? byWorkflow(place, between, abort) : byRevert(place, between, abort),
  );
  const pausing = await place.schedulePreflight?.(abort);
  return (await Promise.all(asked)).map((way) => (pausing === undefined ? way : withPausing(way, pausing)));
}

/** Whatever the strategy: before anything moves the schedule is paused. */
function withPausing(way: Way, { problems, warnings }: Preflight): Way {
  const because = [way.because, ...problems].filter((each) => each !== '').join('; ');
  const possible = way.possible && problems.length === 0;
  return { ...way, possible, because, warnings: [...way.warnings, ...warnings] };
}

/** Strategies that the plan does not take, with the reason: named in every plan, so that nobody wonders. */
export function rejectedBeside(chosen: Way, ways: readonly Way[]): Plan['rejected'] {
  const others = ways
    .filter((way) => way !== chosen)
    .map((way) => ({
      strategy: way.by.strategy,
      because: way.possible ? `${chosen.by.strategy} comes first` : way.because,
    }));
  const known = ways.map((way) => way.by.strategy as string);
  const absent = STRATEGIES.filter((strategy) => !known.includes(strategy));
  return [...others, ...absent.map((strategy) => ({ strategy, because: 'not configured' }))];
}

const STRATEGIES = ['revert', 'workflow', 'database-restore', 'feature-flag'];

async function byRevert(place: Place, { from, to }: Between, abort: AbortSignal): Promise<Way> {
  const revert = await place.revertPreflight.check(from, to, abort);
  const tree = (await place.workTree?.preflight(abort)) ?? { problems: [], warnings: [], needsApproval: [] };
  const problems = [...revert.problems, ...tree.problems];
  return {
    by: { strategy: 'revert' },
    possible: problems.length === 0,
    because: problems.join('; '),
    warnings: tree.warnings,
    needsApproval: tree.needsApproval,
    force: tree.needsApproval.length > 0,
  };
}

async function byWorkflow(place: Place, between: Between, abort: AbortSignal): Promise<Way> {
  const { workflow, environment } = place;
  const none = { warnings: [], needsApproval: [], force: false };
  if (workflow === null) {
    const by = { strategy: 'workflow', file: '', ref: '', inputs: {} } as const;
    return { ...none, by, possible: false, because: 'no rollback workflow is configured' };
  }
  const { file } = workflow;
  if (!workflow.deploys) {
    const by = { strategy: 'workflow', file, ref: '', inputs: {} } as const;
    const what =
      environment.runs === 'work-tree' ? `the work tree ${place.workTree?.path ?? ''}` : 'the branch';
    const because = `${file} changes nothing that runs here: ${what} says what runs, and it stays as it is`;
    return { ...none, by, possible: false, because };
  }
  try {
    const { problems, warnings, needsApproval, ref, inputs } = await workflow.check(between, abort);
    const by = { strategy: 'workflow', file, ref, inputs } as const;
    const possible = problems.length === 0;
    return { by, possible, because: problems.join('; '), warnings, needsApproval, force: false };
  } catch (error) {
    // Others may be possible while this one's system does not answer.
    if (!(error instanceof OutsideError)) throw error;
    const by = { strategy: 'workflow', file, ref: '', inputs: {} } as const;
    return { ...none, by, possible: false, because: `${file} could not be looked at: ${error.message}` };
  }
}
