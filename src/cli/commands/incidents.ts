import { type Command, Option } from 'commander';
import { sayDuration } from '../../core/duration.ts';
import { type Duration, days } from '../../core/time.ts';
import { type IncidentLine, incidentsOf } from '../api.ts';
import { table } from '../layout.ts';
import { sayDate } from '../moment.ts';
import { countOption, durationOption, withDaemon, withExample } from '../options.ts';
import { type Look, mark } from '../shape.ts';
import { clientFor, type DaemonOptions, type Shell, show } from '../shell.ts';
import { incidentWord, saySpan } from '../words.ts';

interface IncidentsOptions extends DaemonOptions {
  readonly last: Duration;
  readonly environment?: string;
  readonly limit: number;
}

/** `rollbackd incidents`. */
export function define(command: Command, shell: Shell): void {
  withDaemon(command)
    .addOption(
      new Option('--last <duration>', 'how far to look back')
        .argParser(durationOption)
        .default(days(30), '30d'),
    )
    .option('-e, --environment <name>', 'of this environment only')
    .option('--limit <count>', 'at most so many', countOption, 100);
  withExample(command, 'incidents --last 30d');
  command.action(async (options: IncidentsOptions) => {
    const client = await clientFor(shell, options);
    const now = shell.io.now();
    const { environment, last, limit } = options;
    const filter = { since: now - last, limit, ...(environment === undefined ? {} : { environment }) };
    const { json, value } = await incidentsOf(client, filter);
    const lines = renderIncidents(value.incidents, { last, limit, look: shell.look, now });
    show(shell, options, { json, lines });
  });
}

/** The list, newest first. A list that reached its limit says so. */
export function renderIncidents(
  incidents: readonly IncidentLine[],
  {
    last,
    limit,
    look,
    now,
  }: { readonly last: Duration; readonly limit: number; readonly look: Look; readonly now: number },
): string[] {
  const open = incidents.filter((each) => !each.final);
  if (incidents.length === 0) return [`No incident in ${saySpan(last)}.`, '', 'Next: rollbackd status'];
  const columns = [
    { title: 'Incident' },
    { title: 'State' },
    { title: 'Environment' },
    { title: 'Opened' },
    { title: 'Lasted', align: 'right' as const },
    { title: 'What' },
  ];
  const rows = incidents.map((each) => row(each, look, now));
  const full = incidents.length >= limit ? ['', `These are the newest ${limit}; more with --limit.`] : [];
  const next = open[0] ?? incidents[0];
  return [
    `${open.length} open, ${incidents.length - open.length} closed in ${saySpan(last)}.`,
    '',
    ...table(columns, rows, look),
    ...full,
    '',
    `Next: rollbackd explain ${next?.id ?? ''}`,
  ];
}

function row(incident: IncidentLine, look: Look, now: number): readonly string[] {
  const { shape, word } = incidentWord(incident.state);
  const lasted = (incident.final ? incident.changedAt : now) - incident.openedAt;
  return [
    incident.id,
    `${mark(shape, look)} ${word}${incident.shadow ? ', shadow' : ''}`,
    incident.environment,
    sayDate(incident.openedAt, now),
    sayDuration(Math.max(0, lasted)),
    incident.title,
  ];
}
