import { advance } from './advance.ts';
import { type Considered, consider } from './consider.ts';
import type { Decision } from './decision.ts';
import type { Deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import type { Facts, Mode, Policy } from './facts.ts';
import { apply, type EventBody, type Incident, isFinal } from './incident.ts';
import type { AttributeValue } from './signal.ts';
import { deploymentOf, endedBy, labelOf, SimulatedHistory, verdictOf } from './simulated-world.ts';
import { hours, type Instant, minutes } from './time.ts';
import { watch } from './watch.ts';

/** A test of rules as a story in virtual time: what is given, what happens, when to look. */
export interface RuleTimeline {
  readonly environment: Environment;
  readonly mode: Mode['mode'];
  readonly deployments: readonly {
    readonly commit: string;
    readonly at: Instant;
    readonly verdict?: Deployment['verdict'];
  }[];
  readonly signals: readonly {
    readonly at: Instant;
    readonly kind: string;
    readonly subject: string;
    readonly attributes: Readonly<Record<string, AttributeValue>>;
  }[];
  readonly actions: readonly {
    readonly at: Instant;
    readonly do: 'approve' | 'reject' | 'acknowledge';
    readonly by: string;
  }[];
  readonly freezes: Facts['freezes'];
  readonly moments: readonly Instant[];
  readonly evidenceKinds: ReadonlySet<string>;
}

/** What stood at one moment. `notices` are those since the moment before. */
export interface SimulatedMoment {
  readonly at: Instant;
  readonly verdict: 'healthy' | 'breached' | 'unknown';
  readonly decision: Decision['do'];
  readonly by: string | null;
  readonly because: string;
  /** The commit that it would go back to. */
  readonly target: string | null;
  readonly state: string | null;
  readonly notices: readonly string[];
  /** Whether a plan is made at this moment: the caller knows which steps its runbook has. */
  readonly plans: boolean;
}

/** Plays a story through the same functions that decide in production. `rules` are those that the test is about. */
export function simulate(
  timeline: RuleTimeline,
  policy: Policy,
  rules: ReadonlySet<string>,
): readonly SimulatedMoment[] {
  const stage = new Stage(timeline, policy);
  const times = [
    ...timeline.moments,
    ...timeline.signals.map((each) => each.at),
    ...timeline.actions.map((each) => each.at),
    ...timeline.deployments.map((each) => each.at),
    ...deadlines(timeline, policy),
  ];
  const last = Math.max(0, ...timeline.moments);
  const played: SimulatedMoment[] = [];
  for (const now of [...new Set(times)].filter((at) => at <= last).sort((a, b) => a - b)) {
    const considered = stage.play(now);
    if (timeline.moments.includes(now)) played.push(stage.describe(now, considered, rules));
  }
  return played;
}

/** A minute's grid, so that `for`, ladders and deadlines are met when they come due. */
function deadlines({ moments }: RuleTimeline, { escalation }: Policy): readonly Instant[] {
  const last = Math.max(0, ...moments);
  const step = last > hours(48) ? minutes(15) : minutes(1);
  const grid = Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step);
  return escalation.ladder.length === 0 ? [] : grid;
}

/** The world of one story: what would be stored and told, kept in memory. */
class Stage {
  readonly #timeline: RuleTimeline;
  readonly #policy: Policy;
  readonly #history: SimulatedHistory;
  readonly #evidence: readonly Instant[];
  #incidents: Incident[] = [];
  #deployments: Deployment[];
  #told: string[] = [];
  readonly #alarms = new Set<string>();
  #number = 0;

  constructor(timeline: RuleTimeline, policy: Policy) {
    this.#timeline = timeline;
    this.#policy = policy;
    this.#deployments = [];
    this.#history = new SimulatedHistory(timeline.signals, timeline.environment);
    this.#evidence = timeline.signals
      .filter((each) => timeline.evidenceKinds.has(each.kind))
      .map((each) => each.at);
  }

