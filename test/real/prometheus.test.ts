import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createMeter } from '../../src/adapters/prometheus/index.ts';
import { ensureDebian } from './install.ts';

describe('what Prometheus itself says', () => {
  it('has nothing against the metrics', async () => {
    const promtool = await ensureDebian('promtool', 'prometheus');
    const { meter, text } = createMeter({
      environments: ['production'],
      channels: ['mail'],
      levels: ['L1'],
      misused: (what) => {
        throw new Error(what);
      },
    });
    meter.observe(
      'rollbackd_http_request_duration_seconds',
      { method: 'GET', route: '/docs', code: '200' },
      0.01,
    );
    const { status, said } = await checkMetrics(promtool, await text());
    expect(said).toBe('');
    expect(status).toBe(0);
  });

  it('would say it', async () => {
    const promtool = await ensureDebian('promtool', 'prometheus');
    const { status } = await checkMetrics(promtool, '# TYPE things gauge\nthings_total{a="1"} 1\n');
    expect(status).not.toBe(0);
  });
});

async function checkMetrics(
  promtool: string,
  text: string,
): Promise<{ status: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = execFile(promtool, ['check', 'metrics'], { timeout: 30_000 }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, said: `${stdout}${stderr}` });
    });
    child.stdin?.end(text);
  });
}
