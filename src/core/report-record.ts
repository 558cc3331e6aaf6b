import { short } from './deployment.ts';
import { sayDuration } from './duration.ts';
import type { Incident } from './incident.ts';
import type { IncidentEvent } from './incident-event.ts';
import { codeSpan, prose, proseOfLines } from './markdown.ts';
import type { ReportFacts, ToldLine } from './report.ts';
import { moment } from './report-facts.ts';
import { tellSteps } from './step-story.ts';
import type { Duration, Instant } from './time.ts';
import { sayState, spoken } from './wording.ts';

/** How long each part took; what did not happen is left out. */
export function figures({ incident, blamed }: ReportFacts): readonly string[] {
  const since =
    incident.breaches.length === 0 ? null : Math.min(...incident.breaches.map((each) => each.since));
  const steps = tellSteps(incident);
  const plan = incident.plans.findLast((each) => each.kind === 'rollback') ?? null;
  const own = steps.filter((each) => each.plan === plan && each.record !== null);
  const proof = own.find(({ step }) => step.uses === 'health.prove');
  const begun = proof?.record?.startedAt ?? null;
  const { approval, openedAt, provenAt } = incident;
  const answeredAt = approval?.answer?.at ?? null;
  return [
    figure('Detection', since, openedAt, 'from the first failing result to the incident'),
    figure('Decision', openedAt, approval?.askedAt ?? plan?.madeAt ?? null, 'to the question or the plan'),
    figure('Approval wait', approval?.askedAt ?? null, answeredAt, 'from the question to the answer'),
    figure('Execution', plan?.madeAt ?? null, begun, 'from the plan to the beginning of the proof'),
    figure('Verification', begun, provenAt, 'until the data was proven healthy'),
    figure('Restore', since, provenAt, 'from the first failing result to the proof'),
    figure(
      'Deployed before the failure',
      blamed?.deployedAt ?? null,
      since,
      'how long the blamed deployment had run',
    ),
  ].flat();
}

function figure(name: string, from: Instant | null, to: Instant | null, what: string): readonly string[] {
  if (from === null || to === null || to < from) return [];
  const length: Duration = to - from;
  return [`- ${name}: ${sayDuration(length)}, ${what}`];
}

/** Who did what when, in the words of the events. */
export function timeline({ events }: ReportFacts): readonly string[] | null {
  return (
    events?.map((event) => `- ${moment(event.at)} ${prose(spoken(event.by))}: ${happened(event)}`) ?? null
  );
}

function happened(event: IncidentEvent): string {
  switch (event.type) {
    case 'opened':
      return `opened: ${prose(event.title)}`;
    case 'judged':
      return `decided: ${spoken(event.decision.do)}, ${prose(event.decision.because)}`;
    case 'approval-asked':
      return `asked ${prose(spoken(event.approval.of))}: ${prose(event.approval.question)} until ${moment(event.approval.deadline)}`;
    case 'rollback-requested':
      return `asked for a rollback: ${prose(event.request.reason)}`;
    case 'plan-made':
      return `made the plan: ${prose(event.plan.title)}`;
    case 'step-started':
    case 'step-done':
      return `${spoken(event.type)}: ${codeSpan(event.key)}`;
    case 'step-failed':
      return `step failed: ${codeSpan(event.key)}: ${proseOfLines(event.why)}`;
    case 'level-reached':
      return `told level ${prose(event.level)}${event.skipped.length === 0 ? '' : `, skipping ${prose(event.skipped.join(', '))}`}`;
    case 'acknowledged':
      return `acknowledged until ${moment(event.expires)}`;
    case 'probation-started':
      return `probation started, until ${moment(event.deadline)}`;
    case 'resolved':
      return `resolved as ${sayState(event.as)}: ${prose(event.reason)}`;
    case 'commented':
      return `commented: ${prose(event.text)}`;
    default:
      return `${spoken(event.type)}${because(event)}`;
  }
}

function because(event: IncidentEvent): string {
  if ('because' in event) return `: ${proseOfLines(event.because)}`;
  return 'reason' in event && event.reason !== '' ? `: ${prose(event.reason)}` : '';
}

/** Why this and nothing else: the trace of the last decision, in the order in which people ask. */
export function decisionTrace({ decision }: Pick<Incident, 'decision'>): readonly string[] {
  const trace = decision?.trace ?? null;
  if (decision === null || trace === null) return [];
  return [
    `- Decision: ${spoken(decision.do)}, ${prose(decision.because)}`,
    `- Rule: ${codeSpan(trace.rule)} version ${codeSpan(trace.ruleVersion)}, ${codeSpan(trace.place)}`,
    `- Asks: ${codeSpan(trace.asks)}`,
    `- Verdict: ${prose(trace.verdict)} since ${moment(trace.since)}`,
    `- Data age: ${sayDuration(trace.dataAge)}${trace.ageLimit === null ? '' : `, the limit is ${sayDuration(trace.ageLimit)}`}`,
    ...(trace.invocation === null ? [] : [`- Invocation: ${codeSpan(trace.invocation)}`]),
    ...trace.guards.map(
      (each) =>
        `- Guard ${prose(each.name)}: ${each.passed ? 'let it pass' : 'held it'}, ${prose(each.because)}`,
    ),
    ...trace.targets.map(
      (each) =>
        `- Target ${codeSpan(short(each.commit))}: ${each.chosen ? 'chosen' : 'not chosen'}, ${prose(each.because)}`,
    ),
    ...trace.strategies.map((each) => `- Strategy ${prose(each.strategy)}: ${prose(each.because)}`),
  ];
}

/** Who was told what, and whether it reached them. */
export function peopleTold({ notices }: ReportFacts): readonly string[] | null {
  if (notices === null) return null;
  if (notices.length === 0) return ['- nobody was told'];
  return notices.map(told);
}

function told({ notice, state, deliveredAt }: ToldLine): string {
  const level = notice.level === null ? '' : `, ${prose(notice.level)}`;
  const end = state === 'delivered' && deliveredAt !== null ? `delivered ${moment(deliveredAt)}` : END[state];
  return `- ${moment(notice.owedAt)} ${prose(spoken(notice.to))} by ${prose(notice.via)}: ${spoken(notice.kind)}${level}; ${end}`;
}

const END: Readonly<Record<ToldLine['state'], string>> = {
  owed: 'not delivered yet',
  delivered: 'delivered',
  rejected: 'refused by the recipient',
  dropped: 'not sent: it was acknowledged, or over, before',
  dead: 'given up',
};
