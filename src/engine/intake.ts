import { running } from '../core/deployment.ts';
import { Refusal } from '../core/errors.ts';
import type { Actor, Commands, PushedArtifacts } from '../ports/control.ts';
import { audit, type CommandContext, placeOf } from './commands.ts';
import { plausible, take } from './observe.ts';
import { announce } from './track.ts';

/** What pipelines tell: deployments, artifacts, facts. Recorded, then the turn is woken; nothing is decided here. */
export function intake(
  context: CommandContext,
): Pick<Commands, 'announce' | 'signals' | 'artifacts' | 'receive'> {
  return {
    announce: (actor, said) => announced(context, actor, said),
    signals: (actor, signals) => stored(context, actor, signals),
    artifacts: (actor, pushed) => pushArtifacts(context, actor, pushed),
    receive: (_, message) => received(context, message),
  };
}

async function announced(
  { world, wake }: CommandContext,
  actor: Actor,
  said: Parameters<Commands['announce']>[1],
): Promise<{ deployment: string | null; duplicate: boolean }> {
  const place = placeOf(world, said.environment);
  if (!/^[0-9a-f]{40}$/.test(said.commit)) {
    throw new Refusal('invalid', 'not-a-commit', `"${said.commit}" is not a commit of 40 hex digits.`);
  }
  const facts = await place.repository.find(said.commit, AbortSignal.timeout(30_000));
  if (facts === undefined) {
    throw new Refusal(
      'invalid',
      'unknown-commit',
      `${said.commit} is not in the repository of ${said.environment}.`,
      'Push it before it is deployed.',
    );
  }
  const fresh = await announce(world, place, {
    from: 'api',
    state: said.state,
    facts,
    at: said.at,
    seenAt: world.clock.now(),
    ref: said.ref,
    runUrl: said.runUrl,
  });
  if (fresh) await audit(world, actor, `deployment ${said.state}`, said.environment, said.commit);
  wake(said.environment, true);
  const runs = running(await world.store.deployments.deployments(said.environment));
  return { deployment: runs?.commit === said.commit ? runs.id : null, duplicate: !fresh };
}

async function stored(
  { world, wake }: CommandContext,
  _actor: Actor,
  signals: Parameters<Commands['signals']>[1],
): Promise<{ stored: number }> {
  for (const signal of signals) placeOf(world, signal.environment);
  const facts = plausible(signals, world.clock.now());
  const storing = world.store.signals.add(facts.map((signal) => ({ ...signal, startedBy: null })));
  // At once: a turn looks at the outside first, and reads what is stored after that.
  for (const environment of new Set(signals.map((signal) => signal.environment))) wake(environment, false);
  return { stored: await storing };
}

/** Every source that takes messages sees it and keeps what is about its environment. */
async function received(
  { world, wake }: CommandContext,
  message: Parameters<Commands['receive']>[1],
): Promise<{ takers: readonly string[]; stored: number }> {
  const takers: string[] = [];
  let stored = 0;
  for (const place of world.places.values()) {
    for (const source of place.sources) {
      const observed = await source.receive?.({ ...message, at: world.clock.now() });
      if (observed === undefined || observed.signals.length === 0) continue;
      takers.push(source.name);
      stored += await take(world, place, source.name, observed);
      wake(place.environment.name, false);
    }
  }
  return { takers, stored };
}

async function pushArtifacts({ world, wake }: CommandContext, actor: Actor, pushed: PushedArtifacts) {
  const place = placeOf(world, pushed.environment);
  const takers = place.sources.filter((source) => source.push !== undefined);
  const source = pushed.source === null ? takers[0] : takers.find((each) => each.name === pushed.source);
  if (source?.push === undefined) {
    const help = `Sources that take artifacts: ${takers.map((each) => each.name).join(', ') || 'none'}.`;
    throw new Refusal(
      'not-found',
      'unknown-source',
      `${pushed.environment} has no source "${pushed.source ?? 'dbt'}".`,
      help,
    );
  }
  const { receipt, observation } = await source.push(pushed);
  await take(world, place, source.name, observation);
  await audit(
    world,
    actor,
    'artifacts',
    pushed.environment,
    receipt.invocation ?? receipt.noEvidence ?? 'nothing',
  );
  wake(pushed.environment, false);
  return receipt;
}
