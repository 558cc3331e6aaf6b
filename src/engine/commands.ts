import type { Deployment } from '../core/deployment.ts';
import { Refusal } from '../core/errors.ts';
import { type EventBody, IllegalEvent, type Incident } from '../core/incident.ts';
import type { Actor, Commands } from '../ports/control.ts';
import { Conflict } from '../ports/store.ts';
import { answerApproval } from './approvals.ts';
import { abortPlan, resolve } from './ending.ts';
import { freezing } from './freezing.ts';
import { intake } from './intake.ts';
import { record } from './record.ts';
import { requestRollback } from './request-rollback.ts';
import { type Place, policyFor, type World } from './world.ts';

/** What the commands need beyond the world. */
export interface CommandContext {
  readonly world: World;
  /** Wakes every environment where none is named. */
  readonly wake: (environment: string | null, deep: boolean) => void;
  readonly reload: (by: string) => Promise<{ reloaded: boolean; problems: readonly string[] }>;
}

/** Everything that people and pipelines can do: each records a fact and wakes the turn, which decides. */
export function createCommands(context: CommandContext): Commands {
  const { world, wake } = context;
  return {
    ...intake(context),
    ...freezing(context),
    wake: (environment) => wake(environment, true),
    rule: (actor, ruling) => rule(context, actor, ruling),
    acknowledge: (actor, id) => acknowledge(context, actor, id),
    approve: (actor, id, reason) => answerApproval(context, actor, id, { type: 'approved', reason }),
    reject: (actor, id, reason) => answerApproval(context, actor, id, { type: 'rejected', reason }),
    abort: (actor, id, reason) => abortPlan(context, actor, id, reason),
    resolve: (actor, id, as, reason, resume) => resolve(context, actor, id, { as, reason, resume }),
    comment: (actor, id, text) => tell(context, actor, id, { type: 'commented', text }),
    rollback: (actor, ask) => requestRollback(context, actor, ask),
    allow: async (actor, commit, incident) => {
      const { environment } = await incidentOf(world, incident);
      await world.store.switches.allow({
        environment,
        commit,
        incident,
        by: actor.name,
        at: world.clock.now(),
      });
      await audit(world, actor, 'allow', environment, `${commit} for ${incident}`);
      wake(environment, false);
    },
    reload: (actor) => context.reload(actor.name),
  };
}

export function placeOf(world: World, environment: string): Place {
  const place = world.places.get(environment);
  if (place !== undefined) return place;
  const known = [...world.places.keys()].join(', ');
  throw new Refusal(
    'not-found',
    'unknown-environment',
    `There is no environment "${environment}".`,
    `Known are: ${known}.`,
  );
}

export async function incidentOf(world: World, id: string): Promise<Incident> {
  const incident = await world.store.incidents.incident(id);
  if (incident !== undefined) return incident;
  throw new Refusal(
    'not-found',
    'unknown-incident',
    `There is no incident "${id}".`,
    'rollbackd incidents lists them.',
  );
}

/** Writes one event of a person down; read again and tried again when the daemon wrote in between. */
export async function tell(
  context: CommandContext,
  actor: Actor,
  id: string,
  event: EventBody,
): Promise<Incident> {
  return retold(context, id, (incident) => {
    const place = placeOf(context.world, incident.environment);
    return record(context.world, place, { incident, events: [event], by: actor.name });
  });
}

/** Runs a change on the newest version of an incident, at most five times. */
export async function retold(
  { world, wake }: CommandContext,
  id: string,
  change: (incident: Incident) => Promise<Incident>,
): Promise<Incident> {
  for (let attempt = 1; ; attempt += 1) {
    const incident = await incidentOf(world, id);
    try {
      const changed = await change(incident);
      wake(changed.environment, false);
      return changed;
    } catch (error) {
      if (error instanceof IllegalEvent) {
        const help = `rollbackd explain ${id} says what can be done.`;
        throw new Refusal(
          'conflict',
          'not-now',
          `${id} is ${incident.state.replaceAll('_', ' ')}: that cannot be done now.`,
          help,
        );
      }
      if (!(error instanceof Conflict) || attempt === 5) throw error;
    }
  }
}

export async function audit(
  world: World,
  actor: Actor,
  what: string,
  environment: string | null,
  detail: string,
): Promise<void> {
  await world.store.switches.audit({ at: world.clock.now(), by: actor.name, what, environment, detail });
}

/** Stops the ladder at once: what is still owed for it is not sent any more. */
async function acknowledge(context: CommandContext, actor: Actor, id: string): Promise<Incident> {
  const { world } = context;
  const now = world.clock.now();
  const before = await incidentOf(world, id);
  const { acknowledgementExpires } = policyFor(world, before).escalation;
  if (before.acknowledged?.by === actor.name && before.acknowledged.expires > now) return before;
  const incident = await tell(context, actor, id, {
    type: 'acknowledged',
    expires: now + acknowledgementExpires,
  });
  await world.store.outbox.drop(id, now);
  world.meter.observe(
    'rollbackd_ack_latency_seconds',
    { level: before.reached.at(-1) ?? 'none' },
    (now - before.openedAt) / 1_000,
  );
  return incident;
}

/** A person rules on a deployment; `good` and `unverified` also lift a quarantine, `bad` makes one. */
async function rule(
  { world, wake }: CommandContext,
  actor: Actor,
  ruling: { environment: string; deployment: string; verdict: 'good' | 'bad' | 'unverified'; reason: string },
): Promise<Deployment> {
  const place = placeOf(world, ruling.environment);
  const at = world.clock.now();
  const { deployments } = world.store;
  const known = await deployments.deployments(place.environment.name);
  const deployment = known.findLast(
    (each) =>
      each.id === ruling.deployment ||
      (ruling.deployment.length >= 7 && each.commit.startsWith(ruling.deployment)),
  );
  if (deployment === undefined) {
    throw new Refusal(
      'not-found',
      'unknown-deployment',
      `${ruling.deployment} was never deployed to ${ruling.environment}.`,
      'rollbackd deployments lists what was.',
    );
  }
  const ruled = {
    ...deployment,
    verdict: ruling.verdict,
    verdictAt: at,
    because: `${actor.name}: ${ruling.reason}`,
    ruledBy: ruling.verdict === 'unverified' ? null : actor.name,
  };
  await deployments.putDeployments([ruled]);
  const { commit, version } = deployment;
  if (ruling.verdict === 'bad') {
    await deployments.quarantine({
      environment: ruling.environment,
      commit,
      version,
      at,
      by: actor.name,
      because: ruling.reason,
    });
  } else {
    await deployments.liftQuarantine(ruling.environment, version);
  }
  await audit(
    world,
    actor,
    'rule',
    ruling.environment,
    `${deployment.id} ${ruling.verdict}: ${ruling.reason}`,
  );
  place.standing.readinessAt = 0;
  wake(ruling.environment, false);
  return ruled;
}
