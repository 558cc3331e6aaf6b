import type { Considered } from './consider.ts';
import { running, short } from './deployment.ts';
import type { Facts } from './facts.ts';
import { blindness, type Silence, silences } from './silence.ts';
import type { Instant } from './time.ts';

/** Something people must know that is no incident. `key` stays the same for as long as it is the same thing. */
export type Alarm =
  | {
      readonly kind: 'source-silent';
      readonly key: string;
      readonly source: string;
      readonly since: Instant;
      readonly because: string;
    }
  /** Most of what watches fails at once: that is one thing to tell, not one for each source. */
  | {
      readonly kind: 'blind';
      readonly key: string;
      readonly sources: readonly Silence[];
      readonly since: Instant;
    }
  | { readonly kind: 'known-failures'; readonly key: string; readonly subjects: readonly string[] }
  | {
      readonly kind: 'quarantined-running';
      readonly key: string;
      readonly commit: string;
      readonly by: string;
    }
  | { readonly kind: 'disputed'; readonly key: string; readonly invocations: readonly string[] }
  | { readonly kind: 'not-possible'; readonly key: string; readonly because: string }
  | { readonly kind: 'told'; readonly key: string; readonly headline: string; readonly request: string };

/** What is wrong with the watching itself: a silent source is told once, and never leads to a rollback. */
export function watch(facts: Facts, considered: Considered, now: Instant): readonly Alarm[] {
  return [
    ...silentSources(facts, now),
    ...firstDay(facts, considered),
    ...quarantinedRunning(facts),
    ...disputed(facts, considered),
    ...notPossible(facts),
    ...deploymentFailed(facts),
  ];
}

function silentSources(facts: Facts, now: Instant): readonly Alarm[] {
  if (facts.looking === true) return [];
  const { name } = facts.environment;
  const blind = blindness(facts, now);
  if (blind.length > 0) {
    const since = Math.max(...blind.map((each) => each.since));
    return [{ kind: 'blind', key: `${name}/blind/${since}`, sources: blind, since }];
  }
  return silences(facts, now).map(({ source, since, because }) => ({
    kind: 'source-silent',
    key: `${name}/silent/${source}/${since}`,
    source,
    since,
    because,
  }));
}

function firstDay({ environment }: Facts, { firstDay }: Considered): readonly Alarm[] {
  if (firstDay.length === 0) return [];
  const subjects = firstDay.map((each) => each.subject).sort();
  return [
    {
      kind: 'known-failures',
      key: `${environment.name}/known/${subjects.join(',').slice(0, 200)}`,
      subjects,
    },
  ];
}

function quarantinedRunning(facts: Facts): readonly Alarm[] {
  const runs = running(facts.deployments);
  const quarantine = facts.quarantined.find((each) => each.version === runs?.version);
  if (runs === undefined || quarantine === undefined || runs.deployedAt <= quarantine.at) return [];
  const key = `${facts.environment.name}/quarantined/${runs.id}`;
  return [{ kind: 'quarantined-running', key, commit: runs.commit, by: quarantine.by }];
}

function disputed(facts: Facts, { attribution }: Considered): readonly Alarm[] {
  const runs = running(facts.deployments);
  if (attribution.disputed.size === 0 || runs === undefined) return [];
  const key = `${facts.environment.name}/disputed/${runs.id}`;
  return [{ kind: 'disputed', key, invocations: [...attribution.disputed] }];
}

function notPossible({ environment, readiness }: Facts): readonly Alarm[] {
  if (readiness.length === 0 || readiness.some((each) => each.possible || each.withoutTarget)) return [];
  const because = readiness.map((each) => `${each.strategy}: ${each.because}`).join('; ');
  return [
    { kind: 'not-possible', key: `${environment.name}/not-possible/${because.slice(0, 200)}`, because },
  ];
}

/** It changes nothing that runs. Where pipelines are the authority, nobody knows for sure until one succeeds. */
function deploymentFailed({ environment, failedDeployment }: Facts): readonly Alarm[] {
  if (failedDeployment === null) return [];
  const { commit, since } = failedDeployment;
  const request =
    environment.runs === 'work-tree'
      ? 'Look at its pipeline. What runs is what the work tree has: it is watched as before.'
      : 'Look at its pipeline. What ran before counts as running; nothing is judged until a deployment succeeds.';
  const headline = `The pipeline says that the deployment of ${short(commit)} to ${environment.name} failed.`;
  return [
    { kind: 'told', key: `${environment.name}/deployment-failed/${commit}/${since}`, headline, request },
  ];
}
