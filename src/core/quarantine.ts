import type { Considering } from './consider.ts';
import type { Context } from './context.ts';
import type { Decision } from './decision.ts';
import { type Deployment, running, short } from './deployment.ts';
import { isFinal } from './incident.ts';
import { lookUp } from './matrix.ts';
import { chooseTarget } from './target.ts';

/**
 * SEMANTICS, section 2: a version that was rolled back and runs again is asked about, never acted on, while there
 * is no new evidence. A person who lets it through (`allow`, or a ruling that lifts the quarantine) ends that.
 */
export function askAboutQuarantined(context: Context): Considering | undefined {
  const { facts } = context;
  const runs = running(facts.deployments);
  const quarantine = facts.quarantined.find(
    (each) => each.version === runs?.version && each.at < runs.deployedAt,
  );
  if (runs === undefined || quarantine === undefined || runs.kind === 'rollback') return undefined;
  if (facts.allowed.some((each) => each.commit === runs.commit)) return undefined;
  if (facts.incidents.some((each) => isFinal(each.state) && each.blamed === runs.id)) return undefined;
  const row = context.matrix.find((each) => each.approvers !== null) ?? null;
  return {
    incident: facts.incidents.find((each) => !isFinal(each.state) && each.blamed === runs.id),
    blamed: runs,
    breaches: [],
    severity: 'high',
    impact: 'production-down',
    row:
      facts.environment.tier === 'production'
        ? row
        : lookUp(context.matrix, 'high', 'production-down', 'non-production'),
    title: `${short(runs.commit)} was rolled back by ${quarantine.by} and runs again`,
    decision: decisionAbout(runs, quarantine.by, context),
  };
}

function decisionAbout(runs: Deployment, by: string, { facts }: Context): Decision {
  const target = chooseTarget(facts, runs).deployment;
  const because = `its version is quarantined by ${by}; nothing is done on old evidence`;
  const base = {
    would: 'ask' as const,
    by: 'quarantined',
    because,
    until: null,
    target: target?.id ?? null,
    trace: null,
  };
  if (facts.environment.tier !== 'production') return { ...base, do: 'monitor' };
  if (facts.mode.mode === 'shadow') return { ...base, do: 'suppressed', by: 'shadow' };
  return target === null ? { ...base, do: 'escalate', by: 'no-target' } : { ...base, do: 'ask' };
}
