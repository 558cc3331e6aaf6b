import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Airflow, createAirflow } from '../../../src/adapters/airflow/index.ts';
import { OutsideError } from '../../../src/core/errors.ts';
import { addressOf, never } from './setting.ts';

interface Recording {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
}

const FIXTURES = join(import.meta.dirname, '../../fixtures/airflow');

/** How a recorded request is made through the client; undefined for what we never ask. */
function callOf({
  request: { method, path, body },
}: Recording): ((airflow: Airflow) => Promise<unknown>) | undefined {
  const [first, dag, second, run, third, fourth] = path.split('/').slice(3).map(decodeURIComponent);
  if (fourth !== undefined) return undefined;
  const all = { dag: dag === '~' ? null : (dag ?? null), run: run === '~' ? null : (run ?? null) };
  if (method === 'PATCH' && first === 'dags' && dag !== undefined) {
    if (second === undefined) return (airflow) => airflow.setPaused(dag, isPaused(body), never);
    return run === undefined ? undefined : (airflow) => airflow.failRun(dag, run, never);
  }
  if (method !== 'GET') return undefined;
  if (path.endsWith('/health')) return (airflow) => airflow.health(never);
  if (path.endsWith('/version')) return (airflow) => airflow.version(never);
  if (first === 'importErrors' && dag === undefined) return (airflow) => airflow.importErrors(never);
  if (first !== 'dags') return undefined;
  if (dag === undefined) return (airflow) => airflow.dags(100, never);
  if (second === undefined) return (airflow) => airflow.dag(dag, never);
  if (third === 'taskInstances') return (airflow) => airflow.tasks(all, never);
  return second === 'dagRuns' && run === undefined
    ? (airflow) => airflow.runs({ ...all, states: [] }, never)
    : undefined;
}

function isPaused(body: unknown): boolean {
  return (body as { is_paused?: unknown } | undefined)?.is_paused === true;
}

describe.each(['2.10.5', '3.3.2'])('what Airflow %s was recorded to answer', (version) => {
  const isOld = version === '2.10.5';
  const api = isOld ? '/api/v1' : '/api/v2';
  const recordings = readdirSync(join(FIXTURES, version)).map(
    (file): Recording => ({ name: file, ...JSON.parse(readFileSync(join(FIXTURES, version, file), 'utf8')) }),
  );
  /** The reply that is played now, and what was asked for it. */
  let playing: Recording | undefined;
  const asked: string[] = [];
  const wrong: string[] = [];
  const server = createServer((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const own = path.endsWith('/version') || path === '/auth/token';
    const reply = own && playing?.request.path !== path ? accepted(path) : playing;
    if (path.startsWith('/api') && !/version|health/.test(path)) {
      asked.push(`${request.method} ${path}`);
      if (!/^(Basic YWRtaW46|Bearer <token>)/.test(request.headers.authorization ?? ''))
        wrong.push(`${path}: no login`);
      if (request.method === 'GET' && /s$/.test(path) && !/limit=100&offset=\d+/.test(query))
        wrong.push(`${path}: no page`);
      if (path.includes('+')) wrong.push(`${path}: not encoded`);
    }
    const { status, headers, body, text } = reply ?? { status: 404, headers: {} };
    response.writeHead(status, headers).end(text ?? (body === undefined ? '' : JSON.stringify(body)));
  });
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  function accepted(path: string): Recording | undefined {
    return recordings.find(
      ({ name, request }) => request.path === path && /^(version|token)\.json$/.test(name),
    );
  }

  const ours = recordings.filter((each) => callOf(each) !== undefined && each.request.path.startsWith(api));

  test('is mostly what we ask', () => {
    expect(ours.length).toBeGreaterThan(45);
    expect(recordings.length).toBeGreaterThan(80);
  });

  test.each(ours.map((each) => [each.name, each] as const))('%s is understood', async (_, recording) => {
    playing = recording;
    asked.length = 0;
    const airflow = createAirflow({ ...addressOf({ url, password: 'admin' }) });
    const call = callOf(recording);
    const { status, request } = recording;
    const outcome = await call?.(airflow).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (status < 300) {
      expect(outcome).toHaveProperty('value');
      expectCount(recording, outcome);
    } else if (status === 404 && request.method === 'GET' && 'value' in (outcome ?? {})) {
      expect([undefined, []]).toContainEqual((outcome as { value: unknown }).value);
    } else {
      const { error } = outcome as { error: unknown };
      expect(error).toBeInstanceOf(OutsideError);
      expect((error as OutsideError).message).not.toMatch(/<html|<!DOCTYPE|undefined|\[object/i);
      const reasons: Record<number, string> = { 401: 'auth', 500: 'unexpected-reply' };
      expect((error as OutsideError).reason).toBe(reasons[status] ?? 'refused');
    }
    if (!/version|health/.test(request.path))
      expect(asked[0]).toBe(`${request.method} ${encoded(request.path)}`);
    expect(wrong).toEqual([]);
  });

  /** The list has as many entries as the reply says, in all pages: nothing is dropped. */
  function expectCount({ body }: Recording, outcome: unknown): void {
    const list = Object.values((body ?? {}) as Record<string, unknown>).find(Array.isArray);
    const value = (outcome as { value: unknown }).value;
    const found = Array.isArray(value) ? value : (value as { dags?: unknown[] } | undefined)?.dags;
    if (list === undefined || found === undefined) return;
    expect(found.length >= list.length).toBe(true);
  }
});

/** The recording may have been asked without encoding; we never do. */
function encoded(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(decodeURIComponent(part)))
    .join('/');
}
