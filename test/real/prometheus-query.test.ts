import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPrometheusSource } from '../../src/adapters/prometheus-query/index.ts';
import { removeDirectory } from '../fakes/directory.ts';
import { ensureDebian } from './install.ts';

const never = new AbortController().signal;
const home = mkdtempSync(join(tmpdir(), 'rollbackd-prometheus-'));
let url = '';
let end: () => Promise<unknown> = async () => undefined;

beforeAll(async () => {
  const prometheus = await ensureDebian('prometheus', 'prometheus');
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  writeFileSync(join(home, 'prometheus.yml'), 'global: {}\n');
  const child = spawn(
    prometheus,
    [
      `--config.file=${home}/prometheus.yml`,
      `--storage.tsdb.path=${home}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  end = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  for (let count = 0; count < 200; count += 1) {
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error('NOT RUN: Prometheus does not start');
});
afterAll(async () => {
  await end();
  removeDirectory(home);
});

async function look(query: string) {
  const source = createPrometheusSource({
    ...{ name: 'metrics', environment: 'production', url, poll: 30_000, mostSeries: 50, now: Date.now },
    ...{ user: null, password: null, token: null, queries: { asked: query } },
  });
  return (await source.observe(never)).signals.map(({ subject, attributes }) => [subject, attributes.value]);
}

it('a scalar and a vector are samples', async () => {
  expect(await look('6 * 7')).toEqual([['asked', 42]]);
  expect(await look('label_replace(vector(3), "topic", "orders", "", "")')).toEqual([
    ['asked{topic=orders}', 3],
  ]);
});

it('what is not a number, without end or not there is unknown', async () => {
  expect(await look('vector(0) / 0')).toEqual([]);
  expect(await look('vector(1) / 0')).toEqual([]);
  expect(await look('there_is_no_such_metric')).toEqual([]);
});

it('a query that it cannot read is refused with its words', async () => {
  await expect(look('sum(')).rejects.toMatchObject({
    reason: 'refused',
    message: expect.stringMatching(/^query asked: bad_data: .*parse error/),
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
