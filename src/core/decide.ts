import type { Assessed } from './assess.ts';
import { strictest } from './assess.ts';
import type { Decision, GuardName, Trace } from './decision.ts';
import { type Deployment, running } from './deployment.ts';
import { sayDuration } from './duration.ts';
import type { Facts } from './facts.ts';
import { type Guarded, guard } from './guards.ts';
import type { Incident } from './incident.ts';
import type { Action, MatrixRow } from './matrix.ts';
import { chooseTarget, type Target } from './target.ts';
import type { Instant } from './time.ts';
import { counted } from './wording.ts';

/** Breaches that are decided on together: those that one deployment is blamed for, or that none is. */
export interface Case {
  readonly facts: Facts;
  readonly now: Instant;
  readonly blamed: Deployment | null;
  /** Firing, not left alone, not handled. */
  readonly assessed: readonly Assessed[];
  /** The open incident of this blamed deployment, where there is one. */
  readonly incident: Incident | undefined;
}

/** What will be done about a case, and because of what. */
export function decide(question: Case): Decision {
  const { facts, incident } = question;
  const assessed = question.assessed.filter(({ breach }) => breach.clearingSince === null);
  const lead = strictest(assessed) ?? strictest(question.assessed);
  const guards = guard(facts, assessed, question.now, incident?.id ?? null);
  const target = chooseTarget(facts, running(facts.deployments));
  const context: Context = { ...question, lead, guards, target };
  if (assessed.length === 0 && lead !== undefined) return clearing(context, lead);
  if (isOrdered(incident)) return decideOrdered(context);
  if (lead === undefined) return nothing(context, 'nothing is wrong');
  if (lead.effective === 'leave') return nothing(context, lead.blame.because);
  if (lead.effective === 'monitor')
    return answer(context, { do: 'monitor', because: `${rowText(lead.row)}: watched, fixed forward` });
  if (facts.mode.mode === 'shadow') return suppressed(context, lead.effective);
  if (lead.effective === 'escalate')
    return answer(context, { do: 'escalate', by: 'no-blame', because: lead.blame.because });
  if (facts.mode.mode === 'disarmed') return fromGuard(context, guards[0] as Guarded, lead.effective);
  if (target.deployment === null && lead.effective !== 'assess') return withoutTarget(context);
  if (lead.effective === 'rollback') return decideRollback(context);
  return answer(context, { do: lead.effective, would: 'rollback', because: rowText(lead.row) });
}

interface Context extends Case {
  readonly lead: Assessed | undefined;
  readonly guards: readonly Guarded[];
  readonly target: Target;
}

/** A person approved, or asked for it: some guards are passed, and said so. */
export function isOrdered(incident: Incident | undefined): boolean {
  return incident?.request != null || incident?.approval?.answer?.is === 'approved';
}

const HOLDS_A_PERSON: readonly GuardName[] = ['armed', 'no-rollback-running', 'no-deployment-running'];

/** Disarm, a running plan or deployment, and a freeze hold even for a person; a freeze can be overridden with a reason. */
function decideOrdered(context: Context): Decision {
  const { guards, incident, facts } = context;
  const request = incident?.request ?? null;
  const by = request?.by ?? incident?.approval?.answer?.by ?? 'a person';
  const holds = guards.find(
    (each) =>
      !each.passed &&
      (HOLDS_A_PERSON.includes(each.name) ||
        (each.name === 'not-frozen' && (request?.override ?? null) === null)),
  );
  if (holds !== undefined)
    return fromGuard(
      context,
      { ...holds, otherwise: holds.name === 'armed' ? 'escalate' : 'wait' },
      'rollback',
    );
  const to = request?.to ?? null;
  const target =
    to === null
      ? context.target.deployment
      : (facts.deployments.find((each) => each.id === to || each.commit === to) ?? null);
  if (to === null && target === null) return withoutTarget(context);
  const passed = guards.filter((each) => !each.passed && each !== holds).map((each) => each.name);
  const past = passed.length === 0 ? '' : `, past ${passed.join(', ')}`;
  return answer(context, {
    do: 'rollback',
    would: 'rollback',
    because: `${request === null ? 'approved' : 'asked for'} by ${by}${past}`,
    target: target?.id ?? to,
  });
}

function decideRollback(context: Context): Decision {
  const left = leftToPeople(context.incident);
  if (left !== undefined) return answer(context, left);
  const failed = context.guards.find((each) => !each.passed);
  if (failed !== undefined) return fromGuard(context, failed, 'rollback');
  const impossible = notReady(context.facts);
  if (impossible !== undefined) {
    return answer(context, { do: 'escalate', would: 'rollback', by: 'no-strategy', because: impossible });
  }
  return answer(context, {
    do: 'rollback',
    would: 'rollback',
    because: rowText((context.lead as Assessed).row),
    target: context.target.deployment?.id ?? null,
  });
}

const LOOP_GUARDS: readonly (string | null)[] = [
  'no-cool-down',
  'budget',
  'not-flapping',
] satisfies GuardName[];

