import { spawn } from 'node:child_process';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutsideError } from '../../core/errors.ts';
import type { Progress, StepKey, Verbs } from '../../core/plan.ts';
import type { Duration } from '../../core/time.ts';
import type { Actuator, StepContext } from '../../ports/actuator.ts';
import type { Log } from '../../ports/log.ts';
import { commandLine, isDeps } from './command-line.ts';
import { inheritedEnvironment, readEnvFile, redact } from './env-file.ts';
import { plain } from './plain-text.ts';
import type { DbtArtifacts } from './receive.ts';
import {
  erroredModels,
  readStepArtifacts,
  readTail,
  type StepArtifacts,
  wasInterrupted,
} from './step-artifacts.ts';
import { isAlive, readExit, readProcess, STEP_FILES, signalGroup, WRAPPER } from './step-process.ts';

/** How the configured dbt commands of one environment are run. */
export interface DbtCommandOptions {
  /** A directory of our own: each step gets one in it, with its log, its process and its target path. */
  readonly dir: string;
  /** Where commands run; a function where it is a checkout that the step itself makes or asserts. */
  readonly cwd: string | ((context: StepContext) => Promise<string>);
  /** KEY=VALUE lines for the commands, read at each start; null: none. Its values are never shown. */
  readonly envFile: string | null;
  /** Unique ids of models that errored under the target too: their errors do not fail a step. */
  readonly modelErrorsUnderTarget: (context: StepContext) => Promise<ReadonlySet<string>>;
  /** Gets the artifacts of a step that is done. May be called again for the same key; must not mind. */
  readonly deliver: (artifacts: DbtArtifacts, key: StepKey) => Promise<void>;
  /** Gets the failure of a `dbt deps`, which writes no artifact. May be called again for the same key; must not mind. */
  readonly dependenciesFailed?: (context: StepContext, why: string) => Promise<void>;
  /** How long a stopped command has between SIGINT, SIGTERM and SIGKILL; default 10 s. */
  readonly grace?: Duration;
  readonly log: Log;
}

/** The actuator of `dbt.run`, and how to stop what it started. */
export interface DbtCommand extends Actuator<Verbs['dbt.run']> {
  /** Stops the command of a step and everything it started: SIGINT, then SIGTERM, then SIGKILL. */
  stop(key: StepKey): Promise<void>;
}

/** Runs dbt commands that outlive us; what became of one is read from its own directory, never remembered. */
export function createDbtCommand(options: DbtCommandOptions): DbtCommand {
  const dir = resolve(options.dir);
  let last: Promise<unknown> = Promise.resolve();
  return {
    check: (input, context) => checkStep({ options, input, context, home: homeOf(dir, context.key) }),
    start(input, context, abort) {
      // One after the other, so that two steps never look, find nothing, and both start.
      const mine = last.then(() =>
        startStep({ options, input, context, home: homeOf(dir, context.key) }, dir, abort),
      );
      last = mine.catch(() => undefined);
      return mine;
    },
    stop: (key) => stopStep(homeOf(dir, key), options.grace ?? GRACE),
  };
}

const GRACE: Duration = 10_000;
const LIFT_OFF: Duration = 5_000;

interface StepAt {
  readonly options: DbtCommandOptions;
  readonly input: Verbs['dbt.run'];
  readonly context: StepContext;
  readonly home: string;
}

async function checkStep(step: StepAt): Promise<Progress> {
  const { home, context } = step;
  const recorded = await readProcess(home);
  // Looked at in this order: a process that is gone has written its exit code before.
  if (recorded !== undefined && isAlive(recorded))
    return { is: 'running', detail: `process ${recorded.pid}` };
  const exit = await readExit(home);
  const left = await readStepArtifacts(join(home, STEP_FILES.target), context.key);
  if (left !== undefined) return weighArtifacts(step, left, exit);
  if (exit === undefined) return { is: 'absent' };
  if (exit === 0) return { is: 'done', result: { exit: '0' } };
  const why = await sayFailure(step, `ended with exit code ${exit}`);
  if (isDeps(step.input.argv)) await step.options.dependenciesFailed?.(context, why);
  return { is: 'failed', why };
}

async function weighArtifacts(
  step: StepAt,
  left: StepArtifacts,
  exit: number | undefined,
): Promise<Progress> {
  const { options, context, home } = step;
  if (wasInterrupted(exit, left.run))
    return { is: 'failed', why: await sayFailure(step, `was interrupted (exit code ${exit})`) };
  const errored = left.run === null ? [] : erroredModels(left.run);
  if (errored.length > 0) {
    const known = await options.modelErrorsUnderTarget(context);
    const fresh = errored.filter((id) => !known.has(id));
    if (fresh.length > 0)
      return { is: 'failed', why: await sayFailure(step, `left models with errors: ${fresh.join(', ')}`) };
  }
  await deliverOnce(step, left);
  const invocation = left.run?.metadata.invocation;
  const result = { exit: String(exit ?? 'unknown'), target: join(home, STEP_FILES.target) };
  return { is: 'done', result: invocation === undefined ? result : { ...result, invocation } };
}

