import type { Considered } from './consider.ts';
import type { Deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import type { Policy } from './facts.ts';
import type { EventBody } from './incident.ts';
import { Series, sampleOf } from './series.ts';
import type { History, Signal, SubjectHistory } from './signal.ts';
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

/** The signals of a test as the history that a turn reads, growing as time goes on. */
export class SimulatedHistory implements History {
  readonly #environment: Environment;
  readonly #coming: RuleTimeline['signals'];
  readonly #subjects = new Map<
    string,
    { kind: string; subject: string; signals: Signal[]; measurements: Series }
  >();
  #told = 0;

  constructor(signals: RuleTimeline['signals'], environment: Environment) {
    this.#environment = environment;
    this.#coming = [...signals].sort((a, b) => a.at - b.at);
  }

  /** Lets everything be known that was observed by then. */
  goOn(now: Instant): void {
    for (let next = this.#coming[this.#told]; next !== undefined && next.at <= now; ) {
      this.#add(next);
      this.#told += 1;
      next = this.#coming[this.#told];
    }
  }

  subjects(): Iterable<SubjectHistory> {
    return this.#subjects.values();
  }

  of(kind: string, subject: string): SubjectHistory | undefined {
    return this.#subjects.get(`${kind}\0${subject}`);
  }

  #add({ kind, subject, at, attributes }: RuleTimeline['signals'][number]): void {
    const key = `${kind}\0${subject}`;
    const history = this.#subjects.get(key) ?? { kind, subject, signals: [], measurements: new Series() };
    this.#subjects.set(key, history);
    const source = this.#environment.sources[0]?.name ?? 'test';
    const fixed = { environment: this.#environment.name, source, startedBy: null, attributes };
    const signal = { ...fixed, id: `${key}\0${at}`, kind, subject, at, began: at, invocation: `at-${at}` };
    history.signals.push(signal);
    const sample = sampleOf(signal);
    if (sample !== undefined) history.measurements.add(sample);
  }
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
