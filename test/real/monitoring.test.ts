import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { removeDirectory } from '../fakes/directory.ts';
import { expressions, MONITORING } from '../shipped-monitoring.ts';
import { ensureDebian } from './install.ts';

describe('the alerts that are shipped, as Prometheus reads them', () => {
  let promtool: string;
  beforeAll(async () => {
    promtool = await ensureDebian('promtool', 'prometheus');
  });

  it.each([
    ['the configuration is valid', ['check', 'config', 'prometheus.yml']],
    ['the rules are valid', ['check', 'rules', 'alerts.yml']],
    ['every alert fires when it should and only then', ['test', 'rules', 'alerts.test.yml']],
  ])('%s', async (_title, args) => {
    const { code, said } = await run(promtool, args);
    expect(said).not.toContain('FAILED');
    expect(code, said).toBe(0);
  });

  it('every question of the dashboard is one that Prometheus understands', async () => {
    const home = mkdtempSync(join(tmpdir(), 'rollbackd-monitoring-'));
    try {
      const rules = expressions().map(({ where, expr }, index) => ({
        record: `asked:${index}`,
        expr,
        labels: { where },
      }));
      const file = join(home, 'asked.yml');
      writeFileSync(file, stringify({ groups: [{ name: 'asked', rules }] }));
      const { code, said } = await run(promtool, ['check', 'rules', file]);
      expect(code, said).toBe(0);
      expect(said).toContain(`${rules.length} rules found`);
    } finally {
      removeDirectory(home);
    }
  });

  it('a broken rule would be found', async () => {
    const { code } = await run(promtool, ['check', 'rules', 'prometheus.yml']);
    expect(code).not.toBe(0);
  });
});

function run(program: string, args: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { cwd: MONITORING, timeout: 60_000 }, (_error, out, err) => {
      resolve({ code: child.exitCode, said: `${out}${err}` });
    });
  });
}
