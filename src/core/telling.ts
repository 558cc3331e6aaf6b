import type { Deployment } from './deployment.ts';
import type { Policy } from './facts.ts';
import type { Incident, IncidentEvent } from './incident.ts';
import type { Tier } from './matrix.ts';
import type { Message, Notice, NoticeKind } from './notice.ts';
import { channelsOf, peopleOf } from './recipients.ts';

/** What the words need beyond the incident itself. */
export interface NarrateContext {
  readonly policy: Policy;
  /** What links begin with; null: mails carry commands only. */
  readonly publicUrl: string | null;
  readonly blamed: Deployment | null;
  readonly target: Deployment | null;
  readonly environmentTier: Tier;
  /** People who were owed a notice of this incident before. */
  readonly toldBefore: readonly string[];
  /** The incident before the event; where it is known, shadow mode tells once per opinion and not once in all. */
  readonly before?: Incident | null;
  /** The finished report, for the closing notice; without it the notice carries what the incident alone knows. */
  readonly report?: string | null;
}

/** One event of one incident, about to be told. */
export interface Occasion {
  /** The state after the event. */
  readonly incident: Incident;
  readonly event: IncidentEvent;
  readonly context: NarrateContext;
}

/** A message and who gets it: people or teams by name. */
export interface Telling {
  readonly kind: NoticeKind;
  readonly to: readonly string[];
  readonly message: Message;
  readonly level?: string;
  /** Channels; by default those of the levels in which a person stands. */
  readonly via?: readonly string[];
  readonly exempt?: boolean;
  readonly stopsWhenAcknowledged?: boolean;
}

/** The ladder that counts for an incident; one of shadow has none of its own. */
export function ladderOf({ incident, context }: Pick<Occasion, 'incident' | 'context'>) {
  return incident.ladder.length > 0 ? incident.ladder : context.policy.escalation.ladder;
}

/** Everybody who heard of it before, once each; the first level where nobody did. */
export function everybodyTold(occasion: Occasion): readonly string[] {
  const told = [...new Set(occasion.context.toldBefore)];
  return told.length > 0 ? told : (ladderOf(occasion)[0]?.contacts ?? []);
}

/** A notice for each person and channel. The id names the transition, so that it is never owed twice. */
export function noticesOf(telling: Telling, { incident, event, context }: Occasion): readonly Notice[] {
  const { policy } = context;
  const ladder = ladderOf({ incident, context });
  const level = telling.level ?? null;
  const exempt = telling.exempt ?? (level !== null && policy.escalation.grouping.exempt.includes(level));
  return peopleOf(telling.to, policy).flatMap(({ name }) =>
    (telling.via ?? channelsOf(name, ladder, policy)).map((via) => ({
      id: `${incident.id}/${incident.version}/${telling.kind}/${name}/${via}`,
      kind: telling.kind,
      environment: incident.environment,
      incident: incident.id,
      level,
      to: name,
      via,
      owedAt: event.at,
      message: telling.message,
      thread: incident.id,
      exempt,
      stopsWhenAcknowledged: telling.stopsWhenAcknowledged ?? false,
    })),
  );
}

/** Everybody who heard of it before, once each: those who hear of the end. */
export function toldBefore({ context }: Pick<Occasion, 'context'>): readonly string[] {
  return [...new Set(context.toldBefore)];
}
