import type { Environment } from '../core/environment.ts';
import type { RuleTimeline } from '../core/simulate.ts';
import { hours, type Instant, minutes } from '../core/time.ts';
import { duration, name, number, oneOf, text, word } from './scalars.ts';
import { list, object, optional, type ReadBy, required } from './shape.ts';

/** What a rule test may give: the environment, in which mode, and what was deployed. Times count from its beginning. */
export const givenShape = object('given', {
  tier: optional(oneOf('a tier', ['production', 'non-production']), 'production'),
  mode: optional(oneOf('a mode', ['shadow', 'armed', 'disarmed']), 'armed'),
  runs: optional(oneOf('an authority', ['work-tree', 'branch', 'api']), 'work-tree'),
  schedule: optional(oneOf('a schedule', ['none', 'command']), 'command'),
  expect_every: optional(duration, hours(1)),
  stale_after: optional(duration, null),
  bake: optional(duration, minutes(60)),
  settle: optional(duration, minutes(2)),
  min_evidence: optional(number({ min: 1, max: 1_000, whole: true }), 1),
  deployments: optional(
    list(
      object('a deployment', {
        commit: required(word),
        at: required(duration),
        verdict: optional(oneOf('a verdict', ['unverified', 'good', 'bad']), null),
      }),
    ),
    [],
  ),
  freezes: optional(
    list(
      object('a freeze', {
        from: required(duration),
        until: optional(duration, null),
        reason: optional(text, 'in the test'),
      }),
    ),
    [],
  ),
});

/** What a person does in a rule test. */
export const actionShape = object('an action', {
  at: required(duration),
  do: required(oneOf('an action', ['approve', 'reject', 'acknowledge'])),
  by: optional(name, 'on-call'),
});

type Given = ReadBy<typeof givenShape>;

/** The part of the story that `given` tells. */
export function storyOf(
  given: Given | null,
): Pick<RuleTimeline, 'environment' | 'mode' | 'deployments' | 'freezes'> {
  return {
    environment: environmentOf(given),
    mode: given?.mode ?? 'armed',
    deployments: inOrder(given?.deployments ?? []).map(({ commit, at, verdict }) => ({
      commit,
      at,
      ...(verdict === null ? {} : { verdict }),
    })),
    freezes: (given?.freezes ?? []).map(({ from, until, reason }, index) => ({
      id: `freeze-${index + 1}`,
      environment: 'production',
      from,
      until,
      by: 'on-call',
      reason,
    })),
  };
}

/** The environment of a rule test: what the shipped configuration says, where the test says nothing. */
function environmentOf(given: Given | null): Environment {
  const expectEvery = given?.expect_every ?? hours(1);
  return {
    name: 'production',
    tier: given?.tier ?? 'production',
    runs: given?.runs ?? 'work-tree',
    branch: 'main',
    paths: [],
    sources: [{ name: 'dbt', expectEvery, staleAfter: given?.stale_after ?? 2 * expectEvery }],
    required: ['dbt'],
    bake: {
      for: given?.bake ?? minutes(60),
      settle: given?.settle ?? minutes(2),
      minEvidence: given?.min_evidence ?? 1,
    },
    blameWindow: hours(24),
    worseFactor: 3,
    reopenWindow: hours(24),
    strategies: ['revert'],
    schedule: given?.schedule ?? 'command',
    limits: { coolDown: hours(6), budget: { count: 2, per: hours(24) } },
    probation: 2 * expectEvery,
    deploysWithin: minutes(30),
    quiesce: minutes(5),
    proveWithin: minutes(30),
    hasCommands: true,
  };
}

/** In the order of time. */
export function inOrder<T extends { readonly at: Instant }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => a.at - b.at);
}
