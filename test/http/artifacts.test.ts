import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PushedArtifacts } from '../../src/ports/control.ts';
import { type FakeServer, startFakeServer } from '../fakes/http-server.ts';

const results = Buffer.from('{"results": []}');

function form(parts: Readonly<Record<string, string | Buffer>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, new Blob([new Uint8Array(value)]), `${name}.json`);
  }
  return data;
}

async function push(fake: FakeServer, parts: Readonly<Record<string, string | Buffer>>) {
  return fake.ask('POST', '/api/v1/dbt/artifacts', { as: 'deploy', body: form(parts) });
}

function pushed(fake: FakeServer): PushedArtifacts {
  return fake.control.calls[0]?.given[1] as PushedArtifacts;
}

describe('artifacts that are pushed', () => {
  it('arrive as they were, and the receipt says what they brought', async () => {
    await using fake = await startFakeServer();
    const reply = await push(fake, {
      environment: 'production',
      source: 'dbt-prod',
      run_results: results,
      manifest: Buffer.from('{}'),
    });
    expect(reply.status, reply.text).toBe(202);
    expect(reply.body).toEqual({ invocation: 'inv-1', signals: 3, duplicate: false, no_evidence: null });
    expect(pushed(fake)).toEqual({
      environment: 'production',
      source: 'dbt-prod',
      runResults: results,
      manifest: Buffer.from('{}'),
      sources: null,
    });
  });

  it('are unzipped, whatever they are called', async () => {
    await using fake = await startFakeServer();
    await push(fake, { environment: 'production', run_results: gzipSync(results) });
    expect(pushed(fake).runResults).toEqual(results);
  });

  it('that cannot be unzipped are refused', async () => {
    await using fake = await startFakeServer();
    const torn = gzipSync(Buffer.alloc(10_000, 'x')).subarray(0, 30);
    const reply = await push(fake, { environment: 'production', run_results: torn });
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('/run_results');
    expect(fake.control.calls).toEqual([]);
  });

  it('that grow past the bound when unzipped are refused, and so is what is too large as it is', async () => {
    await using fake = await startFakeServer({ limits: { unzipped: 100_000, upload: 50_000 } });
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(bomb.length).toBeLessThan(50_000);
    expect((await push(fake, { environment: 'production', manifest: bomb })).status).toBe(413);
    expect(
      (await push(fake, { environment: 'production', manifest: Buffer.alloc(60_000, ' ') })).status,
    ).toBe(413);
    expect(fake.control.calls).toEqual([]);
  });

  it('get every mistake of the form at once', async () => {
    await using fake = await startFakeServer();
    const reply = await push(fake, {
      enviroment: 'production',
      run_results: 'text',
      catalog: results,
      source: 'no name',
    });
    expect(reply.status).toBe(400);
    const errors = reply.body.errors as { at: string; detail: string }[];
    expect(errors.map(({ at }) => at).sort()).toEqual([
      '',
      '/catalog',
      '/enviroment',
      '/environment',
      '/run_results',
      '/source',
    ]);
    expect(reply.text).toContain('-F run_results=@FILE');
  });

  it('in a form that ends early are refused', async () => {
    await using fake = await startFakeServer();
    const body = '--b\r\ncontent-disposition: form-data; name="environment"\r\n\r\nproduc';
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const reply = await fake.ask('POST', '/api/v1/dbt/artifacts', { as: 'deploy', body, headers });
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('wait while as many as allowed are being read, and a client that goes away makes room', async () => {
    await using fake = await startFakeServer({ limits: { uploadsAtOnce: 1 } });
    const socket = connect(Number(new URL(fake.url).port), '127.0.0.1');
    socket.write(
      `POST /api/v1/dbt/artifacts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${fake.tokens.deploy}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 9999\r\n\r\n--b\r\ncontent-disposition: form-data; name="run_results"; filename="x"\r\n\r\n{`,
    );
    await expect
      .poll(async () => (await push(fake, { environment: 'production', run_results: results })).status)
      .toBe(503);
    socket.destroy();
    await expect
      .poll(async () => (await push(fake, { environment: 'production', run_results: results })).status)
      .toBe(202);
  });
});