  play(now: Instant): Considered {
    this.#deploy(now);
    this.#act(now);
    const facts = this.#facts(now);
    const considered = consider(facts, this.#policy, now);
    if (considered.judgement?.good === true) this.#found(considered.judgement.because, now);
    for (const each of considered.cases) {
      const advanced = advance(each, {
        policy: this.#policy,
        environment: facts.environment.name,
        now,
        id: each.incident?.id ?? `INC-${++this.#number}`,
        shadow: facts.mode.mode === 'shadow',
        armed: facts.mode.mode === 'armed',
        linkedTo: null,
      });
      if (advanced.incident !== undefined) this.#keep(advanced.incident, advanced.events);
    }
    for (const alarm of watch(facts, considered, now)) this.#alarm(alarm.kind, alarm.key);
    return considered;
  }

  describe(now: Instant, considered: Considered, rules: ReadonlySet<string>): SimulatedMoment {
    const about = considered.cases.at(-1)?.decision ?? this.#leftAlone(considered, rules);
    const told = this.#told;
    this.#told = [];
    return {
      at: now,
      verdict: verdictOf(considered, rules, this.#policy),
      decision: about?.do ?? 'nothing',
      by: about?.by ?? null,
      because: about?.because ?? 'nothing is wrong',
      target: this.#deployments.find((each) => each.id === about?.target)?.commit ?? null,
      state: this.#incidents.at(-1)?.state ?? null,
      notices: told,
      plans: about?.do === 'rollback',
    };
  }

  #leftAlone(considered: Considered, rules: ReadonlySet<string>): Decision | undefined {
    const left = considered.leftAlone.filter((each) => rules.has(each.assessed.breach.rule.name));
    return (left.find((each) => each.decision.do === 'wait') ?? left[0])?.decision;
  }

  #keep(incident: Incident, events: readonly EventBody[]): void {
    this.#incidents = [...this.#incidents.filter((each) => each.id !== incident.id), incident];
    for (const event of events) {
      const label = labelOf(event);
      if (label !== null) this.#told.push(label);
    }
  }

  #alarm(kind: string, key: string): void {
    if (this.#alarms.has(key)) return;
    this.#alarms.add(key);
    this.#told.push(kind.replaceAll('-', ' '));
  }

  #found(because: string, now: Instant): void {
    const last = this.#deployments.at(-1);
    if (last === undefined) return;
    this.#deployments = [
      ...this.#deployments.slice(0, -1),
      { ...last, verdict: 'good', verdictAt: now, because },
    ];
  }

  #act(now: Instant): void {
    for (const action of this.#timeline.actions.filter((each) => each.at === now)) {
      const incident = this.#incidents.findLast((each) => !isFinal(each.state));
      if (incident === undefined) continue;
      const { acknowledgementExpires } = this.#policy.escalation;
      const event: EventBody =
        action.do === 'acknowledge'
          ? { type: 'acknowledged', expires: now + acknowledgementExpires }
          : { type: action.do === 'approve' ? 'approved' : 'rejected', reason: 'in the test' };
      this.#keep(apply(incident, { ...event, at: now, by: action.by }), [event]);
    }
  }

  #deploy(now: Instant): void {
    const due = this.#timeline.deployments.filter((each) => each.at <= now).slice(this.#deployments.length);
    for (const each of due) {
      const ended = this.#deployments.map((before) =>
        before.endedAt === null ? endedBy(before, each.at) : before,
      );
      this.#deployments = [...ended, deploymentOf(each, ended.length + 1, this.#timeline.environment.name)];
    }
  }

  #facts(now: Instant): Facts {
    const { environment, mode, freezes, evidenceKinds } = this.#timeline;
    this.#history.goOn(now);
    const evidence = this.#evidence.filter((at) => at <= now);
    return {
      environment,
      deployments: this.#deployments,
      quarantined: [],
      history: this.#history,
      incidents: this.#incidents,
      rollbacks: [],
      mode: { mode, since: 0, by: 'the test', reason: 'the test says so' },
      freezes,
      sources: environment.sources.map((source) => ({
        source: source.name,
        lastSuccessAt: now,
        lastEvidenceAt: evidence.length === 0 ? null : Math.max(...evidence),
        errorsInARow: 0,
        lastError: null,
        since: 0,
      })),
      readiness: [],
      known: [],
      deploying: null,
      failedDeployment: null,
      unclear: [],
      catalogue: null,
      versions: new Map(),
      evidenceKinds,
      lastingKinds: new Set<string>(),
      allowed: [],
      elsewhere: [],
      changes: null,
      lineage: () => undefined,
    };
  }
}