/** A marker saves repeating it at every look; its loss does no harm, for signals carry the ids of the file. */
async function deliverOnce({ options, context, home }: StepAt, left: StepArtifacts): Promise<void> {
  const marker = join(home, 'delivered');
  if (await exists(marker)) return;
  await options.deliver(left.artifacts, context.key);
  await writeFile(marker, '');
}

async function startStep(step: StepAt, dir: string, abort: AbortSignal): Promise<void> {
  const { options, input, context, home } = step;
  abort.throwIfAborted();
  const recorded = await readProcess(home);
  if ((recorded !== undefined && isAlive(recorded)) || (await readExit(home)) !== undefined) return;
  await refuseSecond(dir, home);
  const cwd = typeof options.cwd === 'string' ? options.cwd : await options.cwd(context);
  const secrets = await readEnvFile(options.envFile);
  if (recorded !== undefined)
    options.log.warn({ step: context.key }, 'A dbt command vanished without a result and is run again');
  await rm(home, { recursive: true, force: true });
  await mkdir(join(home, STEP_FILES.target), { recursive: true, mode: 0o700 });
  const target = join(home, STEP_FILES.target);
  const env = {
    ...inheritedEnvironment(),
    ...secrets,
    DBT_TARGET_PATH: target,
    DBT_ENV_CUSTOM_ENV_ROLLBACKD_STEP: context.key,
  };
  await launch({ argv: commandLine(input.argv, target), cwd, env, home });
}

interface Launch {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
}

async function launch({ argv, cwd, env, home }: Launch): Promise<void> {
  if (!(await exists(cwd)))
    throw new OutsideError('dbt', 'refused', `the directory ${cwd} to run dbt in does not exist`);
  const log = await open(join(home, STEP_FILES.log), 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', WRAPPER, 'rollbackd-dbt', home, ...argv], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((started, failed) => {
      child.once('spawn', started);
      child.once('error', (error) =>
        failed(new OutsideError('dbt', 'refused', `/bin/sh cannot be started: ${error.message}`)),
      );
    });
    child.unref();
  } finally {
    await log.close();
  }
  await untilRecorded(home);
}

/** Returns once the wrapper wrote down who it is: from then on a look finds it. */
async function untilRecorded(home: string): Promise<void> {
  for (let waited = 0; waited < LIFT_OFF; waited += 10) {
    if ((await readProcess(home)) !== undefined) return;
    await sleep(10);
  }
  throw new OutsideError('dbt', 'timeout', 'the dbt command did not begin within 5 s', {
    retry: { after: LIFT_OFF },
  });
}

/** Two dbt commands in one project overwrite each other's tables. */
async function refuseSecond(dir: string, home: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const other = join(dir, name);
    const recorded = other === home ? undefined : await readProcess(other);
    if (recorded === undefined || !isAlive(recorded)) continue;
    throw new OutsideError('dbt', 'refused', `another dbt command of ours still runs (${name})`, {
      retry: { after: LIFT_OFF },
    });
  }
}

async function stopStep(home: string, grace: Duration): Promise<void> {
  const recorded = await readProcess(home);
  if (recorded === undefined) return;
  if (!isAlive(recorded)) return;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    signalGroup(recorded.pid, signal);
    for (let waited = 0; waited < grace && isAlive(recorded); waited += 20) await sleep(20);
    if (!isAlive(recorded)) break;
  }
  // Where its wrapper was killed, nobody wrote an exit code down: it must not look as if it never ran.
  if ((await readExit(home)) === undefined) await writeFile(join(home, STEP_FILES.exit), '137');
}

async function sayFailure({ options, input, home }: StepAt, what: string): Promise<string> {
  const secrets = await readEnvFile(options.envFile).catch(() => undefined);
  // Without the values nothing can be taken out, so nothing is shown. Taken out first: a cut could leave half of one.
  if (secrets === undefined)
    return `${basename(input.argv[0] ?? '')} ${what} (its output is in ${join(home, STEP_FILES.log)})`;
  const tail = await readTail(join(home, STEP_FILES.log));
  return plain(redact(`${input.argv.join(' ')} ${what}\n${tail}`, Object.values(secrets)), 4_000);
}

/** A step's directory: its key made fit to be a file's name, without two keys ever sharing one. */
function homeOf(dir: string, key: StepKey): string {
  return join(
    dir,
    key.replace(/[^A-Za-z0-9-]/g, (character) =>
      character === '/' ? '_' : `%${character.codePointAt(0)?.toString(16)}`,
    ),
  );
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
