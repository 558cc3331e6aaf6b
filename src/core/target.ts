import type { Candidate } from './decision.ts';
import { type Deployment, short } from './deployment.ts';
import type { Facts } from './facts.ts';

/** Where a rollback would go, or why it cannot. */
export interface Target {
  readonly deployment: Deployment | null;
  /** `same-code`: the last good one has the version that runs; an older one is never taken instead. */
  readonly because: string;
  readonly sameCode: boolean;
  readonly candidates: readonly Candidate[];
}

/** SEMANTICS, section 2: the newest good deployment before the running one, not quarantined; never "the previous". */
export function chooseTarget(facts: Facts, running: Deployment | undefined): Target {
  const none = { deployment: null, sameCode: false };
  if (running === undefined) return { ...none, because: 'nothing runs that is known', candidates: [] };
  const candidates: Candidate[] = [];
  const earlier = facts.deployments.filter((each) => each.sequence < running.sequence).reverse();
  for (const deployment of earlier) {
    const rejected = whyNot(deployment, facts);
    if (rejected !== undefined) {
      candidates.push(candidate(deployment, false, rejected));
      continue;
    }
    if (deployment.version === running.version) {
      const because = `${short(deployment.commit)}, the last good one, has the same content as ${short(running.commit)}: going back cannot help`;
      candidates.push(candidate(deployment, false, 'same content as what runs'));
      return { deployment: null, sameCode: true, because, candidates };
    }
    candidates.push(candidate(deployment, true, `known good: ${deployment.because}`));
    return { deployment, sameCode: false, because: deployment.because, candidates };
  }
  return { ...none, because: 'no earlier deployment was ever proven good', candidates };
}

function whyNot(deployment: Deployment, facts: Facts): string | undefined {
  const quarantine = facts.quarantined.find((each) => each.version === deployment.version);
  if (quarantine !== undefined) return `quarantined by ${quarantine.by}`;
  if (deployment.verdict === 'good') return undefined;
  if (deployment.verdict === 'superseded') return 'superseded before it was proven';
  return deployment.verdict === 'bad' ? `bad: ${deployment.because}` : 'never proven good';
}

function candidate(deployment: Deployment, chosen: boolean, because: string): Candidate {
  return { deployment: deployment.id, commit: deployment.commit, chosen, because };
}
