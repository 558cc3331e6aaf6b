import { join } from 'node:path';
import { githubSettings, openGitHubClient } from './adapters/github/source-type.ts';
import type { Verbs } from './core/plan.ts';
import type { World } from './engine/world.ts';
import type { Actuator } from './ports/actuator.ts';
import type { EnvironmentSettings, Settings } from './settings/settings.ts';
import type { DbtFiles } from './settings/source-type.ts';

interface Needs {
  readonly settings: Settings;
  readonly stateDirectory: string;
  readonly clock: World['clock'];
  readonly log: World['log'];
  /** Takes dbt's artifacts of a run that our own step started. */
  readonly deliver: (files: DbtFiles, key: string) => Promise<void>;
}

/** The repository's own rollback workflow, started with the login of the source that the settings name; null without one. */
export async function wireWorkflow(configured: EnvironmentSettings, needs: Needs) {
  const { workflow, names, repository } = configured;
  if (workflow === null) return null;
  const { settings, stateDirectory, clock, log, deliver } = needs;
  const own = githubSettings(settings.sources.get(workflow.source));
  const [client, { createRollbackWorkflow }, { repositoryNamed }] = await Promise.all([
    openGitHubClient(own, { environment: configured, now: clock.now }),
    import('./adapters/github/rollback-workflow.ts'),
    import('./adapters/github/repository-name.ts'),
  ]);
  const name = repositoryNamed(own.repository ?? repository.remote, repository.apiUrl);
  if (name === undefined) throw new Error(`${client.repository} was on GitHub a moment ago`);
  const { file, inputs, job, deploys, needs: files } = workflow;
  return createRollbackWorkflow({
    ...{ client, name, file, inputs, job, deploys, deliver, log, needs: files, now: clock.now },
    environment: names.github,
    directory: join(stateDirectory, 'workflow-runs'),
  });
}

/** No plan has a step of it where none is configured. */
export const noWorkflow: Actuator<Verbs['workflow.run']> = {
  check: async () => ({ is: 'failed', why: 'no rollback workflow is configured' }),
  start: async () => {},
};
