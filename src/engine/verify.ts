import { running, short } from '../core/deployment.ts';
import type { Check } from '../core/incident.ts';
import type { Progress, Verbs } from '../core/plan.ts';
import { proveData } from '../core/prove.ts';
import { proveHealth } from '../core/prove-health.ts';
import type { Actuator, StepContext } from '../ports/actuator.ts';
import { gather } from './gather.ts';
import { observe } from './observe.ts';
import { announce, FETCH_EVERY, track } from './track.ts';
import { type Place, policyFor, type World } from './world.ts';

/** `health.prove`: the rollback is good only when evidence newer than the move says so. Starts nothing. */
export function proving(world: World, place: () => Place): Actuator<Verbs['health.prove']> {
  return {
    check: (input, context, abort) => prove(world, place(), input, context, abort),
    start: async () => {},
  };
}

async function prove(
  world: World,
  place: Place,
  input: Verbs['health.prove'],
  context: StepContext,
  abort: AbortSignal,
): Promise<Progress> {
  await observe(world, place, abort);
  await track(world, place, false, abort);
  const facts = await gather(world, place, world.clock.now());
  const code = codeVersion(running(facts.deployments), input.toVersion);
  const measure = { target: input.target, since: movedAt(context), causes: input.causes };
  const data = proveData(facts, measure);
  const incident = facts.incidents.find((each) => each.id === context.incident);
  const health = proveHealth(facts, policyFor(world, incident), measure, world.clock.now());
  const checks = [code, ...data.checks, ...health.checks];
  if (data.is === 'failed') return { is: 'failed', why: data.checks[0]?.detail ?? 'data tests fail', checks };
  if (code.is !== 'passed' || data.is === 'inconclusive' || health.is === 'inconclusive') {
    const open = checks.filter((check) => check.is === 'inconclusive' || check.is === 'failed');
    return {
      is: 'running',
      detail: open.map((check) => `${check.name}: ${check.detail}`).join('; '),
      checks,
    };
  }
  return { is: 'done', result: { tests: data.checks[0]?.detail ?? '' }, checks };
}

/** Evidence counts from when what runs was changed: the last of the steps that did. */
function movedAt({ endedAt, startedAt, outputs }: StepContext): number {
  return (
    outputMovedAt(outputs) ??
    endedAt['deployment.await'] ??
    endedAt['work-tree.move'] ??
    endedAt['git.revert'] ??
    startedAt
  );
}

/** A workflow builds and tests within its own run: what it did after it had the target's files counts. */
function outputMovedAt(outputs: StepContext['outputs']): number | undefined {
  const said = Number(outputs['workflow.run']?.movedAt);
  return Number.isFinite(said) ? said : undefined;
}

function codeVersion(runs: ReturnType<typeof running>, version: string): Check {
  const name = 'Code version';
  if (runs === undefined) return { name, is: 'inconclusive', detail: 'nothing runs that is known' };
  if (runs.version !== version)
    return { name, is: 'failed', detail: `${short(runs.commit)} runs, another version` };
  return { name, is: 'passed', detail: `${short(runs.commit)} runs, and its content is the target's` };
}

/** `deployment.await`: done when the authority reports the version. Starts nothing. */
export function awaiting(world: World, place: () => Place): Actuator<Verbs['deployment.await']> {
  return {
    async check(input, context, abort) {
      await track(world, place(), isRemoteDue(world, place(), context.startedAt), abort);
      const runs = running(await world.store.deployments.deployments(input.environment));
      if (runs?.version === input.toVersion) return { is: 'done', result: { deployment: runs.id } };
      if (await reportWorkflow(world, place(), context, abort)) {
        return { is: 'running', detail: 'the workflow has deployed it' };
      }
      return { is: 'running', detail: `${runs === undefined ? 'nothing' : short(runs.commit)} runs still` };
    },
    start: async () => {},
  };
}

/**
 * Where pipelines say what runs, a rollback workflow that did its job has said so by that; what it tells itself, later
 * or before, is the same. True where that was news.
 */
async function reportWorkflow(
  world: World,
  place: Place,
  { outputs, startedAt }: StepContext,
  abort: AbortSignal,
): Promise<boolean> {
  const run = outputs['workflow.run'];
  if (run?.commit === undefined || place.environment.runs !== 'api' || place.workflow?.deploys !== true)
    return false;
  const facts = await place.repository.find(run.commit, abort);
  if (facts === undefined) return false;
  const seenAt = world.clock.now();
  const runUrl = run.url ?? null;
  return announce(world, place, { from: 'api', state: 'succeeded', facts, at: startedAt, seenAt, runUrl });
}

/** The remote is asked as the step begins, and then no more often than the loop asks it. */
function isRemoteDue({ clock }: World, { standing }: Place, startedAt: number): boolean {
  const now = clock.now();
  if (standing.headAt >= startedAt && now - standing.headAt < FETCH_EVERY) return false;
  // Set before it answers: a remote that does not is not asked at every beat either.
  standing.headAt = now;
  return true;
}
