import type { Considered } from './consider.ts';
import type { Deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import type { Facts, Policy } from './facts.ts';
import type { EventBody } from './incident.ts';
import type { Signal, SubjectHistory } from './signal.ts';
import type { RuleTimeline, SimulatedMoment } from './simulate.ts';
import type { Instant } from './time.ts';

/** A deployment that another one replaced. */
export function endedBy(deployment: Deployment, at: Instant): Deployment {
  const verdict = deployment.verdict === 'unverified' ? 'superseded' : deployment.verdict;
  return { ...deployment, endedAt: at, verdict };
}

/** A deployment as a test gives it: its commit is its version. */
export function deploymentOf(
  given: RuleTimeline['deployments'][number],
  sequence: number,
  environment: string,
): Deployment {
  return {
    id: `${environment}-${sequence}`,
    environment,
    sequence,
    commit: given.commit,
    version: given.commit,
    subject: given.commit,
    deployedAt: given.at,
    endedAt: null,
    kind: 'deployment',
    rollbackOf: null,
    verdict: given.verdict ?? 'unverified',
    verdictAt: given.verdict === undefined ? null : given.at,
    because: 'given by the test',
    ruledBy: null,
    alsoSeen: [],
  };
}

/** The signals of a test as the history that a turn reads. */
export function historyOf(signals: RuleTimeline['signals'], environment: Environment): Facts['history'] {
  const histories = new Map<string, { kind: string; subject: string; signals: Signal[] }>();
  for (const each of [...signals].sort((a, b) => a.at - b.at)) {
    const key = `${each.kind}\0${each.subject}`;
    const history = histories.get(key) ?? { kind: each.kind, subject: each.subject, signals: [] };
    histories.set(key, history);
    history.signals.push({
      id: `${key}\0${each.at}`,
      environment: environment.name,
      source: environment.sources[0]?.name ?? 'test',
      kind: each.kind,
      subject: each.subject,
      at: each.at,
      began: each.at,
      invocation: `at-${each.at}`,
      startedBy: null,
      attributes: each.attributes,
    });
  }
  return {
    subjects: (): Iterable<SubjectHistory> => histories.values(),
    of: (kind, subject) => histories.get(`${kind}\0${subject}`),
  };
}

/** What the rules of a test say together: one breach breaches, no evidence at all is unknown. */
export function verdictOf(
  considered: Considered,
  rules: ReadonlySet<string>,
  policy: Policy,
): SimulatedMoment['verdict'] {
  const { breaches, unknown, kindsSeen } = considered.evaluation;
  if (breaches.some((each) => rules.has(each.rule.name))) return 'breached';
  if (unknown.some((each) => rules.has(each.rule.name))) return 'unknown';
  const seen = policy.rules.all.some((rule) => rules.has(rule.name) && kindsSeen.has(rule.signal));
  return seen ? 'healthy' : 'unknown';
}

/** The word that a rule test uses for what people are told. */
export function labelOf(event: EventBody): string | null {
  switch (event.type) {
    case 'level-reached':
      return event.level;
    case 'approval-asked':
      return event.approval.round === 1 ? event.approval.of : (event.approval.then ?? event.approval.of);
    case 'approval-expired':
      return 'unanswered';
    case 'stood-down':
      return 'stood down';
    case 'superseded':
      return 'superseded';
    case 'monitored':
      return 'monitoring';
    case 'escalated':
      return 'escalated';
    case 'acknowledgement-expired':
      return 'acknowledgement expired';
    default:
      return null;
  }
}
