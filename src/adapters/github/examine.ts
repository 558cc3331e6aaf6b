import { sayDuration } from '../../core/duration.ts';
import { OutsideError } from '../../core/errors.ts';
import type { Finding } from '../../ports/finding.ts';
import type { AlertType } from './alert-schema.ts';
import type { GitHubClient } from './client.ts';
import { allows, type Permissions } from './permissions.ts';

/** What is tried, and what for. */
export interface Examined {
  readonly name: string;
  readonly client: GitHubClient;
  readonly workflow: string | null;
  /** As GitHub calls the environment whose deployments are read; null: they are not. */
  readonly deployments: string | null;
  readonly alerts: readonly AlertType[];
  /** The rollback workflow that is started with this token; null: none is. */
  readonly starts: string | null;
}

/** Tries everything that the source needs and changes nothing. Never throws OutsideError. */
export async function examineGitHub(examined: Examined, abort: AbortSignal): Promise<readonly Finding[]> {
  const { name, client, workflow, deployments, alerts, starts } = examined;
  const told = await tried(() => client.permissions(abort));
  if (told instanceof OutsideError) return [found('wrong', `${name}: ${told.message}`, helpFor(told))];
  const findings = [found('well', `${name}: ${client.repository}, ${sayRate(client)}`)];
  if (workflow !== null) findings.push(await tryRuns(examined, workflow, abort));
  if (deployments !== null) findings.push(await tryDeployments(examined, deployments, abort));
  for (const type of alerts) findings.push(await tryAlerts(examined, type, abort));
  if (starts !== null) findings.push(await tryStart(examined, { file: starts, permissions: told }, abort));
  return findings;
}

async function tryRuns({ name, client }: Examined, file: string, abort: AbortSignal): Promise<Finding> {
  const known = await tried(() => client.workflow(file, abort));
  if (known instanceof OutsideError) return missing(`${name}: runs of ${file}: ${known.message}`, GRANT.runs);
  if (known === undefined) {
    const help = [
      `Correct deploy_workflow: it is the file's name in .github/workflows on the default branch`,
    ];
    return found('wrong', `${name}: there is no workflow ${file}, or the token may not see it`, [
      ...help,
      GRANT.runs,
    ]);
  }
  if (known.state !== 'active') {
    return found('wrong', `${name}: the workflow ${file} is ${known.state}`, [`gh workflow enable ${file}`]);
  }
  const runs = await tried(() => client.workflowRuns(file, { most: 1 }, abort));
  if (runs instanceof OutsideError) return missing(`${name}: runs of ${file}: ${runs.message}`, GRANT.runs);
  return found('well', `${name}: runs of ${file} can be read`);
}

async function tryDeployments(
  { name, client }: Examined,
  environment: string,
  abort: AbortSignal,
): Promise<Finding> {
  const listed = await tried(() => client.deployments({ environment, most: 1 }, abort));
  if (listed instanceof OutsideError)
    return missing(`${name}: deployments to ${environment}: ${listed.message}`, GRANT.deployments);
  if (listed.length > 0) return found('well', `${name}: deployments to ${environment} can be read`);
  return found('unknown', `${name}: GitHub lists no deployment to ${environment}`, [
    'Say names.github: as GitHub calls the environment; or deployments: false where pipelines tell them by the API',
  ]);
}

async function tryAlerts({ name, client }: Examined, type: AlertType, abort: AbortSignal): Promise<Finding> {
  const alerts = await tried(() => client.alerts(type, { state: 'open' }, abort));
  if (alerts instanceof OutsideError)
    return missing(`${name}: ${type} alerts: ${alerts.message}`, GRANT[type]);
  if (alerts !== undefined)
    return found('well', `${name}: ${type} alerts can be read, ${alerts.length} are open`);
  const help = [`Switch them on in the repository's settings, or leave ${type} out of alerts`];
  return found('unknown', `${name}: ${type} alerts are switched off on GitHub`, help);
}

async function tryStart(
  { name, client }: Examined,
  { file, permissions }: { readonly file: string; readonly permissions: Permissions },
  abort: AbortSignal,
): Promise<Finding> {
  const known = await tried(() => client.workflow(file, abort));
  if (known instanceof OutsideError) return missing(`${name}: ${file}: ${known.message}`, GRANT.starts);
  if (known === undefined || known.state !== 'active') {
    const why = known === undefined ? 'is not on the default branch' : `is ${known.state}`;
    return found('wrong', `${name}: the rollback workflow ${file} ${why}`);
  }
  switch (allows(permissions, 'actions', 'write')) {
    case 'yes':
      return found('well', `${name}: ${file} can be started`);
    case 'no':
      return missing(`${name}: the token may not start ${file}`, GRANT.starts);
    case 'unknown':
      return found(
        'unknown',
        `${name}: whether the token may start ${file}, GitHub does not tell before it is tried`,
        [GRANT.starts],
      );
  }
}

const GRANT = {
  runs: 'Grant the token or App the repository permission "Actions: Read"',
  deployments:
    'Grant the token or App the repository permission "Deployments: Read", or say deployments: false',
  starts: 'Grant the token or App the repository permission "Actions: Read and write"',
  'code-scanning': 'Grant the token or App the repository permission "Code scanning alerts: Read"',
  dependabot: 'Grant the token or App the repository permission "Dependabot alerts: Read"',
  'secret-scanning': 'Grant the token or App the repository permission "Secret scanning alerts: Read"',
};

function helpFor({ reason, message }: OutsideError): readonly string[] {
  if (reason === 'auth') {
    return [
      'Make a new token or App key, and check that it is for this repository: https://github.com/settings/tokens',
    ];
  }
  if (/\b404\b/.test(message)) {
    return [
      'Grant the token or App access to the repository ("Metadata: Read"), and check the name of the repository',
    ];
  }
  if (reason === 'unexpected-reply' || reason === 'unreachable')
    return ["Look at: the host of the environment's remote, or its repository.api_url"];
  return [];
}

function missing(sentence: string, grant: string): Finding {
  return found('wrong', sentence, [grant]);
}

function sayRate(client: GitHubClient): string {
  const rate = client.rate();
  if (rate === null) return 'no rate limit is told';
  const part =
    rate.remaining <= rate.limit / 10
      ? `, filled up in ${sayDuration(Math.max(0, rate.resetAt - Date.now()))}`
      : '';
  return `${rate.remaining} of ${rate.limit} calls are left this hour${part}`;
}

function found(shape: Finding['shape'], sentence: string, help: readonly string[] = []): Finding {
  return { system: 'github', shape, sentence, help };
}

async function tried<T>(look: () => Promise<T>): Promise<T | OutsideError> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof OutsideError) return error;
    throw error;
  }
}