/** What a loop guard left to a person stays with that person, also when the guard would let it pass by now. */
function leftToPeople(
  incident: Incident | undefined,
): (Pick<Decision, 'do' | 'because'> & Partial<Decision>) | undefined {
  const last = incident?.decision;
  if (incident?.state !== 'escalated' || last == null || !LOOP_GUARDS.includes(last.by)) return undefined;
  return { do: 'escalate', would: 'rollback', by: last.by, because: last.because };
}

/** The readiness check of the last quarter of an hour said no for every strategy. */
function notReady({ readiness, environment }: Facts): string | undefined {
  const asked = readiness.filter(
    (each) => environment.strategies.includes(each.strategy) && !each.withoutTarget,
  );
  if (asked.length === 0 || asked.some((each) => each.possible)) return undefined;
  return asked.map((each) => `${each.strategy}: ${each.because}`).join('; ');
}

function fromGuard(context: Context, failed: Guarded, would: Action): Decision {
  const base = { would, by: failed.name, because: failed.because, until: failed.until };
  if (failed.otherwise === 'wait') return answer(context, { do: 'wait', ...base });
  if (failed.otherwise === 'suppress') return answer(context, { do: 'suppressed', ...base });
  return answer(context, { do: 'escalate', ...base });
}

function suppressed(context: Context, effective: Assessed['effective']): Decision {
  const would = effective === 'escalate' || effective === 'leave' ? null : effective;
  return answer(context, {
    do: 'suppressed',
    would,
    by: 'shadow',
    because: 'in shadow mode nothing is done',
  });
}

function withoutTarget(context: Context): Decision {
  const by = context.target.sameCode ? 'same-code' : 'no-target';
  return answer(context, { do: 'escalate', would: 'rollback', by, because: context.target.because });
}

/** A newer result says otherwise: it fires on until `keep_firing_for` is over, but nothing starts. */
function clearing(context: Context, { breach }: Assessed): Decision {
  const until = (breach.clearingSince ?? context.now) + breach.rule.keepFiringFor;
  return answer(context, {
    do: 'wait',
    by: 'clearing',
    because: 'the newest result passes; it stands down if that stays so',
    until,
  });
}

function nothing(context: Context, because: string): Decision {
  return answer(context, { do: 'nothing', because });
}

function answer(context: Context, said: Partial<Decision> & Pick<Decision, 'do' | 'because'>): Decision {
  return {
    would: null,
    by: null,
    until: null,
    target: said.do === 'rollback' || said.do === 'ask' ? (context.target.deployment?.id ?? null) : null,
    trace: context.lead === undefined ? null : trace(context.lead, context),
    ...said,
  };
}

/** The whole answer to "why", about the breach that decides. */
export function trace(lead: Assessed, context: Pick<Context, 'guards' | 'target' | 'facts' | 'now'>): Trace {
  const { breach } = lead;
  const { signal } = breach;
  const limit =
    context.facts.environment.sources.find((source) => source.name === signal.source)?.staleAfter ?? null;
  return {
    rule: breach.rule.name,
    ruleVersion: breach.rule.version,
    place: `${breach.rule.file}:${breach.rule.line}`,
    asks: breach.rule.text,
    kind: signal.kind,
    verdict: breach.clearingSince === null ? 'breached' : 'breached, clearing',
    since: breach.since,
    subject: breach.subject,
    value: valueText(breach),
    invocation: signal.invocation,
    samples: `${breach.samples.matched} of ${breach.samples.seen} results under this deployment`,
    dataAge: context.now - signal.at,
    ageLimit: breach.rule.staleAfter ?? limit,
    novelty: lead.novelty,
    blame: lead.blame,
    severity: breach.severity,
    impact: breach.rule.impact,
    row: { number: lead.row.number, text: rowText(lead.row) },
    guards: context.guards.map(({ name, passed, because }) => ({ name, passed, because })),
    targets: context.target.candidates,
    strategies: context.facts.readiness.map((each) => ({
      strategy: each.strategy,
      chosen: each.possible,
      because: each.because,
    })),
  };
}

/** What the signal said, in figures where it has them. */
export function valueText(breach: Assessed['breach']): string {
  const { failures, status } = breach.signal.attributes;
  if (breach.window !== null) return windowText(breach);
  if (typeof failures === 'number') return `${status}, ${counted(failures, 'failing row')}`;
  return typeof status === 'string' ? status : 'breached';
}

/** `2.0 times as much: median 431 against 214, p < 0.001`. */
function windowText({ window, baseline, slowdown, pValue }: Assessed['breach']): string {
  const figure = (value: number | undefined) => (value === undefined ? '?' : Number(value.toPrecision(3)));
  const medians = `median ${figure(window?.median)} against ${figure(baseline?.median)}`;
  const times = slowdown === null ? '' : `${slowdown.toFixed(1)} times as much: `;
  const chance = pValue === null ? '' : pValue < 0.001 ? ', p < 0.001' : `, p = ${pValue.toFixed(3)}`;
  return `${times}${medians}${chance}`;
}

/** `row 2: ask team-lead within 1 h`. */
export function rowText(row: MatrixRow): string {
  const asks = row.approvers === null ? '' : ` ${row.approvers}`;
  const within = row.within === null ? '' : ` within ${sayDuration(row.within)}`;
  return `row ${row.number}: ${row.do}${asks}${within}`;
}
