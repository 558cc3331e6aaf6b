import type { Deployment } from '../../src/core/deployment.ts';
import type { Policy } from '../../src/core/facts.ts';
import type { Measurements } from '../../src/core/signal.ts';
import { days, type Instant, minutes, seconds } from '../../src/core/time.ts';
import { deployment } from '../../test/fakes/facts.ts';
import { decideAt, type Remembered } from './decide-at.ts';
import { Fleet } from './fleet.ts';
import { type Noise, seeded } from './noisy-probe.ts';

/** What a year of one environment brought. */
export interface Year {
  readonly noise: Noise;
  readonly deployments: number;
  /** Rollbacks of deployments that changed nothing. */
  readonly falseRollbacks: number;
  /** The same, for a person to decide. */
  readonly falseQuestions: number;
  /** Of how many slowdowns how many were rolled back within 15 minutes: of one canary alone, of all ten. */
  readonly one: Curve;
  readonly all: Curve;
}

/** By the factor of the slowdown. */
export type Curve = ReadonlyMap<number, { found: number; of: number }>;

export interface YearOptions {
  readonly policy: Policy;
  readonly noise: Noise;
  readonly seed: number;
  readonly days: number;
  readonly factors: readonly number[];
  /** Of the ten canaries, how many are made slow alone, one after the other, at each deployment. */
  readonly alone: number;
}

const PROMISED = minutes(15);
/** The looks after a deployment: every 30 s until 15 minutes, then until it is found good after an hour. */
const LOOKS = [
  ...Array.from({ length: 26 }, (_, index) => minutes(2.5) + index * seconds(30)),
  ...Array.from({ length: 9 }, (_, index) => minutes(20) + index * minutes(5)),
];

/** A year of ten canaries at 30 s and a deployment a day, at any hour of it. */
export function liveThrough(options: YearOptions): Year {
  const random = seeded(options.seed);
  const fleet = new Fleet(options.noise, random);
  const curve = (): Curve => new Map(options.factors.map((factor) => [factor, { found: 0, of: 0 }]));
  const [one, all] = [curve(), curve()];
  let ran: readonly Deployment[] = [deployment(1, { deployedAt: 0, verdict: 'good' })];
  let falseRollbacks = 0;
  let falseQuestions = 0;
  for (let day = 1; day <= options.days; day += 1) {
    const deployedAt = days(day) + Math.floor(random() * days(1));
    const running = deployment(day + 1, { deployedAt });
    const before = ran.slice(-10).map((each) => ({ ...each, endedAt: each.endedAt ?? deployedAt }));
    const deployments = [...before, running];
    const did = new Set<string>();
    for (const after of LOOKS) {
      fleet.pass(deployedAt + after);
      did.add(decideAt(options.policy, deployments, fleet.canaries, deployedAt + after));
      if (after !== PROMISED) continue;
      for (const canary of fleet.canaries.slice(0, options.alone))
        trySlowing(one, [canary], deployments, options);
      trySlowing(all, fleet.canaries, deployments, options);
    }
    did.delete('nothing');
    if (did.has('rollback')) falseRollbacks += 1;
    else if (did.size > 0) falseQuestions += 1;
    ran = [...before, { ...running, verdict: 'good' }];
  }
  return { noise: options.noise, deployments: options.days, falseRollbacks, falseQuestions, one, all };
}

/** What would have been decided had the deployment made these slower, by each factor. */
function trySlowing(
  curve: Curve,
  canaries: readonly Remembered[],
  deployments: readonly Deployment[],
  { policy }: YearOptions,
): void {
  const deployedAt = deployments.at(-1)?.deployedAt ?? 0;
  for (const [factor, count] of curve) {
    const slow = canaries.map(({ subject, measurements }) => ({
      subject,
      measurements: slowedBy(factor, measurements, deployedAt),
    }));
    count.of += 1;
    if (isFound(policy, deployments, slow)) count.found += 1;
  }
}

/** As it would have been, had the deployment made it slower. */
function slowedBy(factor: number, measured: Measurements, deployedAt: Instant): Measurements {
  return {
    recent: measured.recent.map((each) =>
      each.at < deployedAt ? each : { ...each, value: each.value * factor },
    ),
    slot: (at) => measured.slot(at),
  };
}

/** Whether it is rolled back within 15 minutes of the deployment, by looks at every half minute. */
function isFound(policy: Policy, deployments: readonly Deployment[], slow: readonly Remembered[]): boolean {
  const deployedAt = deployments.at(-1)?.deployedAt ?? 0;
  return LOOKS.filter((after) => after <= PROMISED).some((after) => {
    const now = deployedAt + after;
    const then = slow.map(({ subject, measurements: { recent, slot } }) => ({
      subject,
      measurements: { recent: recent.filter((each) => each.at <= now), slot },
    }));
    return decideAt(policy, deployments, then, now) === 'rollback';
  });
}
