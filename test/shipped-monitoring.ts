import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

export const MONITORING = join(import.meta.dirname, '..', 'monitoring');

const rule = z.object({ alert: z.string(), expr: z.string(), annotations: z.record(z.string(), z.string()) });
const ruleFile = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) });
const panel = z.object({
  title: z.string(),
  type: z.string(),
  description: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.object({ expr: z.string() })).default([]),
});
const annotation = z.object({ name: z.string(), expr: z.string() });
const board = z.object({
  panels: z.array(panel),
  annotations: z.object({ list: z.array(annotation) }),
});

/** The alerts that are shipped. */
export function alertRules(): readonly z.infer<typeof rule>[] {
  const text = readFileSync(join(MONITORING, 'alerts.yml'), 'utf8');
  return ruleFile.parse(parse(text)).groups.flatMap(({ rules }) => rules);
}

/** The Grafana dashboard that is shipped. */
export function dashboard(): z.infer<typeof board> {
  return board.parse(JSON.parse(readFileSync(join(MONITORING, 'grafana/dashboards/rollbackd.json'), 'utf8')));
}

/** Every question that is put to Prometheus, with Grafana's variables filled in. */
export function expressions(): readonly { readonly where: string; readonly expr: string }[] {
  const { panels, annotations } = dashboard();
  const shown = panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }, index) => ({ where: `panel ${title} ${index + 1}`, expr })),
  );
  const noted = annotations.list.map(({ name, expr }) => ({ where: `annotation ${name}`, expr }));
  const alerts = alertRules().map(({ alert, expr }) => ({ where: `alert ${alert}`, expr }));
  return [...alerts, ...shown, ...noted].map(({ where, expr }) => ({
    where,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:environment|source)/g, '.*'),
  }));
}
