import type { Assessed } from './assess.ts';
import { attribute } from './attribution.ts';
import type { Facts } from './facts.ts';
import type { Incident } from './incident.ts';
import { fails, isOfARun } from './prove.ts';
import { atLeast } from './rule.ts';
import type { Signal } from './signal.ts';
import type { Instant } from './time.ts';

/** How the first run that we did not start ourselves went. */
export type Trial =
  | { readonly is: 'waiting' }
  | { readonly is: 'passed'; readonly because: string }
  | { readonly is: 'failed'; readonly because: string };

/**
 * SEMANTICS, section 7: the first run after the resume must succeed: no test fails and no model errors that
 * did not under the target. A new deployment ends the probation.
 */
export function tryOut(
  incident: Incident,
  targetId: string | null,
  { facts, now, assessed }: TriedIn,
): Trial {
  const { probation } = incident;
  if (probation === null) return { is: 'waiting' };
  const attribution = attribute(facts);
  const { running } = attribution;
  if (running !== undefined && running.kind !== 'rollback' && running.deployedAt > probation.since) {
    return {
      is: 'passed',
      because: `${running.commit.slice(0, 7)} was deployed before the probation was over`,
    };
  }
  const ill = assessed.find((each) => hasBegun(each, probation.since));
  if (ill !== undefined) return { is: 'failed', because: `${ill.breach.subject} is wrong since the resume` };
  const first = firstForeignRun(facts, probation.since);
  if (first.length === 0) {
    if (now < probation.deadline) return { is: 'waiting' };
    return { is: 'failed', because: 'no run arrived before the deadline' };
  }
  const target = facts.deployments.find((each) => each.id === targetId);
  const worse = first.find((signal) => {
    if (!fails(signal)) return false;
    const signals = facts.history.of(signal.kind, signal.subject)?.signals ?? [];
    const before = target === undefined ? undefined : attribution.lastUnder(target, signals);
    return before === undefined || !fails(before);
  });
  if (worse !== undefined)
    return { is: 'failed', because: `${worse.subject} failed in the first run after the rollback` };
  return { is: 'passed', because: 'the first run after the rollback succeeded' };
}

/** What a trial is judged by: the facts, and every breach under what runs now. */
export interface TriedIn {
  readonly facts: Facts;
  readonly now: Instant;
  readonly assessed: readonly Assessed[];
}

/** A new breach, beside the data, that began after the resume: a DAG's run failed for good, a container died. */
function hasBegun({ breach, firing, effective }: Assessed, since: Instant): boolean {
  if (!firing || effective === 'leave' || breach.since < since) return false;
  return !isOfARun(breach.signal) && atLeast(breach.severity, 'high');
}

/** The signals of the first invocation, not ours, that began after the schedule was resumed. */
function firstForeignRun(facts: Facts, since: Instant): readonly Signal[] {
  const runs = new Map<string, Signal[]>();
  for (const { signals } of facts.history.subjects()) {
    for (const signal of signals) {
      if (signal.began < since || signal.startedBy !== null || signal.invocation === null) continue;
      if (signal.attributes.status === 'no-evidence') continue;
      runs.set(signal.invocation, [...(runs.get(signal.invocation) ?? []), signal]);
    }
  }
  const proving = [...runs.values()].filter((signals) =>
    signals.some((each) => facts.evidenceKinds.has(each.kind) || fails(each)),
  );
  return proving.sort((a, b) => (a[0]?.began ?? 0) - (b[0]?.began ?? 0))[0] ?? [];
}
