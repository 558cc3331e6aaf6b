import type { Command } from 'commander';
import { short } from '../../core/deployment.ts';
import type { IncidentEvent } from '../../core/incident.ts';
import { type IncidentStory, incidentOf } from '../api.ts';
import { table, wrap } from '../layout.ts';
import { saySecond } from '../moment.ts';
import { incidentArgument, withDaemon, withExample } from '../options.ts';
import { sayIncident } from '../sentence.ts';
import type { Look } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';

/** `rollbackd events INC-12`. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command.argument('<incident>', 'such as INC-12', incidentArgument));
  withExample(command, 'events INC-12');
  command.action(async (id: string, options: DaemonOptions) => {
    const { json, value } = await incidentOf(await clientFor(shell, options), id);
    const lines = renderEvents(value, shell.look, shell.io.now());
    show(shell, options, { json: { events: (json as { events: unknown }).events }, lines });
  });
}

/** What happened, oldest first. */
export function renderEvents(incident: IncidentStory, look: Look, now: number): string[] {
  const columns = ['When', 'Who', 'What'].map((title) => ({ title }));
  const rows = incident.events.map((event) => [saySecond(event.at, now), event.by, sayEvent(event)]);
  return [
    ...wrap(sayIncident(incident), look.columns),
    '',
    ...table(columns, rows, look),
    '',
    `Next: rollbackd explain ${incident.id}`,
  ];
}

/** One event in the past tense. */
function sayEvent(event: IncidentEvent): string {
  switch (event.type) {
    case 'opened':
      return `opened: ${event.title}`;
    case 'judged':
      return `judged: ${event.decision.do}, because ${event.decision.because}`;
    case 'approval-asked':
      return `asked ${event.approval.of}: ${event.approval.question}`;
    case 'approved':
    case 'rejected':
      return event.reason === '' ? event.type : `${event.type}: ${event.reason}`;
    case 'rollback-requested':
      return `asked for a rollback: ${event.request.reason}`;
    case 'plan-made':
      return `made a plan: ${event.plan.title}`;
    case 'step-started':
      return `began ${event.key}`;
    case 'step-done':
      return `done ${event.key}${resultOf(event.result)}`;
    case 'step-failed':
      return `failed ${event.key}: ${event.why}`;
    case 'proved':
      return `proved: ${event.checks.filter((check) => check.is === 'passed').length} of ${event.checks.length} checks passed`;
    case 'resolved':
      return `resolved as ${event.as.replaceAll('_', ' ')}: ${event.reason}`;
    case 'level-reached':
      return `told ${event.level}${event.skipped.length === 0 ? '' : `, skipping ${event.skipped.join(', ')}`}`;
    case 'commented':
      return event.text;
    default:
      return 'because' in event
        ? `${event.type.replaceAll('-', ' ')}: ${event.because}`
        : event.type.replaceAll('-', ' ');
  }
}

function resultOf(result: Readonly<Record<string, string>>): string {
  const parts = Object.entries(result).map(
    ([name, value]) => `${name} ${/^[0-9a-f]{40}$/.test(value) ? short(value) : value}`,
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
