import { OutsideError } from '../../core/errors.ts';
import type { StepKey, Verbs } from '../../core/plan.ts';
import { seconds } from '../../core/time.ts';
import type { Actuator, StepContext } from '../../ports/actuator.ts';
import type { RollbackWorkflow } from '../../ports/repository.ts';
import { createDispatchNotes, type DispatchNotes } from './dispatch-notes.ts';
import { followRollback } from './follow-rollback.ts';
import { pageOf, type RollbackWorkflowOptions } from './rollback-options.ts';
import { createPreflight } from './rollback-preflight.ts';
import { startRollback } from './start-rollback.ts';

export type { RollbackWorkflowOptions } from './rollback-options.ts';

/** The repository's own rollback workflow: looked at, started once, and followed to its true end. */
export interface GitHubRollback {
  readonly workflow: RollbackWorkflow;
  readonly run: Actuator<Verbs['workflow.run']>;
  /** Asks GitHub to end what a step started, where that is known. Never throws OutsideError. */
  stop(key: StepKey): Promise<void>;
}

/** Nothing is asked before the first call. */
export function createRollbackWorkflow(options: RollbackWorkflowOptions): GitHubRollback {
  const { file, deploys, directory } = options;
  const notes = createDispatchNotes(directory);
  const at = (input: Verbs['workflow.run'], context: StepContext, abort: AbortSignal) => ({
    ...{ options, notes, input, context, abort },
  });
  return {
    workflow: { file, deploys, check: createPreflight(options) },
    run: {
      check: (input, context, abort) => followRollback(at(input, context, abort)),
      start: (input, context, abort) => startRollback(at(input, context, abort)),
    },
    stop: (key) => stop(options, notes, key),
  };
}

const STOP_WITHIN = seconds(20);

async function stop(options: RollbackWorkflowOptions, notes: DispatchNotes, key: StepKey): Promise<void> {
  const { client, log } = options;
  const note = notes.last(key);
  if (note === undefined || note.is === 'refused') return;
  if (note.is === 'asking') {
    log.warn({ key, url: pageOf(options) }, 'a workflow that may have been started cannot be stopped');
    return;
  }
  const url = pageOf(options, note.run);
  try {
    const end = await client.cancel(note.run, AbortSignal.timeout(STOP_WITHIN));
    log.info({ key, url }, end === 'asked' ? 'GitHub was asked to end a run' : 'a run had ended before');
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    log.warn({ key, url, why: error.message }, 'a run could not be ended: it goes on');
  }
}
