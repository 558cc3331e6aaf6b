import { running } from '../core/deployment.ts';
import type { Facts } from '../core/facts.ts';
import { activeFreeze } from '../core/guards.ts';
import { type Incident, isFinal } from '../core/incident.ts';
import type { Gate } from '../ports/control.ts';
import { gather } from './gather.ts';
import type { Place, World } from './world.ts';

/** SEMANTICS, section 8: may this commit be deployed now? */
export async function gateOf(world: World, place: Place, commit: string | null): Promise<Gate> {
  const now = world.clock.now();
  const facts = await gather(world, place, now);
  const environment = place.environment.name;
  const closed = await whyClosed(place, facts, commit, now);
  const wouldBe = closed === undefined ? 'open' : 'closed';
  if (closed === undefined || facts.mode.mode === 'shadow') {
    return { environment, open: true, reason: closed?.reason ?? null, until: closed?.until ?? null, wouldBe };
  }
  return { environment, open: false, ...closed, wouldBe };
}

type Closed = { readonly reason: string; readonly until: number | null };

async function whyClosed(
  place: Place,
  facts: Facts,
  commit: string | null,
  now: number,
): Promise<Closed | undefined> {
  const open = facts.incidents.filter((each) => !isFinal(each.state));
  if (commit !== null && (isOurs(open, commit) || facts.allowed.some((each) => each.commit === commit)))
    return undefined;
  const freeze = activeFreeze(facts, now);
  if (freeze !== undefined)
    return { reason: `frozen by ${freeze.by}: ${freeze.reason}`, until: freeze.until };
  const acting = open.find((each) => each.state === 'acting' || each.state === 'verifying');
  if (acting !== undefined) return { reason: `${acting.id} is being rolled back`, until: null };
  const holding = open.find(holdsTheGate);
  if (holding !== undefined) {
    return { reason: `${holding.id}: ${holding.title}`, until: holding.approval?.deadline ?? null };
  }
  return quarantineOf(place, facts, commit);
}

/** An incident whose action is rollback or ask closes the gate; monitoring, assessing and probation do not. */
function holdsTheGate(incident: Incident): boolean {
  if (incident.shadow && incident.decision?.would != null)
    return incident.decision.would === 'rollback' || incident.decision.would === 'ask';
  const closing = ['waiting_approval', 'failed', 'verification_failed', 'contained', 'unanswered'];
  if (closing.includes(incident.state)) return true;
  return incident.decision?.do === 'rollback' ||
    incident.decision?.would === 'rollback' ||
    incident.decision?.do === 'ask'
    ? incident.state !== 'probation' && incident.state !== 'monitoring' && incident.state !== 'assessing'
    : false;
}

/** The revert commit of the plan that runs is always let through: the plan waits for it. */
function isOurs(open: readonly Incident[], commit: string): boolean {
  return open.some((incident) => incident.steps.some((step) => step.result.commit === commit));
}

async function quarantineOf(place: Place, facts: Facts, commit: string | null): Promise<Closed | undefined> {
  const runs = running(facts.deployments);
  const again = facts.quarantined.find((each) => each.version === runs?.version);
  const letThrough = facts.allowed.some((each) => each.commit === runs?.commit);
  if (again !== undefined && commit === null && !letThrough) {
    return { reason: `what runs was rolled back by ${again.by} and is quarantined`, until: null };
  }
  if (commit === null) return undefined;
  const known = facts.quarantined.find((each) => each.commit === commit);
  const version =
    known?.version ?? (await place.repository.find(commit, AbortSignal.timeout(15_000)))?.version;
  const quarantine = facts.quarantined.find((each) => each.version === version);
  return quarantine === undefined
    ? undefined
    : { reason: `quarantined by ${quarantine.by}: ${quarantine.because}`, until: null };
}
