import { renameSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRevertPreflight } from '../../../src/adapters/git/index.ts';
import type { GitSandbox } from '../../fakes/git-sandbox.ts';
import { gitSandbox } from '../../fakes/git-sandbox.ts';
import { daemonOn, never, PATHS } from './story.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = gitSandbox();
});
afterEach(() => sandbox.cleanUp());

const preflight = () =>
  createRevertPreflight({ clone: daemonOn(sandbox).clone, branch: 'main', paths: PATHS });
const FINE = { problems: [], warnings: [], needsApproval: [] };

describe('whether a revert could be made', () => {
  it('is answered with yes, and nothing changes at the remote', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const before = sandbox.git('for-each-ref');
    expect(await preflight().check(b, a, never)).toEqual(FINE);
    expect(sandbox.git('for-each-ref')).toBe(before);
  });

  it('tells commits that stay from commits that would be lost', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    const docs = sandbox.commit({ README: '1' }, 'docs');
    const c = sandbox.commit({ 'airflow/dag.py': '1' }, 'a new dag');
    expect(await preflight().check(b, a, never)).toEqual({
      problems: [],
      needsApproval: [
        `main has changes that do not run yet and would be taken back: ${c.slice(0, 7)} a new dag`,
      ],
      warnings: [`These commits on main stay: ${docs.slice(0, 7)} docs`],
    });
  });

  it('says beforehand that git revert would conflict', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1', 'docs/x': '1\n' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2', 'docs/x': '2\n' }, 'b');
    sandbox.commit({ 'docs/x': '3\n' }, 'docs');
    const { warnings } = await preflight().check(b, a, never);
    expect(warnings).toContain(
      `git revert does not lead back to ${a.slice(0, 7)}: its files are put in place as they were`,
    );
  });

  it('says that there is nothing to push', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    sandbox.commit({ 'dbt/a.sql': '1' }, 'by hand');
    const warnings = [`main has the content of ${a.slice(0, 7)} already: nothing to push`];
    expect(await preflight().check(b, a, never)).toEqual({ ...FINE, warnings });
  });

  it('is answered with no after a force push', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const b = sandbox.commit({ 'dbt/a.sql': '2' }, 'b');
    sandbox.author.git('reset', '--quiet', '--hard', a);
    sandbox.author.commit({ 'dbt/a.sql': '3' }, 'c');
    sandbox.author.push('--force');
    expect((await preflight().check(b, a, never)).problems[0]).toMatch(
      /^history-rewritten: the running commit/,
    );
  });

  it('is answered with no where the branch or the whole remote is gone', async () => {
    const a = sandbox.commit({ 'dbt/a.sql': '1' }, 'a');
    const asked = preflight();
    sandbox.git('update-ref', '-d', 'refs/heads/main');
    expect((await asked.check(a, a, never)).problems).toEqual(['The remote has no branch main']);
    renameSync(sandbox.remote, `${sandbox.remote}.away`);
    expect((await asked.check(a, a, never)).problems[0]).toMatch(/does not (exist|appear to be)/);
  });
});
