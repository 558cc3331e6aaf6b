import { DAG_FILE } from './airflow-stand-in.ts';
import { followRollback, openedIncident, passProbation, tellDecision } from './follow-rollback.ts';
import { deploy, run, type Stage } from './stage.ts';

/** Fifth act: Airflow cannot import a DAG any more; the repository's own workflow goes back. Returns the incident's id. */
export async function rollBackByWorkflow(stage: Stage): Promise<string> {
  const { teller, airflow, pipeline } = stage;
  teller.title('A DAG cannot be imported: the rollback goes through the repository’s workflow');
  const message = 'feat(dags): tell the channel when the build is done';
  const imports = 'from airflow.providers.slack.notifications.slack import SlackNotifier\n';
  await pipeline.commit('warehouse', DAG_FILE, (text) => `${text}${imports}`, message);
  await deploy(stage, 'warehouse');
  worksAsAsked(stage);
  airflow.importEndsWith("ModuleNotFoundError: No module named 'airflow.providers.slack'");
  const opened = await openedIncident(stage, 'warehouse');
  const at = Date.parse(opened.opened_at);
  teller.line({ at, shape: 'wrong', stage: 'observe', text: opened.breaches[0]?.summary ?? opened.title });
  tellDecision(stage, opened);
  const plan = opened.plans.at(-1);
  const [next] = plan?.rejected ?? [];
  teller.reason('strategy', `${plan?.strategy}; not ${next?.strategy}: ${next?.because}`);
  await followRollback(stage, opened.id);
  await run(stage, 'warehouse');
  await passProbation(stage, opened.id);
  return opened.id;
}

/** What the workflow's job does when it is started: it deploys what it is asked for, and says so. */
function worksAsAsked(stage: Stage): void {
  const { daemon, pipeline, airflow, github } = stage;
  github.jobIs(async ({ version = '' }) => {
    await daemon.announce('warehouse', version, 'started');
    await pipeline.checkOut('warehouse', version);
    airflow.importEndsWith(null);
    await daemon.announce('warehouse', version, 'succeeded');
    await pipeline.run('warehouse');
    await daemon.push('warehouse', await pipeline.artifacts('warehouse'));
  });
}
