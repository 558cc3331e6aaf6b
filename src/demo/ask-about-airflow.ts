import { short } from '../core/deployment.ts';
import type { IncidentSeen } from './api.ts';
import { deploy, run, type Stage } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** Fourth act: Airflow is ill for a while: people are asked, and nothing is done. Returns the incident's id. */
export async function askAboutAirflow(stage: Stage): Promise<string> {
  const { teller, airflow } = stage;
  teller.title('Airflow is ill, and recovers');
  await stage.pipeline.commit(
    'warehouse',
    'dbt/models/gold/gold.yml',
    (text) =>
      text.replace(
        '  - name: gold_daily_revenue\n',
        '  - name: gold_daily_revenue\n    description: Read by finance every morning.\n',
      ),
    'docs(gold): say who reads the daily revenue',
  );
  await deploy(stage, 'warehouse');
  airflow.schedulerIs('unhealthy');
  const asked = await untilAsked(stage);
  await tellAsked(stage, asked);
  airflow.schedulerIs('healthy');
  await standsDown(stage, asked.id);
  // What ran before it recovered proves nothing: good is judged by what follows.
  await run(stage, 'warehouse');
  await provenGood(stage);
  return asked.id;
}

function untilAsked({ daemon, patience }: Stage): Promise<IncidentSeen> {
  return waitFor(
    'people to be asked about the scheduler',
    async () => {
      const id = await daemon.newestIncident('warehouse');
      const seen = id === undefined ? undefined : await daemon.incident(id);
      if (seen?.needs_person)
        throw new StoryBroken(`${seen.id} became ${seen.state}: ${seen.decision?.because}`);
      return seen?.state === 'waiting_approval' ? seen : undefined;
    },
    patience,
  );
}

async function tellAsked(stage: Stage, incident: IncidentSeen): Promise<void> {
  const { teller, inbox, patience } = stage;
  const { id, breaches, title, severity, decision, opened_at: opened } = incident;
  const at = Date.parse(opened);
  teller.line({ at, shape: 'wrong', stage: 'observe', text: breaches[0]?.summary ?? title });
  const text = `${id}: ${severity}: the team lead is asked before anything is done (${decision?.because})`;
  teller.line({ at, shape: 'needs-person', stage: 'decide', text });
  const mail = await waitFor(
    `the question about ${id}`,
    () => inbox.mails().find((each) => each.at >= at && each.to.includes('roger@example.com')),
    patience,
  );
  teller.line({ at: mail.at, shape: 'needs-person', stage: 'report', text: `mail to ${mail.to.join(', ')}` });
}

async function standsDown({ daemon, teller, patience }: Stage, id: string): Promise<void> {
  const over = await waitFor(
    `${id} to stand down`,
    async () => {
      const seen = await daemon.incident(id);
      return seen.final ? seen : undefined;
    },
    patience,
  );
  if (over.steps.length > 0) throw new StoryBroken(`${id} has acted`);
  const text = `${id} is ${over.state.replaceAll(/[_-]/g, ' ')}: ${over.closed_because}`;
  teller.line({ at: Date.parse(over.changed_at), shape: 'well', stage: 'judge', text });
}

/** The version that the next act goes back to. */
async function provenGood({ daemon, teller, patience }: Stage): Promise<void> {
  const good = await waitFor(
    'the warehouse to be found good',
    async () => {
      const { running } = await daemon.environment('warehouse');
      return running?.verdict === 'good' ? running : undefined;
    },
    patience,
  );
  const at = Date.parse(good.verdict_at ?? '') || Date.now();
  teller.line({ at, shape: 'well', stage: 'judge', text: `${short(good.commit)} is known good` });
}
