import { type Assessed, assess, isLive, strictest, underRow } from './assess.ts';
import { type Attribution, attribute } from './attribution.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Deployment } from './deployment.ts';
import { toldElsewhere } from './elsewhere.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { Facts, Known, Policy } from './facts.ts';
import { type Incident, type IncidentBreach, isFinal } from './incident.ts';
import { type Judgement, judge } from './judge.ts';
import { type LeftAlone, leaveAlone } from './left-alone.ts';
import type { MatrixRow } from './matrix.ts';
import { askAboutQuarantined } from './quarantine.ts';
import { remember, standDown, summarise } from './remember.ts';
import type { Impact, Severity } from './rule.ts';
import type { Instant } from './time.ts';

/** The pure part of a turn: everything that follows from facts, rules and time. */
export interface Considered {
  readonly attribution: Attribution;
  readonly evaluation: Evaluation;
  readonly assessed: readonly Assessed[];
  /** Whether the running deployment is good by now; undefined where that is settled or nothing runs. */
  readonly judgement: Judgement | undefined;
  readonly cases: readonly Considering[];
  /** Breaches that open nothing, each with its reason. */
  readonly leftAlone: readonly LeftAlone[];
  /** Failures of the first day, to be recorded as known. */
  readonly firstDay: readonly Known[];
}

/** One case: an incident to open or to go on with, and what to do about it. */
export interface Considering {
  readonly incident: Incident | undefined;
  readonly blamed: Deployment | null;
  readonly breaches: readonly IncidentBreach[];
  readonly severity: Severity;
  readonly impact: Impact;
  readonly row: MatrixRow | null;
  readonly title: string;
  readonly decision: Decision;
}

/** The policy of a version that is no longer in force, where an open incident began with it and it is known. */
export type Earlier = (version: string) => Policy | undefined;

const none: Earlier = () => undefined;

/** evaluate -> judge -> decide, for one environment at one moment. */
export function consider(facts: Facts, policy: Policy, now: Instant, earlier: Earlier = none): Considered {
  const attribution = attribute(facts);
  const evaluation = evaluate(policy.rules, facts, now, attribution);
  const assessed = assess(evaluation.breaches, facts, policy, now, attribution);
  const judgement = judge(facts, now, { attribution, evaluation, assessed });
  const live = assessed.filter((each) => isLive(each) && !isToldElsewhere(each, facts));
  const lives = new Set(live);
  const context = { facts, now, attribution, matrix: policy.matrix };
  const judged = new Map<string, readonly Assessed[]>();
  const liveFor: LiveFor = ({ policy: version = policy.version }) => {
    const began = version === policy.version ? undefined : earlier(version);
    if (began === undefined) return live;
    const known = judged.get(version) ?? [
      ...liveUnder(began, { facts, now, attribution }),
      ...live.filter(isNewTo(began)),
    ];
    judged.set(version, known);
    return known;
  };
  return {
    attribution,
    evaluation,
    assessed,
    judgement,
    cases: casesOf(live, liveFor, context),
    leftAlone: assessed.filter((each) => !lives.has(each)).map((each) => leaveAlone(each, context)),
    firstDay: assessed.filter((each) => each.novelty.is === 'first-day').map((each) => known(each, now)),
  };
}

/** The breaches that count for an incident: those that its own policy finds. */
type LiveFor = (incident: Incident) => readonly Assessed[];

function liveUnder(
  policy: Policy,
  { facts, now, attribution }: Omit<Context, 'matrix'>,
): readonly Assessed[] {
  const { breaches } = evaluate(policy.rules, facts, now, attribution);
  return assess(breaches, facts, policy, now, attribution).filter(
    (each) => isLive(each) && !isToldElsewhere(each, facts),
  );
}

/** What no rule of that policy looks for: it is judged by the one in force. */
function isNewTo({ rules }: Policy): (each: Assessed) => boolean {
  const names = new Set(rules.all.map(({ name }) => name));
  return ({ breach }) => !names.has(breach.rule.name);
}

