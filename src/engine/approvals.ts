import { Refusal } from '../core/errors.ts';
import type { EventBody, Incident, IncidentBreach } from '../core/incident.ts';
import type { Actor } from '../ports/control.ts';
import { type CommandContext, placeOf, retold } from './commands.ts';
import { record } from './record.ts';
import type { World } from './world.ts';

/** The first answer of somebody who was asked wins; a late or second one is told what stands. */
export async function answerApproval(
  context: CommandContext,
  actor: Actor,
  id: string,
  answer: EventBody & { type: 'approved' | 'rejected' },
): Promise<Incident> {
  const { world } = context;
  return retold(context, id, async (incident) => {
    const refused = whyNot(incident, actor);
    if (refused !== undefined) throw refused;
    const events: EventBody[] = [answer];
    const place = placeOf(world, incident.environment);
    const answered = await record(world, place, { incident, events, by: actor.name });
    if (answer.type === 'rejected') await makeKnown(context, incident, `${actor.name} declined it`);
    const waited = world.clock.now() - (incident.approval?.askedAt ?? world.clock.now());
    world.meter.observe(
      'rollbackd_approval_wait_seconds',
      { environment: incident.environment },
      waited / 1_000,
    );
    return answered;
  });
}

/** Declining or resolving makes what still fails known: it is not new any more. */
export async function makeKnown(
  { world }: CommandContext,
  incident: Incident,
  because: string,
): Promise<void> {
  const since = world.clock.now();
  const known = incident.breaches
    .filter((each) => each.clearedAt === null && !isOver(world, incident.environment, each))
    .map(({ rule, kind, subject }) => ({
      rule,
      kind,
      subject,
      since,
      because: `${incident.id}: ${because}`,
    }));
  if (known.length > 0) await world.store.switches.know(incident.environment, known);
}

/** Its newest result is well: a rollback or a fix brought it back, and it may fail anew. */
function isOver(world: World, environment: string, { rule: name, kind, subject, lastSeen }: IncidentBreach) {
  const rule = world.policy().rules.all.find((each) => each.name === name);
  const newest = placeOf(world, environment).memory.of(kind, subject)?.signals.at(-1);
  if (rule === undefined || rule.over !== null || newest === undefined) return false;
  return newest.at > lastSeen && !rule.when({ signal: newest });
}

function whyNot(incident: Incident, actor: Actor): Refusal | undefined {
  const { approval, id } = incident;
  const asks =
    incident.state === 'waiting_approval' ||
    incident.state === 'assessing' ||
    incident.state === 'unanswered';
  if (approval?.answer != null) {
    const { is, by } = approval.answer;
    return new Refusal(
      'conflict',
      'already-decided',
      `${id} was ${is} by ${by} before. Nothing was changed.`,
    );
  }
  if (!asks || approval === null) {
    return new Refusal(
      'conflict',
      'not-asked',
      `${id} is ${incident.state.replaceAll('_', ' ')}: nothing is asked of anybody.`,
    );
  }
  if (actor.person !== null && approval.people.includes(actor.person)) return undefined;
  if (actor.person === null) {
    return new Refusal(
      'forbidden',
      'not-a-person',
      'Only a person can approve or decline, with a token of their own.',
      'rollbackd token create --person NAME --scope approve',
    );
  }
  return new Refusal(
    'forbidden',
    'not-asked-of-you',
    `${id} asks ${approval.people.join(', ')}, not ${actor.person}.`,
  );
}
