import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Cuts what the stand-in for GitHub needs out of GitHub's own description of its API:
 *   npm pack @octokit/openapi@23.0.2, unpack it, then
 *   node tools/github-openapi.ts package/generated/api.github.com.json 23.0.2
 */
const [, , description = '', version = ''] = process.argv;
const target = fileURLToPath(new URL('../test/fixtures/github/openapi-subset.json', import.meta.url));

const REPO = '/repos/{owner}/{repo}';
const KEPT: Readonly<Record<string, readonly string[]>> = {
  [REPO]: ['get'],
  [`${REPO}/actions/workflows/{workflow_id}`]: ['get'],
  [`${REPO}/actions/workflows/{workflow_id}/runs`]: ['get'],
  [`${REPO}/actions/workflows/{workflow_id}/dispatches`]: ['post'],
  [`${REPO}/actions/runs/{run_id}`]: ['get'],
  [`${REPO}/actions/runs/{run_id}/jobs`]: ['get'],
  [`${REPO}/actions/runs/{run_id}/cancel`]: ['post'],
  [`${REPO}/actions/runs/{run_id}/pending_deployments`]: ['get'],
  [`${REPO}/actions/runs/{run_id}/artifacts`]: ['get'],
  [`${REPO}/actions/artifacts/{artifact_id}/{archive_format}`]: ['get'],
  [`${REPO}/actions/jobs/{job_id}/logs`]: ['get'],
  [`${REPO}/contents/{path}`]: ['get'],
  [`${REPO}/environments/{environment_name}`]: ['get'],
  [`${REPO}/code-scanning/alerts`]: ['get'],
  [`${REPO}/dependabot/alerts`]: ['get'],
  [`${REPO}/secret-scanning/alerts`]: ['get'],
  [`${REPO}/deployments`]: ['get'],
  [`${REPO}/deployments/{deployment_id}/statuses`]: ['get'],
  '/user': ['get'],
  '/app': ['get'],
  '/app/installations/{installation_id}/access_tokens': ['post'],
};

type Json = Readonly<Record<string, unknown>>;

/** Told to readers only, and long. */
const LEFT_OUT = new Set([
  'description',
  'examples',
  'example',
  'externalDocs',
  'tags',
  'summary',
  'x-github',
  'x-octokit',
  'links',
]);

function slim(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((each) => slim(each));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => isNames || !LEFT_OUT.has(key));
  return Object.fromEntries(
    kept.map(([key, each]) => [
      key,
      slim(each, !isNames && ['properties', 'schemas', 'responses'].includes(key)),
    ]),
  );
}

function refsIn(value: unknown): readonly string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(
    ([, name]) => name ?? '',
  );
}

const raw = readFileSync(description);
const whole = JSON.parse(raw.toString('utf8')) as { readonly paths: Json; readonly components: Json };
const paths = Object.fromEntries(
  Object.entries(KEPT).map(([path, methods]) => {
    const item = whole.paths[path] as Json;
    return [path, slim(Object.fromEntries(methods.map((method) => [method, item[method]])))];
  }),
);
const components: Record<string, Record<string, unknown>> = {};
const open = [...refsIn(paths)];
while (open.length > 0) {
  const [kind = '', name = ''] = (open.pop() ?? '').split('/');
  const bucket = components[kind] ?? {};
  components[kind] = bucket;
  if (name in bucket) continue;
  bucket[name] = slim((whole.components[kind] as Json)[name], false);
  open.push(...refsIn(bucket[name]));
}
const from = {
  package: '@octokit/openapi',
  version,
  file: 'generated/api.github.com.json',
  sha256: createHash('sha256').update(raw).digest('hex'),
  license: 'MIT',
};
writeFileSync(target, `${JSON.stringify({ openapi: '3.0.3', 'x-from': from, paths, components })}\n`);
