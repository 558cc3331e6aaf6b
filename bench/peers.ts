import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { find, freePort, type Running, start } from './program.ts';

/** A peer that runs, and its address. */
export interface Peer extends Running {
  readonly url: string;
}

/** Alertmanager, which tells a webhook at once; null where it is not installed. */
export async function startAlertmanager(
  directory: string,
  webhook = 'http://127.0.0.1:9/',
): Promise<Peer | null> {
  const program = find('prometheus-alertmanager') ?? find('alertmanager');
  if (program === null) return null;
  const home = join(directory, 'alertmanager');
  await mkdir(home, { recursive: true });
  const config = join(home, 'alertmanager.yml');
  await writeFile(
    config,
    `route: { receiver: hook, group_by: [alertname, trial], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers: [{ name: hook, webhook_configs: [{ url: "${webhook}", send_resolved: false }] }]
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const argv = [
    program,
    `--config.file=${config}`,
    `--storage.path=${join(home, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ];
  const url = `http://${address}`;
  return { url, ...(await start({ argv, ready: `${url}/-/ready` })) };
}

export interface PrometheusOptions {
  /** `1s`: of scraping and of evaluating. */
  readonly interval?: string;
  /** Text of a rule file. */
  readonly rules?: string;
  /** host:port of what is scraped. */
  readonly exporter?: string;
  /** host:port */
  readonly alertmanager?: string;
}

/** Prometheus; null where it is not installed. */
export async function startPrometheus(
  directory: string,
  options: PrometheusOptions = {},
): Promise<Peer | null> {
  const program = find('prometheus');
  if (program === null) return null;
  const home = join(directory, 'prometheus');
  await mkdir(home, { recursive: true });
  const config = join(home, 'prometheus.yml');
  const { interval = '15s', rules = 'groups: []\n', exporter, alertmanager } = options;
  const targets = exporter === undefined ? [] : [exporter];
  const managers = alertmanager === undefined ? [] : [alertmanager];
  await writeFile(join(home, 'rules.yml'), rules);
  await writeFile(
    config,
    `global: { scrape_interval: ${interval}, scrape_timeout: ${interval}, evaluation_interval: ${interval} }
rule_files: [rules.yml]
scrape_configs: [{ job_name: bench, static_configs: [{ targets: ${JSON.stringify(targets)} }] }]
alerting: { alertmanagers: [{ static_configs: [{ targets: ${JSON.stringify(managers)} }] }] }
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const argv = [
    program,
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(home, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
  ];
  const url = `http://${address}`;
  return { url, ...(await start({ argv, ready: `${url}/-/ready` })) };
}
