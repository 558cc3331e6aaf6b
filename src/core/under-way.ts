import type { Announcement, Unclear } from './deployment.ts';
import type { Environment } from './environment.ts';
import { asRunning } from './succession.ts';
import type { Instant } from './time.ts';

type What = { readonly commit: string; readonly since: Instant } | null;

/** A deployment that a pipeline started and has not yet ended. */
export function underWay(announcements: readonly Announcement[], deploysWithin: number, now: Instant): What {
  const last = reports(announcements).at(-1);
  if (last?.state !== 'started' || now >= last.at + deploysWithin) return null;
  return { commit: last.commit, since: last.at };
}

/** A deployment that failed, while it is the last that a pipeline told of. */
export function lastFailed(announcements: readonly Announcement[]): What {
  const last = reports(announcements).at(-1);
  return last?.state === 'failed' ? { commit: last.commit, since: last.at } : null;
}

/**
 * SEMANTICS, section 1: from when the authority began to change what runs until it says what does, evidence judges
 * no deployment; after a failure that is until the next success. A work tree changes at once.
 */
export function unclear(
  announcements: readonly Announcement[],
  environment: Pick<Environment, 'runs' | 'deploysWithin'>,
): readonly Unclear[] {
  if (environment.runs === 'work-tree') return [];
  if (environment.runs === 'api') return betweenReports(announcements, environment.deploysWithin);
  return betweenHeads(announcements, environment.deploysWithin);
}

/** By when they happened there, whatever the order in which they were told. */
function reports(announcements: readonly Announcement[]): readonly Announcement[] {
  return announcements.filter((each) => each.from === 'api').sort((a, b) => a.at - b.at);
}

/** A start that never ended is over after `deploysWithin`; a failure is not. */
function betweenReports(announcements: readonly Announcement[], deploysWithin: number): readonly Unclear[] {
  const found: Unclear[] = [];
  let isOpen = false;
  for (const { state, at } of reports(announcements)) {
    const last = isOpen ? found.pop() : undefined;
    isOpen = state !== 'succeeded';
    if (!isOpen && last === undefined) continue;
    const hasFailed = state === 'failed' || last?.until === null;
    found.push({ from: last?.from ?? at, until: isOpen ? (hasFailed ? null : at + deploysWithin) : at });
  }
  return found;
}

/** From when another version became the head until it, or a later one, counts as running. */
function betweenHeads(announcements: readonly Announcement[], deploysWithin: number): readonly Unclear[] {
  const byTime = [...announcements].sort((a, b) => a.at - b.at);
  const heads = byTime
    .filter((each) => each.from === 'branch')
    .sort((a, b) => a.seenAt - b.seenAt)
    .filter((each, index, all) => each.version !== all[index - 1]?.version)
    .map((each) => ({ from: each.seenAt, runs: asRunning(each, byTime, deploysWithin).at }));
  return heads.map(({ from }, index) => {
    const until = Math.min(...heads.slice(index).map((each) => each.runs));
    return { from, until: Number.isFinite(until) ? until : null };
  });
}
