import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/adapters/prometheus/families.ts';
import { anchorsOf } from '../markdown.ts';
import { ensureDebian } from './install.ts';

const ROOT = join(import.meta.dirname, '../..');
const MONITORING = join(ROOT, 'monitoring');

const rule = z.object({ alert: z.string(), expr: z.string(), annotations: z.record(z.string(), z.string()) });
const ruleFile = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) });
const rules = ruleFile
  .parse(parse(readFileSync(join(MONITORING, 'alerts.yml'), 'utf8')))
  .groups.flatMap((group) => group.rules);

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

  it('a broken rule would be found', async () => {
    const { code } = await run(promtool, ['check', 'rules', 'prometheus.yml']);
    expect(code).not.toBe(0);
  });
});

describe('the alerts that are shipped', () => {
  it('ask only for metrics and labels that rollbackd has', () => {
    const families = { ...COUNTERS, ...GAUGES, ...HISTOGRAMS };
    const known = new Map(Object.entries(families).map(([name, family]) => [name, family.labels]));
    for (const { alert, expr } of rules) {
      for (const [, name = '', selector = ''] of expr.matchAll(/(rollbackd_[a-z_]+)(\{[^}]*\})?/g)) {
        expect(known.has(name), `${alert}: ${name}`).toBe(true);
        const labels = [...selector.matchAll(/([a-z_]+)\s*=~?/g)].map(([, label]) => label);
        expect(known.get(name), `${alert}: ${name}${selector}`).toEqual(expect.arrayContaining(labels));
      }
    }
  });

  it('each have a test of theirs', () => {
    const tests = readFileSync(join(MONITORING, 'alerts.test.yml'), 'utf8');
    for (const { alert } of rules) expect(tests).toContain(`alertname: ${alert}\n`);
  });

  it('each lead to a chapter that is there', () => {
    const anchors = anchorsOf(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8'));
    for (const { alert, annotations } of rules.filter((each) => each.alert !== 'RollbackdWatchdog')) {
      const [file, anchor] = (annotations.runbook_url ?? '').split('#');
      expect(file, alert).toBe('docs/operations.md');
      expect(anchors, alert).toContain(anchor);
    }
  });
});

function run(program: string, args: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { cwd: MONITORING, timeout: 60_000 }, (_error, out, err) => {
      resolve({ code: child.exitCode, said: `${out}${err}` });
    });
  });
}
