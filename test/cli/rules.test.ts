import { describe, expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/io.ts';
import { ROLLBACK_VERBS } from '../../src/runbooks/roll-back.ts';
import { readRuleFiles } from '../../src/settings/files.ts';
import { SIGNAL_KINDS } from '../../src/source-types.ts';
import { terminal } from './terminal.ts';

/** The rules that ship with rollbackd. */
function shipped(over: Partial<CliIo> = {}) {
  return terminal({
    cwd: process.cwd(),
    kinds: async () => SIGNAL_KINDS,
    rollbackVerbs: async () => ROLLBACK_VERBS,
    readRuleFiles: async (paths) => readRuleFiles(paths).files,
    ...over,
  });
}

const MATRIX = 'rules/decision-matrix.yaml';

describe('rules check', () => {
  it('finds the shipped rules right', async () => {
    const { run, stdout } = shipped();
    expect(await run('rules', 'check')).toBe(0);
    expect(stdout()).toMatch(/^\d+ files, \d+ rules, \d+ tests: no errors\.\n$/);
  });

  it('ends with 1 for a mistake, and points at it', async () => {
    const text = 'rules:\n  - name: x\n    sginal: dbt.test\n';
    const { run, stdout } = shipped({ readRuleFiles: async () => [{ path: 'rules/x.yaml', text }] });
    expect(await run('rules', 'check')).toBe(1);
    expect(stdout()).toMatch(
      /rules\/x\.yaml:3:5\n.*\n 3 \| {5}sginal: dbt\.test\n.*\^+ did you mean "signal"\?/,
    );
  });

  it('ends with 2 where no file is', async () => {
    const { run } = shipped({ readRuleFiles: async () => [] });
    expect(await run('rules', 'check', 'nowhere/')).toBe(2);
  });

  it('gives programs every mistake with its place', async () => {
    const { run, stdout } = shipped({ readRuleFiles: async () => [{ path: 'x.yaml', text: 'rules: 3\n' }] });
    expect(await run('rules', 'check', '--output', 'json')).toBe(1);
    expect(JSON.parse(stdout())).toMatchObject({ exit_code: 1, diagnostics: [{ file: 'x.yaml', line: 1 }] });
  });
});

describe('rules test', () => {
  it('runs the shipped tests, and writes JUnit where it is told to', async () => {
    const written: string[] = [];
    const { run, stdout } = shipped({ writeFile: async (path, text) => void written.push(path, text) });
    expect([await run('rules', 'test', '--junit', '/tmp/junit.xml'), stdout()]).toEqual([
      0,
      expect.stringMatching(/\d+ passed, in 0\.00 s\. Report: \/tmp\/junit\.xml\n$/),
    ]);
    expect(written[0]).toBe('/tmp/junit.xml');
    expect(written[1]).toMatch(/^<\?xml.*<testsuites name="rollbackd rules" tests="\d+" failures="0"/s);
  });

  it('runs the tests of one file against all rules', async () => {
    const { run, stdout } = shipped();
    expect(await run('rules', 'test', 'rules/triggers/stale-source.test.yaml', '--output', 'json')).toBe(0);
    const { tests } = JSON.parse(stdout()) as { tests: { file: string }[] };
    expect(new Set(tests.map((test) => test.file))).toEqual(
      new Set(['rules/triggers/stale-source.test.yaml']),
    );
  });

  it('shows its shapes without UTF-8 too', async () => {
    const { run, stdout } = shipped({ utf8: false });
    await run('rules', 'test');
    expect(stdout()).toMatch(/^ {2}ok {2}rules\/triggers\//m);
    expect(stdout()).not.toContain('●');
  });

  it('tests nothing while the rules have mistakes', async () => {
    const { run, stderr } = shipped({ readRuleFiles: async () => [{ path: 'x.yaml', text: 'rules: 3\n' }] });
    expect(await run('rules', 'test')).toBe(1);
    expect(stderr()).toContain('the rules have mistakes, so nothing was tested');
  });

  it('says when no test is in what was named', async () => {
    const { run, stderr } = shipped();
    expect(await run('rules', 'test', MATRIX)).toBe(2);
    expect(stderr()).toContain(`is in ${MATRIX}.`);
  });
});
