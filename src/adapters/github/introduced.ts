import { OutsideError } from '../../core/errors.ts';
import type { Repository } from '../../ports/repository.ts';
import type { Alert } from './alert-schema.ts';
import type { Run } from './schema.ts';

/** Whether the deployment that an alert came with brought it. */
export type Introduced = 'yes' | 'no' | 'unknown';

interface Around {
  readonly repository: Repository;
  /** Of the deploy workflow, newest first. */
  readonly runs: readonly Run[];
  /** What makes up the pipeline; empty: everything. */
  readonly paths: readonly string[];
}

/**
 * `yes`: it was created after the commits of one deployment, and they changed the file or the manifest that it is
 * about. `no`: one of both is not so. What cannot be told stays `unknown`.
 */
export async function wasIntroduced(alert: Alert, around: Around, abort: AbortSignal): Promise<Introduced> {
  const { path } = alert;
  if (path === null) return 'unknown';
  const deployed = around.runs
    .filter(({ conclusion }) => conclusion === 'success')
    .map(({ commit }) => commit);
  const commits = deployed.filter((commit, index) => commit !== deployed[index - 1]);
  try {
    return await amongChanges({ alert, path, commits }, around, abort);
  } catch (error) {
    if (error instanceof OutsideError) return 'unknown';
    throw error;
  }
}

interface Question {
  readonly alert: Alert;
  readonly path: string;
  /** Deployed ones, newest first, each once in a row. */
  readonly commits: readonly string[];
}

async function amongChanges(
  { alert, path, commits }: Question,
  { repository, paths }: Around,
  abort: AbortSignal,
): Promise<Introduced> {
  if (alert.commit !== null && !commits.includes(alert.commit)) {
    const seen = await repository.find(alert.commit, abort);
    const newest = commits[0] === undefined ? undefined : await repository.find(commits[0], abort);
    // It came with a commit that no deployment has brought yet.
    if (seen === undefined || newest === undefined) return 'unknown';
    if (seen.at > newest.at && alert.createdAt >= seen.at) return 'unknown';
  }
  for (const [index, commit] of commits.entries()) {
    const before = commits[index + 1];
    const [facts, start] = await Promise.all([
      repository.find(commit, abort),
      before === undefined ? undefined : repository.find(before, abort),
    ]);
    if (facts === undefined) return 'unknown';
    // An alert is newer than the commit that it is about: this deployment came later.
    if (alert.createdAt < facts.at && alert.commit !== commit) continue;
    if (before === undefined || start === undefined) return 'unknown';
    if (alert.createdAt < start.at) return 'no';
    const changed = await repository.changedFiles(before, commit, abort);
    if (changed.includes(path)) return 'yes';
    // Files beside the pipeline are not compared.
    return paths.length === 0 || paths.some((prefix) => path.startsWith(prefix)) ? 'no' : 'unknown';
  }
  return commits.length === 0 ? 'unknown' : 'no';
}
