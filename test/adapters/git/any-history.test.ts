import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gitSandbox } from '../../fakes/git-sandbox.ts';
import { commitOf, daemonOn, doRevert, never, revertInput } from './story.ts';

/** A few files, inside and outside of paths, of which one is sometimes a folder. */
const FILES = ['dbt/a.sql', 'dbt/b', 'dbt/b/c.sql', 'airflow/dag.py', 'README', 'docs/x.md'] as const;

const change = fc.record({
  file: fc.constantFrom(...FILES),
  text: fc.constantFrom(null, '1\n', '2\n', '3\n'),
  branch: fc.constantFrom('main', 'main', 'side'),
  merge: fc.constantFrom('no', 'no', '--no-ff', '--squash'),
});

it('after a revert the tree under paths is the target’s, and everything else is the head’s, whatever the history', async () => {
  const history = fc.record({
    before: fc.array(change, { minLength: 1, maxLength: 3 }),
    between: fc.array(change, { minLength: 1, maxLength: 4 }),
    after: fc.array(fc.constantFrom('README', 'docs/x.md'), { maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ before, between, after }) => {
      const sandbox = gitSandbox();
      try {
        sandbox.commit({ 'dbt/a.sql': '0\n', 'airflow/dag.py': '0\n', README: '0\n' }, 'root');
        const to = tell(sandbox, before);
        const from = tell(sandbox, between);
        for (const [index, file] of after.entries()) sandbox.commit({ [file]: `after ${index}\n` }, 'kept');
        const head = sandbox.git('rev-parse', 'main');
        const daemon = daemonOn(sandbox);
        const r = commitOf(await doRevert(daemon, await revertInput(daemon, from, to)));
        expect(listing(sandbox, r, true)).toEqual(listing(sandbox, to, true));
        expect(listing(sandbox, r, false)).toEqual(listing(sandbox, head, false));
        expect(sandbox.git('rev-parse', 'main')).toBe(r);
        expect((await daemon.repository.between(head, r, never)).commits.length).toBeLessThanOrEqual(1);
      } finally {
        sandbox.cleanUp();
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 120_000);

type Sandbox = ReturnType<typeof gitSandbox>;

/** Lives through the changes, on main and on a side branch that is sometimes merged; returns where main ends. */
function tell(
  sandbox: Sandbox,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
): string {
  const { author } = sandbox;
  author.git('branch', '--force', 'side', 'main');
  for (const [index, { file, text, branch, merge }] of changes.entries()) {
    author.git('checkout', '--quiet', branch);
    author.write({
      ...(file === 'dbt/b' ? { 'dbt/b': null } : {}),
      ...(file === 'dbt/b/c.sql' ? { 'dbt/b': null } : {}),
    });
    author.commit({ [file]: text }, `change ${index} of ${file}`);
    author.git('checkout', '--quiet', 'main');
    if (merge !== 'no') mergeSide(sandbox, merge);
  }
  author.push();
  return author.git('rev-parse', 'main');
}

function mergeSide({ author }: Sandbox, how: '--no-ff' | '--squash'): void {
  try {
    author.git(
      'merge',
      '--quiet',
      '-X',
      'theirs',
      how,
      'side',
      ...(how === '--no-ff' ? ['-m', 'merge side'] : []),
    );
    if (how === '--squash') author.git('commit', '--quiet', '--allow-empty', '-m', 'side (#1)');
  } catch {
    author.git('reset', '--quiet', '--hard');
  }
}

function listing(sandbox: Sandbox, commit: string, inside: boolean): string[] {
  const lines = sandbox.git('ls-tree', '-r', commit).split('\n');
  return lines.filter((line) => /\t(dbt|airflow)\//.test(line) === inside);
}
