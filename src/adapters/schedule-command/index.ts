import { OutsideError } from '../../core/errors.ts';
import type { Progress, Verbs } from '../../core/plan.ts';
import type { Duration, Instant } from '../../core/time.ts';
import type { Actuator, StepContext } from '../../ports/actuator.ts';
import type { CommandOptions, Ended } from './command.ts';
import { runCommand } from './command.ts';

/** The two verbs of a schedule. */
export interface Schedule {
  readonly pause: Actuator<Verbs['schedule.pause']>;
  readonly resume: Actuator<Verbs['schedule.resume']>;
}

export interface CommandScheduleOptions extends CommandOptions {
  readonly pause: readonly string[];
  readonly resume: readonly string[];
  /** Exits 0 while the schedule is paused and 1 while it runs. */
  readonly status: readonly string[];
  /** Waits after pausing for a run that had begun. */
  readonly quiesce?: Quiesce;
}

/** How long a run that is under way is waited for before anything moves. */
export interface Quiesce {
  readonly within: Duration;
  /** Whether a dbt invocation is under way. */
  busy(abort: AbortSignal): Promise<boolean>;
  now(): Instant;
}

/** A schedule that configured commands pause and resume. Throws OutsideError('schedule') when one fails. */
export function createCommandSchedule(options: CommandScheduleOptions): Schedule {
  const { quiesce } = options;
  const isPaused = async (abort: AbortSignal) => readStatus(await runCommand(options.status, options, abort));
  return {
    pause: {
      async check(_, context, abort) {
        if (!(await isPaused(abort))) return { is: 'absent' };
        const waiting = quiesce && (await waitForRun(quiesce, context, abort));
        return waiting ?? { is: 'done', result: { paused: 'yes' } };
      },
      async start(_, __, abort) {
        if (!(await isPaused(abort))) await mustRun(options.pause, options, abort);
      },
    },
    resume: {
      async check(_, __, abort) {
        return (await isPaused(abort)) ? { is: 'absent' } : { is: 'done', result: { resumed: 'yes' } };
      },
      async start(_, __, abort) {
        if (await isPaused(abort)) await mustRun(options.resume, options, abort);
      },
    },
  };
}

/** A schedule that nobody can pause: waits for the run under way, then says what that means. */
export function createNoSchedule(quiesce: Quiesce): Schedule {
  const nothing = async () => {};
  return {
    pause: {
      async check(_, context, abort) {
        const waiting = await waitForRun(quiesce, context, abort);
        return waiting ?? { is: 'done', result: { paused: 'no', note: 'a run may begin during the move' } };
      },
      start: nothing,
      asksOnly: true,
    },
    resume: {
      check: async () => ({ is: 'done', result: { resumed: 'no', note: 'nothing was paused' } }),
      start: nothing,
      asksOnly: true,
    },
  };
}

/** Undefined as soon as nothing runs, or the time for waiting is over. */
async function waitForRun(
  { within, busy, now }: Quiesce,
  context: StepContext,
  abort: AbortSignal,
): Promise<Progress | undefined> {
  if (now() - context.startedAt >= within) return undefined;
  try {
    return (await busy(abort))
      ? { is: 'running', detail: 'waiting for the dbt run under way to end' }
      : undefined;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { is: 'running', detail: `cannot tell whether a dbt run is under way: ${error.message}` };
  }
}

function readStatus(ended: Ended): boolean {
  if (ended.code === 0 || ended.code === 1) return ended.code === 0;
  const message = `The schedule's status command ended with ${ended.code}, not 0 (paused) or 1 (running)`;
  throw new OutsideError(
    'schedule',
    'unexpected-reply',
    ended.words === '' ? message : `${message}: ${ended.words}`,
  );
}

async function mustRun(argv: readonly string[], options: CommandOptions, abort: AbortSignal): Promise<void> {
  const ended = await runCommand(argv, options, abort);
  if (ended.code === 0) return;
  const message = `${argv[0]} ended with ${ended.code}${ended.words === '' ? '' : `: ${ended.words}`}`;
  throw new OutsideError('schedule', 'refused', message, { retry: { after: 5_000 } });
}
