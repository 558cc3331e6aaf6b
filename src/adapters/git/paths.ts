/** The files of the repository that make up the pipeline. */
export interface Paths {
  /** For git commands that take pathspecs. */
  readonly pathspecs: readonly string[];
  /** For `ls-tree`; empty: the top level, to be filtered with `covers`. */
  readonly entries: readonly string[];
  covers(file: string): boolean;
  /** For people: `dbt/, airflow/`. */
  readonly said: string;
}

/** Everything that is no pipeline: workflows, and the daemon's own files. */
const NOT_PIPELINE = ['.github', 'rollbackd.yaml', 'rules'];

/** Reads the configured `paths`; none means everything but workflows and rollbackd's own files. */
export function pathsOf(configured: readonly string[]): Paths {
  const entries = outermost(configured.map(clean).filter((path) => path !== ''));
  const within = (roots: readonly string[], file: string) =>
    roots.some((root) => file === root || file.startsWith(`${root}/`));
  if (entries.length === 0) {
    return {
      pathspecs: [':(top)', ...NOT_PIPELINE.map((path) => `:(top,exclude,literal)${path}`)],
      entries: [],
      covers: (file) => !within(NOT_PIPELINE, file),
      said: `everything but ${NOT_PIPELINE.join(', ')}`,
    };
  }
  return {
    pathspecs: entries.map((path) => `:(top,literal)${path}`),
    entries,
    covers: (file) => within(entries, file),
    said: entries.join(', '),
  };
}

function clean(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** `dbt` makes `dbt/models` superfluous. */
function outermost(paths: readonly string[]): readonly string[] {
  const sorted = [...new Set(paths)].sort();
  return sorted.filter((path) => !sorted.some((other) => other !== path && path.startsWith(`${other}/`)));
}
