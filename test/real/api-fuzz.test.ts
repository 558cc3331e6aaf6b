import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { removeDirectory } from '../fakes/directory.ts';
import { startFakeServer } from '../fakes/http-server.ts';
import { ensurePython } from './install.ts';

describe('the API under a fuzzer', () => {
  it.each(['admin', 'approve'] as const)(
    'keeps to its description, whatever it is sent with a token of scope %s',
    async (scope) => {
      const schemathesis = await ensurePython('schemathesis==4.32.5', 'st');
      await using fake = await startFakeServer({
        limits: { requestsPerMinute: 1_000_000, failedLoginsPerMinute: 1_000_000 },
        githubSecrets: () => [new Secret('s')],
        grafanaSecrets: () => [new Secret('s')],
        dbtCloudSecrets: () => [new Secret('s')],
      });
      const { status, said } = await fuzz(schemathesis, `${fake.url}/docs/openapi.json`, fake.tokens[scope]);
      expect(fake.logged.filter(({ level }) => level === 'error')).toEqual([]);
      expect(status, said).toBe(0);
    },
  );
});

/**
 * What a description cannot say: keys are used once (422), a rollback without a key and a form without a file
 * are refused (400), bodies are bounded (413), and undecided is 504.
 */
const EXPECTED = `
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "504"]

[[operations]]
include-name = "POST /api/v1/rollbacks"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409", "422"]

[[operations]]
include-name = "POST /api/v1/dbt/artifacts"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "413"]

[[operations]]
include-name = "POST /api/v1/signals"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "413"]

[[operations]]
include-name = "GET /api/v1/verdict/{environment}"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "504"]
`;

async function fuzz(
  schemathesis: string,
  url: string,
  token: string,
): Promise<{ status: number | null; said: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'rollbackd-fuzz-'));
  await writeFile(join(directory, 'schemathesis.toml'), EXPECTED);
  const args = ['run', url, '--max-examples', '30', '--checks', 'all', '--workers', '1', '--seed', '1'];
  const header = ['--header', `Authorization: Bearer ${token}`, '--exclude-path', '/api/v1/webhooks/github'];
  const options = { cwd: directory, timeout: 280_000, maxBuffer: 50_000_000 };
  try {
    return await new Promise((resolve) => {
      const child = execFile(schemathesis, [...args, ...header], options, (_error, stdout, stderr) =>
        resolve({ status: child.exitCode, said: `${stdout}${stderr}`.slice(-8_000) }),
      );
    });
  } finally {
    removeDirectory(directory);
  }
}
