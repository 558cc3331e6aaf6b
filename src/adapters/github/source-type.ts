import type { Secret } from '../../core/secret.ts';
import { minutes, seconds } from '../../core/time.ts';
import { flag, oneOf, text, word } from '../../rules/scalars.ts';
import {
  type Fields,
  list,
  located,
  mapped,
  object,
  optional,
  type Read,
  refuse,
  required,
} from '../../rules/shape.ts';
import { secretOf } from '../../settings/secret-setting.ts';
import type { EnvironmentSettings, SourceSettings } from '../../settings/settings.ts';
import { place } from '../../settings/settings-scalars.ts';
import {
  type OwnContext,
  type SourceTools,
  type SourceType,
  sourceType,
} from '../../settings/source-type.ts';
import { GITHUB_KINDS } from './kinds.ts';
import { repositoryNamed } from './repository-name.ts';

const ALERTS = ['code-scanning', 'dependabot', 'secret-scanning'] as const;
const said = optional(located(text), null, 'Better in a file, or as ${VARIABLE}.');
const kept = optional(located(place), null, 'Read at each use, so that it can be replaced.');
const id = mapped(word, 'a number', (value, { node, reading }) =>
  /^\d{1,18}$/.test(value)
    ? value
    : refuse(reading, node, 'this is not the number of an App or installation'),
);

const app = object('a GitHub App', {
  app_id: required(id, "The App's number."),
  installation_id: required(id, "The number of the App's installation."),
  private_key: said,
  private_key_file: kept,
});

const fields = {
  token: said,
  token_file: kept,
  app: optional(located(app), null, 'A GitHub App instead of a token.'),
  repository: optional(
    located(text),
    null,
    'As owner/name, or any address of it. Default: the repository of the environment.',
  ),
  deploy_workflow: optional(
    text,
    'deploy.yml',
    'The file of the workflow that deploys; "none" watches no runs.',
  ),
  deploy_job: optional(text, null, 'Its job that deploys. Default: the jobs whose name says so, else all.'),
  artifacts: optional(list(text), [], "Names of artifacts in which a run leaves dbt's files."),
  deployments: optional(
    flag,
    null,
    "Whether GitHub's own list of deployments is read. Default: unless the work tree says what runs.",
  ),
  alerts: optional(list(oneOf('a list of alerts', ALERTS)), [], 'Security alerts that are watched.'),
} satisfies Fields;

/** What rollbackd.yaml says of a GitHub source alone. */
export interface GitHubSettings {
  readonly credentials:
    | { readonly is: 'token'; readonly token: Secret }
    | { readonly is: 'app'; readonly app: string; readonly installation: string; readonly privateKey: Secret }
    | null;
  readonly repository: string | null;
  readonly workflow: string | null;
  readonly job: string | null;
  readonly artifacts: readonly string[];
  /** Null: where it says what runs. */
  readonly deployments: boolean | null;
  readonly alerts: readonly (typeof ALERTS)[number][];
}

const github: SourceType<typeof fields, GitHubSettings> = {
  type: 'github',
  kinds: GITHUB_KINDS,
  fields,
  defaults: { poll: seconds(30), expectEvery: minutes(5) },
  own: (written, context) => ({
    credentials: credentialsOf(written, context),
    repository: repositoryOf(written, context),
    workflow: written.deploy_workflow === 'none' ? null : written.deploy_workflow,
    job: written.deploy_job,
    artifacts: written.artifacts,
    deployments: written.deployments,
    alerts: written.alerts,
  }),
  async open({ name, poll, own }, tools) {
    const { createGitHubSource } = await import('./index.ts');
    const { environment, repository, now, log, deliver } = tools;
    const { workflow, job, artifacts, alerts } = own;
    const { name: of, branch, paths } = environment.environment;
    // A tenth of a small hour's calls stays for what is urgent.
    const client = await openGitHubClient(own, { ...tools, spare: 100 });
    return createGitHubSource({
      ...{ name, poll, client, workflow, job, artifacts, alerts, branch, paths, repository, now, log },
      environment: of,
      deployments: deploymentsOf(own, environment),
      deliver: deliver ?? null,
    });
  },
  async examine({ name, own }, tools, abort) {
    const { environment } = tools;
    const { examineGitHub } = await import('./index.ts');
    const client = await openGitHubClient(own, tools);
    const starts = environment.workflow?.source === name ? environment.workflow.file : null;
    const { workflow, alerts } = own;
    const deployments = deploymentsOf(own, environment)?.called ?? null;
    return examineGitHub({ name, client, workflow, deployments, alerts, starts }, abort);
  },
};

/** Where the work tree says what runs, GitHub's list of deployments is not needed. */
function deploymentsOf(
  { deployments, workflow: watched, alerts }: GitHubSettings,
  { environment, names, workflow }: EnvironmentSettings,
) {
  if (!(deployments ?? environment.runs !== 'work-tree')) return null;
  const needed = deployments === true || (watched === null && alerts.length === 0);
  return { called: names.github, rollback: workflow?.file ?? null, needed };
}

/** The settings of a source of type github; another type is a bug: the settings were checked. */
export function githubSettings(source: SourceSettings | undefined): GitHubSettings {
  if (source?.type !== 'github') throw new Error(`"${source?.name}" is not a source of type github`);
  return source.own as GitHubSettings;
}

interface ClientTools extends Pick<SourceTools, 'now'> {
  readonly environment: Pick<EnvironmentSettings, 'repository'>;
  /** Calls that are left to others. */
  readonly spare?: number;
}

/** A client of the repository that a source names, else of the environment's. Throws OutsideError where that is not on GitHub. */
export async function openGitHubClient(own: GitHubSettings, { environment, now, spare = 0 }: ClientTools) {
  const [{ createGitHubClient }, { OutsideError }] = await Promise.all([
    import('./client.ts'),
    import('../../core/errors.ts'),
  ]);
  const { remote, apiUrl } = environment.repository;
  const name = repositoryNamed(own.repository ?? remote, apiUrl);
  if (name === undefined || own.credentials === null) {
    throw new OutsideError(
      'github',
      'refused',
      'the remote is no repository on GitHub: say repository: owner/name',
    );
  }
  return createGitHubClient({ name, credentials: own.credentials, now, spare });
}

type Written = Read<typeof fields>;

function credentialsOf(written: Written, context: OwnContext): GitHubSettings['credentials'] {
  const { reading } = context;
  const token = secretOf(written.token, written.token_file, context);
  if (written.app === null) {
    if (token === null) {
      refuse(reading, context.at, 'a source of type github needs a token or an App', {
        hint: 'add token_file: a path',
      });
    }
    return token === null ? null : { is: 'token', token };
  }
  const { value, at } = written.app;
  if (token !== null) refuse(reading, at, 'a token is said as well', { hint: 'keep one of them' });
  const privateKey = secretOf(value.private_key, value.private_key_file, context);
  if (privateKey === null) {
    refuse(reading, at, 'a GitHub App needs a private key', { hint: 'add private_key_file: a path' });
    return null;
  }
  return { is: 'app', app: value.app_id, installation: value.installation_id, privateKey };
}

function repositoryOf({ repository }: Written, { reading }: OwnContext): string | null {
  if (repository !== null && repositoryNamed(repository.value, null) === undefined) {
    refuse(reading, repository.at, 'this is no repository on GitHub', { hint: 'write owner/name' });
  }
  return repository?.value ?? null;
}

/** Deploy runs and security alerts of a repository on GitHub. */
export const githubSourceType = sourceType(github);
