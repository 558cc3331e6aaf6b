import type { IncidentSeen } from './api.ts';
import { GOOD } from './sandbox.ts';
import { type Stage, seeDeployment } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** Fourth act: Airflow is ill for a while: a person is called, and nothing is done. Returns the incident's id. */
export async function callAboutAirflow(stage: Stage): Promise<string> {
  const { teller, daemon, airflow, patience } = stage;
  teller.title('Airflow is ill, and recovers');
  await daemon.announce('warehouse', GOOD);
  await seeDeployment(stage, 'warehouse', GOOD);
  airflow.schedulerIs('unhealthy');
  const called = await waitFor(
    'a person to be called about the scheduler',
    async () => {
      const id = await daemon.newestIncident('warehouse');
      const seen = id === undefined ? undefined : await daemon.incident(id);
      return seen?.needs_person ? seen : undefined;
    },
    patience,
  );
  await tellCalled(stage, called);
  airflow.schedulerIs('healthy');
  const over = await waitFor(
    `${called.id} to stand down`,
    async () => {
      const seen = await daemon.incident(called.id);
      return seen.final ? seen : undefined;
    },
    patience,
  );
  if (over.plans.length > 0) throw new StoryBroken(`${over.id} has a plan, and none was called for`);
  const text = `${over.id} is ${over.state.replaceAll(/[_-]/g, ' ')}: ${over.closed_because}`;
  teller.line({ at: Date.parse(over.changed_at), shape: 'well', stage: 'judge', text });
  return over.id;
}

async function tellCalled(stage: Stage, incident: IncidentSeen): Promise<void> {
  const { teller, inbox, patience } = stage;
  const { id, breaches, title, severity, decision, opened_at: opened } = incident;
  const at = Date.parse(opened);
  teller.line({ at, shape: 'wrong', stage: 'observe', text: breaches[0]?.summary ?? title });
  const text = `${id}: ${severity}: a person is called, nothing is rolled back (${decision?.because})`;
  teller.line({ at, shape: 'needs-person', stage: 'decide', text });
  const mail = await waitFor(
    `the mail about ${id}`,
    () => inbox.mails().find((each) => each.at >= at && each.subject.includes('warehouse')),
    patience,
  );
  teller.line({ at: mail.at, shape: 'needs-person', stage: 'report', text: `mail to ${mail.to.join(', ')}` });
}
