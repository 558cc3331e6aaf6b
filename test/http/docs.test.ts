import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { renderDocs } from '../../src/http/docs-page.ts';
import { OPENAPI_FILE, writeOpenApi } from '../../tools/openapi.ts';
import { startFakeServer } from '../fakes/http-server.ts';

describe('the documentation of the API', () => {
  it('is published as the routes have it now (else: node tools/openapi.ts)', async () => {
    expect(await readFile(OPENAPI_FILE, 'utf8')).toBe(await writeOpenApi());
  });

  it('is one page without a script and without anything from elsewhere', async () => {
    await using fake = await startFakeServer();
    const page = await fake.ask('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('/api/v1/rollbacks');
    expect(page.text).not.toMatch(/<script|https?:|style="|\son\w+=/);
    expect((await fake.ask('GET', '/docs/style.css')).status).toBe(200);
  });

  it('shows text of the description as text', () => {
    const html = renderDocs({
      info: { title: '<img src=x onerror=alert(1)>' },
      paths: { '/<b>': { get: { summary: '"&\'' } } },
    });
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<b>');
  });
});
