import { DAG_FILE } from './airflow-stand-in.ts';
import type { Canary } from './canary.ts';
import { deploy, type Stage } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** Sixth act: a query becomes slow so soon after a rollback that no second one is made. Returns the incident's id. */
export async function holdBack(stage: Stage, canary: Canary): Promise<string> {
  const { teller, daemon, patience } = stage;
  teller.title('A query is slower, and the cool-down holds the rollback back');
  await stage.pipeline.commit(
    'warehouse',
    DAG_FILE,
    () => '# mended\n',
    'fix(dags): no notifier until its provider is installed',
  );
  await stage.pipeline.commit(
    'warehouse',
    'dbt/models/gold/gold_daily_revenue.sql',
    (text) => `${text}\n-- every order of every day, again\n`,
    'feat(gold): revenue of every day',
  );
  await deploy(stage, 'warehouse');
  canary.takes(SLOW);
  const held = await waitFor(
    'a decision about the slow query',
    async () => {
      const id = await daemon.newestIncident('warehouse');
      const seen = id === undefined ? undefined : await daemon.incident(id);
      return seen?.breaches.some(({ kind }) => kind === 'sql.latency') && seen.decision !== null
        ? seen
        : undefined;
    },
    patience,
  );
  const { id, decision, severity, impact, steps } = held;
  const at = Date.parse(held.opened_at);
  teller.line({ at, shape: 'wrong', stage: 'observe', text: held.breaches[0]?.summary ?? held.title });
  if (steps.length > 0) throw new StoryBroken(`${id} has acted`);
  const text = `${id}: ${severity}, ${impact}: it would be rolled back, and is not: ${decision?.because}`;
  teller.line({ at, shape: 'needs-person', stage: 'decide', text });
  const mail = await waitFor(
    `the mail about ${id}`,
    () => stage.inbox.mails().find((each) => each.at >= at),
    patience,
  );
  teller.line({ at: mail.at, shape: 'needs-person', stage: 'report', text: `mail to ${mail.to.join(', ')}` });
  return id;
}

/** What the query takes as it should, and what it takes then, ms. */
export const USUAL = 210;
const SLOW = 640;
