import type { Incident } from '../core/incident.ts';
import type { Evidence, StoryCheck } from './evidence.ts';

/** People were asked and told, Airflow recovered, and nothing was done. */
export async function recovered({ store, ill }: Evidence): Promise<StoryCheck> {
  const incident = await store.incidents.incident(ill);
  const state = incident?.state ?? 'not in the store';
  const steps = incident?.steps.length ?? 0;
  const notices = await store.outbox.notices({});
  const asked = notices.some(({ notice, state: sent }) => notice.incident === ill && sent === 'delivered');
  return {
    claim: 'Airflow recovered, nothing was done',
    holds: asked && state === 'stood_down' && steps === 0,
    found: `${ill} is ${state}, ${asked ? 'told' : 'nobody told'}, ${steps} steps`,
  };
}

/** One dispatch; what runs is back, and the branch is as the data team left it. */
export async function wentByWorkflow(evidence: Evidence): Promise<StoryCheck> {
  const { store, git, sandbox, byWorkflow, dispatches } = evidence;
  const incident = await store.incidents.incident(byWorkflow);
  const ours = await git(sandbox.remote, 'log', '--format=%H', '--grep=^Rollbackd-Incident:', 'warehouse');
  const strategy = incident?.plans.at(-1)?.strategy ?? 'no plan';
  const state = incident?.state ?? 'not in the store';
  return {
    claim: '1 dispatch, and the workflow went back',
    holds: dispatches === 1 && state === 'rolled_back' && strategy === 'workflow' && ours === '',
    found: `${byWorkflow} is ${state} by ${strategy}, ${dispatches} dispatches, ${ours === '' ? 'no' : 'some'} commits of rollbackd`,
  };
}

/** The slow query was seen and told, and the one rollback before it stayed the only one. */
export async function heldBackOnce({ store, heldBack }: Evidence): Promise<StoryCheck> {
  const incident = await store.incidents.incident(heldBack);
  const spent = await store.incidents.rollbacks('warehouse', 0);
  const by = heldBy(incident);
  return {
    claim: 'the second one was held back',
    holds: by === 'no-cool-down' && incident?.steps.length === 0 && spent.length === 1,
    found: `${heldBack} held by ${by}, ${incident?.steps.length ?? 0} steps, ${spent.length} rollbacks`,
  };
}

function heldBy(incident: Incident | undefined): string {
  const decision = incident?.decision;
  return decision?.by ?? 'nothing';
}