/** What an open incident of ours has already stays there: of two environments, the one that opened first tells. */
function isToldElsewhere({ breach }: Assessed, facts: Facts): boolean {
  if (toldElsewhere(breach, facts) === undefined) return false;
  return !facts.incidents.some(
    (incident) =>
      !isFinal(incident.state) &&
      incident.breaches.some((each) => each.rule === breach.rule.name && each.subject === breach.subject),
  );
}

function casesOf(live: readonly Assessed[], liveFor: LiveFor, context: Context): readonly Considering[] {
  const found = [...newCases(live, context), ...openCases(liveFor, context)];
  const returned = askAboutQuarantined(context);
  if (returned === undefined) return found;
  const same = found.find((each) => each.blamed?.id === returned.blamed?.id);
  if (same === undefined) return [...found, returned];
  if (same.breaches.length > 0 || same.incident?.request != null || same.incident?.approval?.answer != null)
    return found;
  return [...found.filter((each) => each !== same), returned];
}

/** Breaches of a deployment that no open incident blames yet. A breach that is clearing or stale opens nothing. */
function newCases(live: readonly Assessed[], context: Context): readonly Considering[] {
  const open = context.facts.incidents.filter((incident) => !isFinal(incident.state));
  if (onTrial(open, context.attribution)) return [];
  const opening = live.filter(
    ({ breach, blame }) =>
      breach.clearingSince === null &&
      !breach.stale &&
      !open.some((incident) => incident.blamed === blame.deployment),
  );
  return [...Map.groupBy(opening, ({ blame }) => blame.deployment)].map(([blamed, assessed]) =>
    consideration(undefined, deploymentOf(blamed, context), assessed, context),
  );
}

/** A rollback's own deployment opens no incident while the one that made it is open: that has people told. */
function onTrial(open: readonly Incident[], { running }: Attribution): boolean {
  return open.some((each) => each.id === running?.rollbackOf?.incident);
}

/** Every open incident is judged again at every turn, with the breaches it has by now. */
function openCases(liveFor: LiveFor, context: Context): readonly Considering[] {
  return context.facts.incidents
    .filter((incident) => !isFinal(incident.state))
    .map((incident) => {
      const assessed = liveFor(incident)
        .filter((each) => each.blame.deployment === incident.blamed)
        .map((each) => asItBegan(each, incident));
      return consideration(incident, deploymentOf(incident.blamed, context), assessed, context);
    });
}

/** A reload changes no row that an incident has: as severe as before, it is decided by the row it began with. */
function asItBegan(each: Assessed, { row, severity, impact }: Incident): Assessed {
  const same = each.breach.severity === severity && each.breach.rule.impact === impact;
  return row !== null && same ? underRow(each, row) : each;
}

function deploymentOf(id: string | null, { facts }: Context): Deployment | null {
  return facts.deployments.find((each) => each.id === id) ?? null;
}

function consideration(
  incident: Incident | undefined,
  blamed: Deployment | null,
  assessed: readonly Assessed[],
  context: Context,
): Considering {
  const { facts, now } = context;
  const lead = strictest(assessed);
  const breaches = remember(incident, assessed, context);
  const recovered = standDown(incident, breaches, context);
  return {
    incident,
    blamed,
    breaches,
    severity: lead?.breach.severity ?? incident?.severity ?? 'low',
    impact: lead?.breach.rule.impact ?? incident?.impact ?? 'warning',
    row: lead?.row ?? incident?.row ?? null,
    title: titleOf(assessed, incident),
    decision: recovered ?? decide({ facts, now, blamed, assessed, incident }),
  };
}

function known(each: Assessed, now: Instant): Known {
  const because = 'it was failing on the first day';
  return {
    rule: each.breach.rule.name,
    kind: each.breach.rule.signal,
    subject: each.breach.subject,
    since: now,
    because,
  };
}

function titleOf(assessed: readonly Assessed[], incident: Incident | undefined): string {
  const lead = strictest(assessed);
  if (lead === undefined) return incident?.title ?? 'a person asked for a rollback';
  const more = assessed.length - 1;
  return more === 0 ? summarise(lead.breach) : `${summarise(lead.breach)}, and ${more} more`;
}
