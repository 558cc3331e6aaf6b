import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'src', 'adapters', 'github');

test('nothing is written to GitHub but a dispatch, a cancellation and the wish for a token', () => {
  const code = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(FOLDER, file), 'utf8'))
    .join('\n');
  const written = [...code.matchAll(/\b(?:POST|PUT|PATCH|DELETE) ([^'`\s]+)/g)].map(([, route]) => route);
  expect(written.sort()).toEqual([
    '${ACTIONS}/runs/{run_id}/cancel',
    '/app/installations/{installation_id}/access_tokens',
    '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
  ]);
});
