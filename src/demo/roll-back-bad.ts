import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { short } from '../core/deployment.ts';
import type { IncidentSeen } from './api.ts';
import { BAD } from './sandbox.ts';
import { deploy, type Stage } from './stage.ts';
import { StoryBroken, waitFor } from './waiting.ts';

/** Second act: a bad commit is deployed, found out, and taken back. Returns the incident's id. */
export async function rollBackBad(stage: Stage): Promise<string> {
  const { teller, pipeline } = stage;
  teller.title('A bad one is rolled back');
  await pipeline.push('production', BAD);
  await deploy(stage, 'production');
  const ran = await pipeline.run('production');
  const opened = await openedIncident(stage);
  const { breaches } = opened;
  const more = breaches.length === 1 ? '' : `, and ${breaches.length - 1} more`;
  const text = `${breaches[0]?.summary ?? opened.title}${more}`;
  teller.line({ at: ran.generatedAt, shape: 'wrong', stage: 'observe', text });
  tellDecision(stage, opened);
  const proven = await followPlan(stage, opened.id);
  tellProof(stage, proven);
  await passProbation(stage, opened.id);
  await tellReport(stage, opened.id);
  return opened.id;
}

/** As soon as a plan is made the decision stands. */
async function openedIncident(stage: Stage): Promise<IncidentSeen> {
  const seen = await waitFor(
    'an incident about the failing tests',
    async () => {
      const id = await stage.daemon.newestIncident('production');
      const incident = id === undefined ? undefined : await stage.daemon.incident(id);
      const isDecided = incident !== undefined && (incident.plans.length > 0 || incident.needs_person);
      return isDecided ? incident : undefined;
    },
    stage.patience,
  );
  if (seen.plans.length > 0) return seen;
  throw new StoryBroken(`${seen.id} is ${seen.state}: ${seen.decision?.because ?? 'it says nothing'}`);
}

function tellDecision({ teller }: Stage, incident: IncidentSeen): void {
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

/** Tells each step when it is done, until the rollback is proven. */
async function followPlan(stage: Stage, id: string): Promise<IncidentSeen> {
  const told = new Set<string>();
  return waitFor(
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
}

function tellSteps({ teller }: Stage, incident: IncidentSeen, told: Set<string>): void {
  const plan = incident.plans.at(-1);
  for (const [index, step] of (plan?.steps ?? []).entries()) {
    const key = `${incident.id}/${incident.plans.length}/${index + 1}-${step.uses}`;
    const record = incident.steps.find((each) => each.key === key);
    if (record?.ended_at == null || record.outcome !== 'done' || told.has(key)) continue;
    const commit = step.uses === 'git.revert' ? record.result.commit : undefined;
    const as = commit === undefined ? '' : ` as ${short(commit)}`;
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
    text: `production is back on ${back} and proven healthy`,
  });
  for (const check of incident.checks.filter((each) => each.is === 'passed'))
    teller.reason('', `${check.name.toLowerCase()}: ${check.detail}`);
}

/** The schedule runs again: its first run is the last word. */
async function passProbation(stage: Stage, id: string): Promise<void> {
  await stage.pipeline.run('production');
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

/** Waits for the mails that the incident owes, and keeps its report. */
async function tellReport(stage: Stage, id: string): Promise<void> {
  const { inbox, sandbox, daemon, teller, patience } = stage;
  const mails = await waitFor(
    `the mails about ${id}`,
    async () => {
      const { notifications } = await daemon.incident(id);
      const isSettled = notifications.length > 0 && notifications.every((each) => each.state !== 'owed');
      const lost = notifications.find((each) => each.state === 'dead' || each.state === 'rejected');
      if (lost !== undefined)
        throw new StoryBroken(`the mail to ${lost.to} was ${lost.state}: ${lost.last_error}`);
      return isSettled && inbox.mails().length > 0 ? inbox.mails() : undefined;
    },
    patience,
  );
  await writeFile(join(sandbox.reports, `${id}.md`), await daemon.report(id));
  const home = basename(sandbox.directory);
  const text = `${mails.length} mails in ${home}/inbox, report in ${home}/reports/${id}.md`;
  teller.line({ at: Date.now(), shape: 'well', stage: 'report', text });
}
