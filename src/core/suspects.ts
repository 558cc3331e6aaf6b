import { short } from './deployment.ts';
import type { Facts } from './facts.ts';
import type { Breach } from './verdict.ts';

/** What lies between the last good deployment and what runs. */
export interface Changes {
  /** Commits of the two deployments. */
  readonly from: string;
  readonly to: string;
  /** Files under `paths` that differ. */
  readonly files: readonly string[];
  /** Newest first, each with the files it changed. */
  readonly commits: readonly {
    readonly commit: string;
    readonly subject: string;
    readonly files: readonly string[];
  }[];
}

/** What a subject is made of, as its project says it. Paths count from the project's directory. */
export interface Lineage {
  /** Its own file, then what it looks at, then what that is built from: nearest first. */
  readonly files: ReadonlySet<string>;
  /** Whether a file makes one node of the project and nothing else: a model, a seed; not a macro or a setting. */
  readonly isNode: (file: string) => boolean;
}

/** Whether what was changed can have caused a breach, by what its subject is built from. */
export type Suspicion =
  | { readonly is: 'unknown' }
  /** Nothing that it is built from was changed, nor anything that everything is built with. */
  | { readonly is: 'could-not'; readonly because: string }
  | { readonly is: 'could'; readonly suspects: readonly Suspect[] };

export interface Suspect {
  readonly commit: string;
  readonly subject: string;
  readonly file: string;
}

/** Ranks the commits that touched what a breach's subject is built from: the nearest file first, then the newest commit. */
export function suspicionOf(breach: Breach, { changes, lineage, deployments }: Facts): Suspicion {
  const running = deployments.findLast((each) => each.endedAt === null);
  if (changes === null || running === undefined || changes.to !== running.commit) return { is: 'unknown' };
  const known = lineage(breach.rule.signal, breach.subject);
  if (known === undefined || changes.files.length === 0) return { is: 'unknown' };
  const near = touched(known.files, changes.files);
  if (near.length === 0 && changes.files.every((file) => known.isNode(file))) {
    const count = changes.files.length === 1 ? 'the one file' : `the ${changes.files.length} files`;
    const because = `${breach.subject} is built from none of ${count} that changed since ${short(changes.from)}`;
    return { is: 'could-not', because };
  }
  const suspects = near.flatMap((path) =>
    changes.commits
      .filter(({ files }) => files.some((file) => isAt(file, path)))
      .map(({ commit, subject }) => ({ commit, subject, file: path })),
  );
  return { is: 'could', suspects };
}

/** Paths of a project that files of its repository are at, nearest first. */
function touched(paths: ReadonlySet<string>, files: readonly string[]): readonly string[] {
  const hits = new Set(files.flatMap((file) => endingsOf(file).find((path) => paths.has(path)) ?? []));
  return hits.size === 0 ? [] : [...paths].filter((path) => hits.has(path));
}

/** A project may lie anywhere in its repository: `dbt/models/a.sql` is at `models/a.sql` too. */
export function endingsOf(file: string): readonly string[] {
  const parts = file.split('/');
  return parts.map((_, from) => parts.slice(from).join('/'));
}

/** Who is looked at first, as a clause; empty where nobody stands out. */
export function saySuspects({ suspects }: Extract<Suspicion, { is: 'could' }>, blamed: string): string {
  const commits = [...new Map(suspects.map((each) => [each.commit, each])).values()];
  const named = commits
    .slice(0, 2)
    .map(({ commit, file }) => `${commit === blamed ? 'it' : short(commit)} changed ${file}`);
  const more = commits.length > 2 ? ` and ${commits.length - 2} more` : '';
  return named.length === 0 ? '' : `; ${named.join(', ')}${more}`;
}

function isAt(file: string, path: string): boolean {
  return file === path || file.endsWith(`/${path}`);
}
