import { short } from '../core/deployment.ts';
import type { IncidentSeen } from './api.ts';
import type { EnvironmentName } from './sandbox.ts';
import type { Stage } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** The environment's incident with its plan: as soon as that is made the decision stands. */
export async function openedIncident(stage: Stage, environment: EnvironmentName): Promise<IncidentSeen> {
  const seen = await waitFor(
    `an incident of ${environment} with a plan`,
    async () => {
      const id = await stage.daemon.newestIncident(environment);
      const incident = id === undefined ? undefined : await stage.daemon.incident(id);
      const isDecided = incident?.final === false && (incident.plans.length > 0 || incident.needs_person);
      return isDecided ? incident : undefined;
    },
    stage.patience,
  );
  if (seen.plans.length > 0) return seen;
  throw new StoryBroken(`${seen.id} is ${seen.state}: ${seen.decision?.because ?? 'it says nothing'}`);
}

/** What was decided, and why. */
export function tellDecision({ teller }: Stage, incident: IncidentSeen): void {
  const { decision, severity, impact } = incident;
  const made = incident.events.find((each) => each.type === 'judged')?.at ?? incident.opened_at;
  const text = `${incident.id}: ${severity}, ${impact.replaceAll('-', ' ')}: roll back at once (${decision?.because})`;
  teller.line({ at: Date.parse(made), shape: 'running', stage: 'decide', text });
  const trace = decision?.trace;
  if (trace === null || trace === undefined) throw new StoryBroken(`${incident.id} has no decision trace`);
  teller.reason('new', trace.novelty.because);
  teller.reason('to blame', trace.blame.because);
  teller.reason(
    'guards',
    `${trace.guards.filter((each) => each.passed).length} of ${trace.guards.length} let it pass`,
  );
  for (const target of trace.targets)
    teller.reason(target.chosen ? 'target' : 'not', `${short(target.commit)}, ${target.because}`);
}

/** Tells each step when it is done, and the proof. */
export async function followRollback(stage: Stage, id: string): Promise<void> {
  const told = new Set<string>();
  const proven = await waitFor(
    `${id} to be rolled back and proven`,
    async () => {
      const incident = await stage.daemon.incident(id);
      tellSteps(stage, incident, told);
      if (incident.needs_person || incident.closed_because !== null)
        throw new StoryBroken(`${id} became ${incident.state}: ${lastWords(incident)}`);
      return incident.state === 'probation' ? incident : undefined;
    },
    { ...stage.patience, within: 4 * stage.patience.within },
  );
  tellProof(stage, proven);
}

function tellSteps({ teller }: Stage, incident: IncidentSeen, told: Set<string>): void {
  const plan = incident.plans.at(-1);
  for (const [index, step] of (plan?.steps ?? []).entries()) {
    const key = `${incident.id}/${incident.plans.length}/${index + 1}-${step.uses}`;
    const record = incident.steps.find((each) => each.key === key);
    if (record?.ended_at == null || record.outcome !== 'done' || told.has(key)) continue;
    const commit = step.uses === 'git.revert' ? record.result.commit : undefined;
    const run = step.uses === 'workflow.run' ? `, run ${record.result.run}: ${record.result.conclusion}` : '';
    const as = commit === undefined ? run : ` as ${short(commit)}`;
    const name = `${step.name.charAt(0).toLowerCase()}${step.name.slice(1)}`;
    teller.line({
      at: Date.parse(record.started_at),
      shape: 'running',
      stage: told.size === 0 ? 'act' : '',
      text: `${index + 1} of ${plan?.steps.length}  ${name}${as}`,
      took: Date.parse(record.ended_at) - Date.parse(record.started_at),
    });
    told.add(key);
  }
}

function lastWords(incident: IncidentSeen): string {
  const failed = incident.steps.find((each) => each.outcome === 'failed')?.why;
  const said = incident.events.at(-1)?.because;
  return failed ?? incident.closed_because ?? (typeof said === 'string' ? said : 'it says nothing more');
}

function tellProof({ teller }: Stage, incident: IncidentSeen): void {
  const back = short(incident.target_deployment?.commit ?? '');
  const at = Date.parse(incident.proven_at ?? '') || Date.now();
  teller.line({
    at,
    shape: 'well',
    stage: 'verify',
    text: `${incident.environment} is back on ${back} and proven healthy`,
  });
  for (const check of incident.checks.filter((each) => each.is === 'passed'))
    teller.reason('', `${check.name.toLowerCase()}: ${check.detail}`);
}

/** The schedule runs again: its first run is the last word. */
export async function passProbation(stage: Stage, id: string): Promise<void> {
  const closed = await waitFor(
    `${id} to be closed by the first scheduled run`,
    async () => {
      const incident = await stage.daemon.incident(id);
      if (incident.needs_person)
        throw new StoryBroken(`${id} became ${incident.state}: ${lastWords(incident)}`);
      return incident.final ? incident : undefined;
    },
    stage.patience,
  );
  const text = `${id} is ${closed.state.replaceAll('_', ' ')}: ${closed.closed_because}`;
  stage.teller.line({ at: Date.parse(closed.changed_at), shape: 'well', stage: 'verify', text });
}
