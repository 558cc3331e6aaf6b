import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../src/adapters/prometheus/families.ts';
import { createMeter } from '../src/adapters/prometheus/index.ts';
import { anchorsOf } from './markdown.ts';
import { alertRules, dashboard, expressions, MONITORING } from './shipped-monitoring.ts';

/** Every metric as a scrape has it, with the labels that it may have; those of the process too. */
async function scraped(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const misused = (what: string) => expect.unreachable(what);
  const text = await createMeter({ misused }).text();
  const others = [...text.matchAll(/^# TYPE (\S+) /gm)].map(
    ([, name = '']) => [name, new Set<string>()] as const,
  );
  const counted = Object.entries({ ...COUNTERS, ...GAUGES }).map(
    ([name, { labels }]) => [name, new Set<string>(labels)] as const,
  );
  const timed = Object.entries(HISTOGRAMS).map(
    ([name, { labels }]) => [`${name}_bucket`, new Set<string>([...labels, 'le'])] as const,
  );
  return new Map([['up', new Set<string>()], ...others, ...counted, ...timed]);
}

/** Names that an expression asks for, and the labels that it asks them by. */
function asked(expr: string) {
  const series = /\b(rollbackd_\w+|process_\w+|nodejs_\w+|up)(?:\{([^}]*)\})?/g;
  return [...expr.matchAll(series)].map(([, name = '', selector = '']) => ({
    name,
    labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
  }));
}

describe('what is shipped for Prometheus and Grafana', () => {
  it.each(expressions().map(({ where, expr }) => [where, expr]))(
    '%s asks for what there is',
    async (_, expr) => {
      const known = await scraped();
      const names = asked(expr ?? '');
      for (const { name, labels } of names) {
        expect([...known.keys()]).toContain(name);
        // `job` and `instance` come from Prometheus itself.
        for (const label of labels.filter((each) => each !== 'job'))
          expect([...(known.get(name) ?? [])]).toContain(label);
      }
      if (expr !== 'vector(1)') expect(names.length).toBeGreaterThan(0);
    },
  );

  it('each alert has a test of its own', () => {
    const tests = readFileSync(join(MONITORING, 'alerts.test.yml'), 'utf8');
    for (const { alert } of alertRules()) expect(tests).toContain(`alertname: ${alert}\n`);
  });

  it('each alert leads to a chapter that is there', () => {
    const anchors = anchorsOf(readFileSync(join(MONITORING, '../docs/operations.md'), 'utf8'));
    for (const { alert, annotations } of alertRules().filter((each) => each.alert !== 'RollbackdWatchdog')) {
      const [file, anchor] = (annotations.runbook_url ?? '').split('#');
      expect(file, alert).toBe('docs/operations.md');
      expect(anchors, alert).toContain(anchor);
    }
  });

  it('each panel of the dashboard says what it shows, and none covers another', () => {
    const taken = new Set<string>();
    for (const { title, type, description, gridPos } of dashboard().panels) {
      expect(title).not.toBe('');
      if (type !== 'row') expect(description, title).toMatch(/^[A-Z].*\.$/);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x}/${y}`), title).toBe(false);
          taken.add(`${x}/${y}`);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});
